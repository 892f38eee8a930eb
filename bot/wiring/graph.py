"""The one place where the graph is built: opened in order, closed in reverse.

Everything below gets its parts from here and knows none of the others' makers. Tests build the
same graph with other settings.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from bot.brokerage import Brokerage, open_brokerage
from bot.files.calendar import load_day_words
from bot.operations.backtest_child import ChildBacktests
from bot.operations.late_surfaces import LateSurfaces
from bot.operations.limit_desk import LimitDesk
from bot.operations.sheet_evenings import SheetEvenings
from bot.operations.status import StatusLines
from bot.pictures.painter import ChildPainter
from bot.settings import HALT_FILE, Settings
from bot.wiring.desk import (
    Guards,
    broker_session,
    desk_context,
    market_data_of,
    statements_of,
)
from bot.wiring.feed import open_feed
from bot.wiring.foundations import Stores, World, open_stores, open_world
from bot.wiring.letters import monthly_letters
from bot.wiring.model import Talkers, model_label, open_talkers
from bot.wiring.news import open_news
from bot.wiring.reflection import weekly_reflection
from bot.wiring.rules import OwnRules, rules_in_force, rules_in_words
from bot.wiring.safety import hold_lease, interlock_of, limits_in_force, safety_watch
from bot.wiring.setup import notices_of, with_choices
from bot.wiring.sheets import sheet_of
from bot.wiring.talk import Reading, cycle_kit, sessions
from bot.wiring.watch import watchtower
from core.domain.modes import Mode
from core.flows.closing_report import ClosingReporter
from core.flows.daily_cycle import DailyCycle
from core.flows.kit import CycleOutlets
from core.flows.monthly_letter import MonthlyLetters
from core.flows.reflecting import WeeklyReflection
from core.flows.today import TodayBriefing
from core.ports.broker import Broker
from core.ports.market_data import MarketData
from core.ports.phrases import Phrases
from core.ports.statements import Statements
from core.runtime.broker_session import BrokerSession
from core.runtime.interlock import OpenInterlock, RealInterlock
from core.runtime.interlocked_broker import InterlockedBroker
from core.runtime.lease import LedgerLease
from core.runtime.live_navs import LiveNavs
from core.runtime.market_feed import LiveFeed
from core.runtime.outbox import LedgerOutbox
from core.runtime.refusals import RefusalLog
from core.runtime.trading_switch import LedgerTradingSwitch
from core.services.market.days import DayConsensus
from core.services.market.service import MarketService
from core.services.orders.context import Bell
from core.services.orders.desk import OrderDesk
from core.services.portfolio.service import PortfolioService, ReservedCash
from core.services.safety.watch import Watch
from core.services.sessions.service import SessionService
from core.services.watch.tower import Watchtower
from storage.server_lock import server_lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The whole graph, ready to run."""

    world: World
    stores: Stores
    broker: Broker
    session: BrokerSession
    market_data: MarketData
    statements: Statements
    surfaces: LateSurfaces
    outbox: LedgerOutbox
    lease: LedgerLease
    interlock: OpenInterlock | RealInterlock
    refusals: RefusalLog
    switch: LedgerTradingSwitch
    market: MarketService
    feed: LiveFeed
    portfolio: PortfolioService
    desk: OrderDesk
    sessions: SessionService
    cycle: DailyCycle
    closing: ClosingReporter
    today: TodayBriefing
    status: StatusLines
    sheet: SheetEvenings | None
    reading: Reading
    watch: Watch
    days: DayConsensus
    tower: Watchtower
    talkers: Talkers
    rules: OwnRules
    reflection: WeeklyReflection
    letters: MonthlyLetters


@asynccontextmanager
async def build(settings: Settings) -> AsyncIterator[Application]:
    """Open everything in order; closing the block closes it in reverse.

    Raises ConfigurationError, StorageError or DataError with one sentence before anything trades.
    """
    async with AsyncExitStack() as stack:
        world = await open_world(stack, settings)
        brokerage = open_brokerage(
            settings,
            world.clock,
            world.strategy.universe,
            kis_url=world.sandbox.kis if world.sandbox else "",
            kiwoom_url=world.sandbox.kiwoom if world.sandbox else "",
            kis_stream_url=world.sandbox.kis_stream if world.sandbox else "",
            kiwoom_stream_url=world.sandbox.kiwoom_stream if world.sandbox else "",
        )
        stack.push_async_callback(brokerage.adapter.close)
        # Before the migration: a second start must change nothing under a bot that is alive.
        await stack.enter_async_context(server_lock(settings.database))
        stores = await open_stores(stack, world, brokerage)
        world = await with_choices(world, stores)
        lease = await hold_lease(stack, world, stores)
        app = await _connect(stack, world, stores, brokerage, lease)
        # Pushed last, so ended first: no task may use the database or the broker once it is closed.
        stack.push_async_callback(world.supervisor.aclose)
        yield app


async def _connect(
    stack: AsyncExitStack, world: World, stores: Stores, brokerage: Brokerage, lease: LedgerLease
) -> Application:
    clock, phrases, prices = world.clock, world.phrases, brokerage.prices_label
    session, interlock, broker = _broker(world, stores, brokerage)
    limits, bell, surfaces = await limits_in_force(world, stores), Bell(), LateSurfaces()
    outbox, feed = _outbox(world, stores, surfaces), open_feed(world, brokerage, session, bell.ring)
    switch = LedgerTradingSwitch(stores.ledger, clock, world.settings.data_dir / HALT_FILE)
    market_data, portfolio = market_data_of(session, brokerage), _portfolio(world, stores, broker)
    market, navs = _market(world, stores, broker, market_data), LiveNavs(feed, market_data, clock)
    rules = await rules_in_force(world, stores, market)
    guards = Guards(lease=lease, interlock=interlock, limits=limits, navs=navs, rules=rules.judge)
    context = desk_context(world, stores, broker, market, switch, guards, bell)
    desk = OrderDesk(context, surfaces, outbox)
    talkers = await open_talkers(stack, world, stores, outbox)
    reading = await _reading(stack, world, market_data, LimitDesk(limits, desk.used_today), rules)
    outlets = _outlets(world, surfaces, outbox, reading)
    kit = cycle_kit(world, stores, context, desk, portfolio, outlets, talkers, reading)
    return Application(
        world=world,
        stores=stores,
        broker=broker,
        session=session,
        market_data=market_data,
        statements=statements_of(session, brokerage),
        surfaces=surfaces,
        outbox=outbox,
        lease=lease,
        interlock=interlock,
        refusals=RefusalLog(stores.ledger, clock, outbox, phrases),
        switch=switch,
        market=market,
        feed=feed,
        portfolio=portfolio,
        desk=desk,
        sessions=sessions(world, stores, context, desk, portfolio, talkers, reading),
        cycle=DailyCycle(kit),
        closing=ClosingReporter(kit),
        today=TodayBriefing(kit),
        status=_status(world, broker, switch, desk, outbox, feed, talkers, prices),
        sheet=sheet_of(world, stores, broker, market, portfolio, outbox),
        reading=reading,
        watch=safety_watch(world, context, session.calls, outbox),
        days=await _days(world, stores, session, outbox),
        tower=watchtower(world, stores, context, desk, outbox, feed),
        talkers=talkers,
        rules=rules,
        reflection=weekly_reflection(world, stores, kit, talkers, surfaces, rules),
        letters=monthly_letters(world, stores, kit, surfaces),
    )


def _broker(
    world: World, stores: Stores, brokerage: Brokerage
) -> tuple[BrokerSession, OpenInterlock | RealInterlock, InterlockedBroker]:
    """Return the session with the broker, what may close it, and both as one."""
    session = broker_session(world, brokerage)
    interlock = interlock_of(world, stores, session)
    return session, interlock, InterlockedBroker(session, interlock)


def _outbox(world: World, stores: Stores, surfaces: LateSurfaces) -> LedgerOutbox:
    """Return where alarms are kept; a task that fails is one."""
    must_wait = notices_of(world, stores).must_wait
    outbox = LedgerOutbox(stores.ledger, world.clock, surfaces, must_wait)
    world.supervisor.report_to(partial(_tell_failure, outbox, world.phrases))
    return outbox


def _market(world: World, stores: Stores, broker: Broker, market_data: MarketData) -> MarketService:
    is_real = world.settings.mode is Mode.REAL
    return MarketService(
        broker,
        stores.bars,
        world.strategy.universe,
        world.clock,
        world.calendar,
        books=market_data if is_real else None,
    )


async def _reading(
    stack: AsyncExitStack,
    world: World,
    market_data: MarketData,
    limits: LimitDesk,
    rules: OwnRules,
) -> Reading:
    """Return what commands and conversations read alike; backtests run one at a time, whoever asks."""
    settings, news = world.settings, await open_news(stack, world, market_data)
    backtests = ChildBacktests(
        settings.data_dir,
        world.strategy.path,
        {
            "BROKER": settings.broker,
            "DATA_DIR": str(settings.data_dir),
            "ACCOUNT_KIND": settings.account_kind,
        },
    )
    painter = ChildPainter(
        config_dir=settings.data_dir / "matplotlib",
        dark=settings.chart_theme == "dark",
        western=settings.chart_colors == "western",
        locale=settings.locale,
    )
    return Reading(
        market_data=market_data,
        news=news,
        limits=limits,
        backtests=backtests,
        painter=painter,
        own_rules=partial(rules_in_words, rules.desk, world.phrases),
    )


def _outlets(
    world: World, surfaces: LateSurfaces, outbox: LedgerOutbox, reading: Reading
) -> CycleOutlets:
    return CycleOutlets(
        reports=surfaces, alerts=outbox, phrases=world.phrases, painter=reading.painter
    )


def _portfolio(world: World, stores: Stores, broker: Broker) -> PortfolioService:
    first = world.strategy.universe[0].symbol
    return PortfolioService(broker, first, ReservedCash(stores.ledger))


def _status(
    world: World,
    broker: Broker,
    switch: LedgerTradingSwitch,
    desk: OrderDesk,
    outbox: LedgerOutbox,
    feed: LiveFeed,
    talkers: Talkers,
    prices: str,
) -> StatusLines:
    return StatusLines(
        broker=broker,
        switch=switch,
        orders=desk,
        outbox=outbox,
        feed=feed.status,
        calendar=world.calendar,
        clock=world.clock,
        phrases=world.phrases,
        model=partial(model_label, talkers, world.phrases),
        prices_label=prices,
        conditions=world.conditions,
    )


async def _days(
    world: World, stores: Stores, session: BrokerSession, outbox: LedgerOutbox
) -> DayConsensus:
    """Return who settles whether a day is a session, with what it knew before."""
    days = DayConsensus(
        broker=session,
        ledger=stores.ledger,
        clock=world.clock,
        outbox=outbox,
        phrases=world.phrases,
        rulings=world.rulings,
        own_words=partial(load_day_words, world.settings.data_dir),
    )
    await days.restore()
    return days


async def _tell_failure(
    outbox: LedgerOutbox, phrases: Phrases, name: str, error: BaseException
) -> None:
    await outbox.alert(
        phrases.say("alerts.task_failed_title", task=name),
        phrases.say("alerts.task_failed", task=name, error=f"{type(error).__name__}: {error}"),
    )
