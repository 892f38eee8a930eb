"""An order desk on a real SQLite file, a real httpx client and a loopback broker, without the chat.

Built by hand from the application's own parts, for proofs and benchmarks that start it often; a
clock that many processes share says when it is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from brokers.kis.account import KisAccount
from brokers.kis.broker import KisBroker, open_kis
from brokers.kiwoom.account import KiwoomAccount
from brokers.kiwoom.broker import KiwoomBroker, open_kiwoom
from brokers.wire.clients import Timeouts
from core.domain.calendar import TradingCalendar
from core.domain.costs import CostModel
from core.domain.modes import Mode
from core.domain.orders import Order, OrderState
from core.domain.risk import RiskLimits
from core.domain.tickets import Ticket
from core.ports.clock import Clock
from core.runtime.broker_session import BrokerSession
from core.runtime.clock import SteppedClock, SystemClock
from core.runtime.emergency_file import EmergencyFile
from core.runtime.identifiers import SystemIdentifiers
from core.runtime.lease import LedgerLease
from core.runtime.outbox import LedgerOutbox
from core.runtime.rate_limiter import Pace, RateLimiter
from core.runtime.supervisor import TaskSupervisor
from core.runtime.token_cache import TokenCache
from core.runtime.token_store import FileTokenStore, token_key
from core.runtime.trading_switch import LedgerTradingSwitch
from core.services.orders.context import DeskContext, DeskPolicy
from core.services.orders.desk import OrderDesk
from core.services.orders.values import Click
from sandbox.kis.state import ACCOUNT, APP_KEY, APP_SECRET, PRODUCT
from sandbox.kiwoom import state as kiwoom_state
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.fakes.desk_kit import (
    CHANNEL,
    GUILD,
    KO,
    OWNER,
    WIDE,
    RecordingSurface,
    SaidInterlock,
    SetLimits,
    Shelf,
)

DATABASE_FILE = "trade.db"
TIMEOUTS = Timeouts(connect=2, order_total=5, read_total=5)
# The broker's quota is not on trial here.
FAST = Pace(start=1_000, ceiling=1_000, ledger_start=1_000, ledger_ceiling=1_000, timeout_seconds=5)


def holds_token(folder: Path) -> bool:
    """Whether a desk of this folder left an access token behind."""
    store = FileTokenStore(folder / "tokens")
    return any(store.load(file.stem) for file in (folder / "tokens").glob("*.json"))


def shared_clock(business: datetime, host_monotonic: float) -> SteppedClock:
    """Return a clock that shows `business` at that host second, as every other process's does."""
    clock = SteppedClock(business)
    clock.set(business, host_monotonic, 1.0)
    return clock


@dataclass
class KisDesk:
    """What is open of one desk."""

    desk: OrderDesk
    context: DeskContext
    ledger: SqlLedger
    database: Database
    adapter: KisBroker | KiwoomBroker
    surface: RecordingSurface
    supervisor: TaskSupervisor
    failures: list[str] = field(default_factory=list)
    _clicks: count[int] = field(default_factory=lambda: count(9_000))

    def click(self, ticket: Ticket) -> Click:
        return Click(
            ticket_id=ticket.ticket_id,
            interaction_id=next(self._clicks),
            user_id=OWNER,
            user_name="주인",
            guild_id=GUILD,
            channel_id=CHANNEL,
            message_id=ticket.message_id or 0,
            clicked_at=self.context.clock.now(),
        )

    async def orders(self) -> tuple[Order, ...]:
        async with self.ledger.transaction() as tx:
            return await tx.orders_in(list(OrderState))


def account_at(url: str) -> KisAccount:
    """Return the sandbox's account."""
    return KisAccount(
        mode=Mode.VTS,
        app_key=APP_KEY,
        app_secret=APP_SECRET,
        account_no=ACCOUNT,
        product_code=PRODUCT,
        base_url=url,
        timeouts=TIMEOUTS,
    )


def adapter_at(broker: str, url: str, clock: Clock) -> KisBroker | KiwoomBroker:
    """Return the adapter of a broker's sandbox: kis or kiwoom."""
    if broker == "kis":
        return open_kis(account_at(url), clock)
    account = KiwoomAccount(
        mode=Mode.VTS,
        app_key=kiwoom_state.APP_KEY,
        app_secret=kiwoom_state.APP_SECRET,
        account_no=kiwoom_state.ACCOUNT,
        product_code=kiwoom_state.ACCOUNT_CLASS,
        base_url=url,
        timeouts=TIMEOUTS,
    )
    return open_kiwoom(account, clock)


@asynccontextmanager
async def kis_desk(
    folder: Path,
    url: str,
    clock: Clock,
    *,
    broker: str = "kis",
    limits: RiskLimits = WIDE,
    poll_seconds: float = 0.02,
    surface: Any = None,
    ledger_as: Callable[[SqlLedger], Any] = lambda ledger: ledger,
) -> AsyncIterator[KisDesk]:
    """Open the database of `folder` and everything on it; start nothing."""
    failures: list[str] = []

    async def failed(name: str, error: BaseException) -> None:
        failures.append(f"{name} died: {error!r}")

    supervisor = TaskSupervisor(failed)
    adapter = adapter_at(broker, url, clock)
    account = adapter.account_settings
    database = await open_database(f"sqlite:///{folder / DATABASE_FILE}", migrate=False)
    ledger = SqlLedger(database)
    tokens = TokenCache(
        adapter.issue_token,
        FileTokenStore(folder / "tokens"),
        token_key(account.app_key, account.mode),
        clock,
    )
    identifiers = SystemIdentifiers()
    session = BrokerSession(
        adapter, tokens, RateLimiter(clock, FAST), clock, identifiers, supervisor
    )
    lease = LedgerLease(ledger, SystemClock(), str(folder))
    await lease.take()
    shown = surface or RecordingSurface()
    context = DeskContext(
        broker=session,
        ledger=ledger_as(ledger),
        books=ledger,
        market=Shelf(session),  # type: ignore[arg-type]  # it only asks for quotes
        switch=LedgerTradingSwitch(ledger_as(ledger), clock, folder / "HALT"),
        clock=clock,
        identifiers=identifiers,
        calendar=TradingCalendar(),
        phrases=KO,
        limit_source=SetLimits(limits),
        costs=CostModel(),
        policy=DeskPolicy(
            approver_ids=frozenset({OWNER}),
            guild_id=GUILD,
            poll_seconds=poll_seconds,
            sells_settle_seconds=0.1,
        ),
        lease=lease,
        interlock=SaidInterlock(),
        notes=EmergencyFile(folder / "unstored.jsonl"),
    )
    desk = OrderDesk(context, shown, LedgerOutbox(ledger_as(ledger), clock, shown))
    opened = KisDesk(desk, context, ledger, database, adapter, shown, supervisor, failures)
    try:
        yield opened
    finally:
        await supervisor.aclose()
        await adapter.close()
        await database.close()
