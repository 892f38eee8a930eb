"""The one place where the graph is built: opened in order, closed in reverse.

Everything below gets its parts from here and knows none of the others' makers. Tests build the
same graph with other settings.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import httpx
import structlog

from bot.brokerage import Brokerage, open_brokerage
from bot.foundations import Stores, World, open_stores, open_world
from bot.operations.late_surfaces import LateSurfaces
from bot.operations.status import StatusLines
from bot.pictures.painter import ChildPainter
from bot.settings import HALT_FILE, Settings
from bot.settings_rules import LOOPBACK
from core.domain.costs import CostModel
from core.domain.money import Won
from core.domain.risk import Denied, RiskLimits
from core.domain.tickets import Author
from core.flows.closing_report import ClosingReporter
from core.flows.daily_cycle import DailyCycle
from core.flows.kit import (
    CycleDesk,
    CycleKit,
    CycleOutlets,
    CycleRules,
    CycleSources,
    CycleStores,
)
from core.flows.today import TodayBriefing
from core.llm.analyst import OfflineAnalyst
from core.llm.dialogue import ToolDialogue
from core.llm.openai_model import OpenAIChatModel, OpenAISettings
from core.news.feeds import Feed, FeedReader
from core.news.latest import LatestNews
from core.ports.broker import Broker
from core.ports.ledger import LedgerTransaction
from core.ports.model import ChatModel
from core.ports.phrases import Phrases
from core.runtime.broker_session import BrokerSession
from core.runtime.emergency_file import EmergencyFile
from core.runtime.identifiers import SystemIdentifiers
from core.runtime.rate_limiter import RateLimiter, pace_for
from core.runtime.token_cache import TokenCache
from core.runtime.token_store import FileTokenStore
from core.runtime.trading_switch import LedgerTradingSwitch
from core.services.market.service import MarketService
from core.services.orders.context import DeskContext, DeskPolicy
from core.services.orders.desk import OrderDesk
from core.services.portfolio.service import PortfolioService, ReservedCash
from core.services.risk.wording import explain
from core.services.sessions.service import SessionService, SessionSettings
from core.services.sessions.tools import SessionTools, ToolDesk

_LOG = structlog.get_logger(__name__)
EMERGENCY_FILE = "unstored-answers.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The whole graph, ready to run."""

    world: World
    stores: Stores
    broker: Broker
    surfaces: LateSurfaces
    switch: LedgerTradingSwitch
    market: MarketService
    portfolio: PortfolioService
    desk: OrderDesk
    sessions: SessionService
    cycle: DailyCycle
    closing: ClosingReporter
    today: TodayBriefing
    status: StatusLines
    model_name: str


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
        )
        stack.push_async_callback(brokerage.adapter.close)
        stores = await open_stores(stack, settings, brokerage)
        app = await _connect(stack, world, stores, brokerage)
        # Pushed last, so ended first: no task may use the database or the broker once it is closed.
        stack.push_async_callback(world.supervisor.aclose)
        yield app


async def _connect(
    stack: AsyncExitStack, world: World, stores: Stores, brokerage: Brokerage
) -> Application:
    settings, clock = world.settings, world.clock
    broker = _broker_session(world, brokerage)
    surfaces = LateSurfaces()
    world.supervisor.report_to(partial(_tell_failure, surfaces, world.phrases))
    switch = LedgerTradingSwitch(stores.ledger, clock, settings.data_dir / HALT_FILE)
    market = MarketService(broker, stores.bars, world.strategy.universe, clock, world.calendar)
    portfolio = PortfolioService(
        broker, world.strategy.universe[0].symbol, ReservedCash(stores.ledger)
    )
    context = _desk_context(world, stores, broker, market, switch)
    desk = OrderDesk(context, surfaces, surfaces)
    news = await _news(stack, world)
    model, author = await _model(stack, world)
    painter = ChildPainter(config_dir=settings.data_dir / "matplotlib")
    sessions = _sessions(world, stores, context, desk, portfolio, news, model, author, painter)
    kit = _cycle_kit(world, stores, context, desk, portfolio, surfaces, news, model, painter)
    status = StatusLines(
        identity=broker.identity,
        switch=switch,
        orders=desk,
        calendar=world.calendar,
        clock=clock,
        phrases=world.phrases,
        model_name=model.name,
        prices_label=brokerage.prices_label,
    )
    return Application(
        world=world,
        stores=stores,
        broker=broker,
        surfaces=surfaces,
        switch=switch,
        market=market,
        portfolio=portfolio,
        desk=desk,
        sessions=sessions,
        cycle=DailyCycle(kit),
        closing=ClosingReporter(kit),
        today=TodayBriefing(kit),
        status=status,
        model_name=model.name,
    )


def _broker_session(world: World, brokerage: Brokerage) -> BrokerSession:
    adapter = brokerage.adapter
    tokens = TokenCache(
        adapter.issue_token,
        FileTokenStore(world.settings.data_dir / "tokens"),
        brokerage.token_key,
        world.clock,
    )
    limiter = RateLimiter(world.clock, pace_for(brokerage.pace))
    return BrokerSession(
        adapter, tokens, limiter, world.clock, SystemIdentifiers(), world.supervisor
    )


def _desk_context(
    world: World,
    stores: Stores,
    broker: Broker,
    market: MarketService,
    switch: LedgerTradingSwitch,
) -> DeskContext:
    settings = world.settings
    return DeskContext(
        broker=broker,
        ledger=stores.ledger,
        market=market,
        switch=switch,
        clock=world.clock,
        identifiers=SystemIdentifiers(),
        calendar=world.calendar,
        phrases=world.phrases,
        limits=RiskLimits(
            capital_won=Won(settings.capital_limit_krw),
            order_amount_won=Won(settings.order_limit_krw),
            day_amount_won=Won(settings.day_limit_krw),
            day_count=settings.day_order_limit,
            minute_count=settings.minute_order_limit,
            position_weight_percent=settings.position_limit_percent,
            collar_percent=settings.price_collar_percent,
        ),
        costs=CostModel(settings.commission_percent / Decimal(100)),
        policy=DeskPolicy(
            approver_ids=settings.discord_approver_ids,
            guild_id=settings.discord_guild_id,
            is_dedicated_account=settings.account_is_dedicated,
        ),
        lease=_SoleLease(),
        interlock=_OpenInterlock(),
        notes=EmergencyFile(settings.data_dir / EMERGENCY_FILE),
    )


class _SoleLease:
    """The process lock alone keeps others out."""

    epoch = 0

    def lose(self, reason: str) -> None:
        _LOG.error("the lease is lost", reason=reason)


class _OpenInterlock:
    """The settings alone decide about real money."""

    async def refusal(self, tx: LedgerTransaction) -> str | None:
        del tx
        return None


async def _news(stack: AsyncExitStack, world: World) -> LatestNews:
    client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
    urls = world.sandbox.feeds if world.sandbox else world.settings.news_feeds
    feeds = [Feed(_feed_name(url), url) for url in urls]
    return LatestNews(FeedReader(feeds, client, world.clock))


def _feed_name(url: str) -> str:
    """Return what messages call a feed: its host, or on loopback the last part of its path."""
    parts = httpx.URL(url)
    if parts.host in LOOPBACK:
        return parts.path.rstrip("/").rpartition("/")[2].removesuffix(".xml") or url
    return parts.host.removeprefix("www.")


async def _model(stack: AsyncExitStack, world: World) -> tuple[ChatModel, Author]:
    settings = world.settings
    key = settings.openai_api_key.get_secret_value()
    if not key:
        return OfflineAnalyst(world.languages, settings.locale), Author.ANALYST
    model = OpenAIChatModel(
        OpenAISettings(
            api_key=key,
            model=settings.openai_model,
            flash_model=settings.openai_flash_model,
            base_url=world.sandbox.model if world.sandbox else settings.openai_base_url or None,
        )
    )
    stack.push_async_callback(model.close)
    return model, Author.MODEL


def _sessions(  # noqa: PLR0917 - private, called once, above
    world: World,
    stores: Stores,
    context: DeskContext,
    desk: OrderDesk,
    portfolio: PortfolioService,
    news: LatestNews,
    model: ChatModel,
    author: Author,
    painter: ChildPainter,
) -> SessionService:
    tools = SessionTools(
        ToolDesk(
            market=context.market,
            portfolio=portfolio,
            orders=desk,
            proposer=desk,
            memory=stores.memory,
            painter=painter,
            calendar=world.calendar,
            clock=world.clock,
            phrases=world.phrases,
            news=news.latest,
            explain=partial(_explain, context),
            quantity_maximum=context.limits.quantity_maximum,
        )
    )
    return SessionService(
        archive=stores.sessions,
        memory=stores.memory,
        ledger=stores.ledger,
        model=model,
        dialogue=ToolDialogue(),
        tools=tools,
        clock=world.clock,
        identifiers=SystemIdentifiers(),
        phrases=world.phrases,
        settings=SessionSettings(author=author, idle_minutes=world.settings.idle_minutes),
    )


def _cycle_kit(  # noqa: PLR0917 - private, called once, above
    world: World,
    stores: Stores,
    context: DeskContext,
    desk: OrderDesk,
    portfolio: PortfolioService,
    surfaces: LateSurfaces,
    news: LatestNews,
    model: ChatModel,
    painter: ChildPainter,
) -> CycleKit:
    return CycleKit(
        stores=CycleStores(
            cycle=stores.cycles,
            memory=stores.memory,
            sessions=stores.sessions,
            ledger=stores.ledger,
        ),
        desk=CycleDesk(
            market=context.market,
            portfolio=portfolio,
            proposer=desk,
            preview=desk.preview,
            switch=context.switch,
        ),
        sources=CycleSources(
            news=news, model=model if isinstance(model, OpenAIChatModel) else None
        ),
        outlets=CycleOutlets(
            reports=surfaces, alerts=surfaces, phrases=world.phrases, painter=painter
        ),
        rules=CycleRules(
            clock=world.clock,
            calendar=world.calendar,
            parameters=world.strategy.parameters,
            identity=context.broker.identity,
            costs=context.costs,
        ),
    )


def _explain(context: DeskContext, denied: Denied) -> str:
    return explain(denied.violations, context.phrases, context.market)


async def _tell_failure(
    surfaces: LateSurfaces, phrases: Phrases, name: str, error: BaseException
) -> None:
    await surfaces.alert(
        phrases.say("alerts.task_failed_title", task=name),
        phrases.say("alerts.task_failed", task=name, error=f"{type(error).__name__}: {error}"),
    )
