"""The part of the graph that orders pass through: broker session, interlock, desk context."""

from __future__ import annotations

from dataclasses import dataclass

from bot.brokerage import Brokerage
from bot.settings import Settings
from bot.wiring.foundations import Stores, World
from bot.wiring.setup import setup_of
from core.domain.standing import standing_terms
from core.ports.broker import Broker
from core.ports.clock import Clock
from core.ports.meters import BrokerMeter, Unmeasured
from core.ports.nav import NavReader
from core.ports.rules import RuleSource
from core.ports.safety import Interlock, LeaseHolder, LimitSource
from core.ports.tasks import Supervisor
from core.runtime.broker_session import BrokerSession
from core.runtime.emergency_file import EmergencyFile
from core.runtime.identifiers import SystemIdentifiers
from core.runtime.market_data_session import MarketDataSession
from core.runtime.metered_limiter import MeteredLimiter
from core.runtime.rate_limiter import pace_for
from core.runtime.setup_book import LiveIds
from core.runtime.statements_session import StatementsSession
from core.runtime.token_cache import TokenCache
from core.runtime.token_store import FileTokenStore
from core.runtime.trading_switch import LedgerTradingSwitch
from core.services.market.service import MarketService
from core.services.orders.context import Bell, DeskContext, DeskPolicy

EMERGENCY_FILE = "unstored-answers.jsonl"
TOKEN_FOLDER = "tokens"  # noqa: S105  a folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """What the guard and the arm transaction ask before anything leaves."""

    lease: LeaseHolder
    interlock: Interlock
    limits: LimitSource
    # None where nobody is asked for iNAVs.
    navs: NavReader | None = None
    # None where there are no rules of the user's own.
    rules: RuleSource | None = None


def broker_session(world: World, brokerage: Brokerage) -> BrokerSession:
    """Give the adapter its tokens, its pace and its retries; its calls are counted."""
    return session_of(world.settings, brokerage, world.clock, world.supervisor, meter=world.meters)


def session_of(
    settings: Settings,
    brokerage: Brokerage,
    clock: Clock,
    supervisor: Supervisor,
    *,
    meter: BrokerMeter | None = None,
) -> BrokerSession:
    """Do the same for who has no world: the doctor beside a running bot, whom nobody measures."""
    adapter = brokerage.adapter
    tokens = TokenCache(
        adapter.issue_token,
        FileTokenStore(settings.data_dir / TOKEN_FOLDER),
        brokerage.token_key,
        clock,
    )
    meter = meter or Unmeasured()
    limiter = MeteredLimiter(clock, pace_for(brokerage.pace, brokerage.paces_of), meter)
    identifiers = SystemIdentifiers()
    return BrokerSession(adapter, tokens, limiter, clock, identifiers, supervisor, meter=meter)


def market_data_of(session: BrokerSession, brokerage: Brokerage) -> MarketDataSession:
    """Read market data at the session's pace, with its tokens."""
    return MarketDataSession(session.beside(brokerage.market_data))


def statements_of(session: BrokerSession, brokerage: Brokerage) -> StatementsSession:
    """Read statements at the session's pace, with its tokens."""
    return StatementsSession(session.beside(brokerage.statements))


def desk_context(
    world: World,
    stores: Stores,
    broker: Broker,
    market: MarketService,
    switch: LedgerTradingSwitch,
    guards: Guards,
    tracking_bell: Bell | None = None,
) -> DeskContext:
    """Put together what every part of the order desk works with.

    `tracking_bell` is rung by others too: notices of orders come with the live prices.
    """
    settings, parameters = world.settings, world.strategy.parameters
    setup = setup_of(world, stores)
    return DeskContext(
        broker=broker,
        ledger=stores.ledger,
        books=stores.ledger,
        market=market,
        switch=switch,
        clock=world.clock,
        identifiers=SystemIdentifiers(),
        calendar=world.calendar,
        phrases=world.phrases,
        limit_source=guards.limits,
        costs=settings.costs,
        policy=DeskPolicy(
            owner_ids=settings.owner_ids,
            approver_ids=LiveIds(lambda: setup.current.approver_ids),
            guild_id=settings.discord_guild_id,
            channel_ids=LiveIds(lambda: setup.current.channel_ids | settings.channel_ids),
            is_dedicated_account=settings.account_is_dedicated,
            standing=standing_terms(settings.standing_stop_days, parameters.stop_loss_percent),
            stop_bps=-parameters.stop_loss_percent * 100,
            reminder=settings.ticket_reminder,
        ),
        lease=guards.lease,
        interlock=guards.interlock,
        notes=EmergencyFile(settings.data_dir / EMERGENCY_FILE),
        navs=guards.navs,
        rules=guards.rules,
        tracking_bell=tracking_bell or Bell(),
    )
