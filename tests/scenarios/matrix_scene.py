"""One order in any state, on a real ledger: where every cell of the matrices begins."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from core.domain.money import Shares, Won
from core.domain.orders import (
    Attempt,
    BrokerOrder,
    BrokerOrderRef,
    Order,
    OrderRequest,
    OrderState,
    Side,
)
from core.domain.tickets import TicketKind
from core.services.orders.gate import Verdict
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.migrations.runner import upgrade_here
from storage.opening import open_database
from tests.fakes.desk_kit import DAY, KODEX, TIGER, Kit, RecordingSurface, at, buy
from tests.fakes.hand_clock import HandClock
from tests.fakes.kept_greenlets import kept_greenlets
from tests.fakes.scripted_broker import ScriptedBroker
from tests.scenarios.inline_sqlite import connects_to

S = OrderState
QUANTITY, PRICE_WON, NUMBER = 3, 35_000, "0000000001"
REQUEST = OrderRequest(
    symbol=KODEX, side=Side.BUY, quantity=Shares(QUANTITY), price_won=Won(PRICE_WON)
)
KNOWN = "0000000002"
# The states whose order the broker has numbered, with what was filled by then.
NUMBERED = {
    S.WORKING: 0,
    S.PARTIAL: 1,
    S.FILLED: QUANTITY,
    S.CANCELLED: 0,
    S.PARTIAL_CANCELLED: 1,
    S.CANCEL_PENDING: 0,
}
# The states that no attempt was made in.
UNSENT = frozenset({S.CREATED, S.GATED, S.BLOCKED, S.EXPIRED})


# A database with its file.
Opened = tuple[Path, Database]
K = TypeVar("K", bound=Enum)


@dataclass
class Between:
    """The gate, and what happens between its verdict and the arm."""

    gate: Any
    act: Callable[[], Awaitable[None]]
    instead: Verdict | None = None

    async def too_early(self):
        return await self.gate.too_early()

    async def check(self, ticket, order) -> Verdict:
        verdict = await self.gate.check(ticket, order)
        await self.act()
        return self.instead or verdict


@dataclass
class Scene:
    """A desk with one approved order in the state under test."""

    kit: Kit
    order: Order

    @property
    def broker(self) -> ScriptedBroker:
        return self.kit.broker

    def list_ours(self, **shape: int) -> BrokerOrder:
        """Put an order of our signature on the broker's list; `shape` are its quantities."""
        row = self.broker.list_order(REQUEST)
        filled = shape.get("filled", 0)
        average = Decimal(PRICE_WON) if filled else None
        return self.broker.change(row.ref.number, average_price_won=average, **shape)

    def show(self, **shape: int) -> None:
        """Let the broker's list show our order in this shape, by its number if it has one."""
        if not self.broker.rows:
            self.list_ours()
        filled = shape.get("filled", 0)
        average = Decimal(PRICE_WON) if filled else None
        self.broker.change(NUMBER, average_price_won=average, **shape)

    async def merge(self, times: int = 1) -> None:
        for _ in range(times):
            await self.kit.desk._tracker.merge(await self.broker.order_history(DAY))

    def before_arm(self, act: Callable[[], Awaitable[None]]) -> None:
        executor: Any = self.kit.desk._runner._executor
        executor._gate = Between(executor._gate, act)

    def judge_as(self, verdict: Verdict) -> None:
        async def act() -> None:
            """Nothing changes: only the verdict is given."""

        executor: Any = self.kit.desk._runner._executor
        executor._gate = Between(executor._gate, act, verdict)

    async def reopen(self, **changes: object) -> None:
        """Build the desk again, with other settings."""
        for name, value in changes.items():
            setattr(self.kit, name, value)
        self.kit.again()

    async def now(self) -> Order:
        return await self.kit.order(self.order.order_id)

    async def incidents(self) -> int:
        kinds = await self.kit.kinds(self.order.order_id)
        return sum(kind.startswith("incident") for kind in kinds)


async def make_template(folder: Path) -> Path:
    """Return a database with one approved ticket of one leg, nothing sent."""
    path = folder / "approved.sqlite"
    upgrade_here(f"sqlite:///{path}")
    database = await open_database(f"sqlite:///{path}", migrate=False)
    try:
        kit = kit_on(SqlLedger(database), folder)
        await kit.approved(buy(QUANTITY, PRICE_WON), kind=TicketKind.BASKET)
    finally:
        await database.close()
    return path


def kit_on(ledger: SqlLedger, folder: Path) -> Kit:
    """Return a desk of half past eight."""
    clock = HandClock(at(8, 30))
    prices = {KODEX: PRICE_WON, TIGER: 30_000}
    broker = ScriptedBroker(clock, prices=prices, holdings={TIGER: 5}, cash_won=600_000)
    surface = RecordingSurface()
    return Kit(
        ledger=ledger, clock=clock, broker=broker, surface=surface, halt_file=folder / "HALT"
    )


@dataclass
class Stage:
    """One database per state, kept open: a new engine would compile each statement anew."""

    template: Path
    databases: dict[OrderState, Opened]

    async def scene(self, state: OrderState) -> Scene:
        """Return a scene on the content of the template, its order in `state`, at ten o'clock."""
        ledger = ledger_of(self.databases[state], self.template)
        kit = kit_on(ledger, self.template.parent)
        kit.clock.set(at(9, 59, 55))
        kit.names.ticket_id()  # the one of the template
        (created,) = await kit.orders()
        scene = Scene(kit, _placed(created, state))
        if state in NUMBERED:
            _list(scene, state)
        if state not in UNSENT:
            await _attempt(scene)
        await kit.force(scene.order, OrderState.CREATED)
        kit.clock.set(at(10))
        return scene


@asynccontextmanager
async def stage_in(folder: Path) -> AsyncIterator[Stage]:
    template = await make_template(folder)
    async with database_in(folder, list(OrderState)) as databases:
        yield Stage(template, databases)


@asynccontextmanager
async def database_in(folder: Path, keys: list[K]) -> AsyncIterator[dict[K, Opened]]:
    """Open one database per key."""
    empty = folder / "empty.sqlite"
    upgrade_here(f"sqlite:///{empty}")
    async with AsyncExitStack() as stack:
        stack.enter_context(kept_greenlets())
        databases = {}
        for key in keys:
            path = folder / f"{key.name}.sqlite"
            shutil.copyfile(empty, path)
            database = await open_database(
                f"sqlite:///{path}", migrate=False, async_creator=connects_to(path)
            )
            stack.push_async_callback(database.close)
            databases[key] = (path, database)
        yield databases


def ledger_of(opened: Opened, template: Path) -> SqlLedger:
    """Return the ledger of an open database with the content of `template`."""
    path, database = opened
    with closing(sqlite3.connect(template)) as old, closing(sqlite3.connect(path)) as new:
        old.backup(new)
    return SqlLedger(database)


def _placed(created: Order, state: OrderState) -> Order:
    filled = NUMBERED.get(state, 0)
    return replace(
        created,
        state=state,
        request=None if state is S.CREATED else REQUEST,
        ref=BrokerOrderRef(number=NUMBER, branch="00950") if state in NUMBERED else None,
        filled=filled,
        average_price_won=Decimal(PRICE_WON) if filled else None,
    )


def _list(scene: Scene, state: OrderState) -> None:
    filled = NUMBERED[state]
    gone = state in {S.CANCELLED, S.PARTIAL_CANCELLED}
    left = QUANTITY - filled
    shape = {"cancelled": left, "remaining": 0} if gone else {"remaining": left}
    scene.list_ours(filled=filled, **shape)


async def _attempt(scene: Scene) -> None:
    async with scene.kit.ledger.transaction() as tx:
        made = await tx.insert_attempt(
            Attempt(
                order_id=scene.order.order_id,
                signature=REQUEST.signature,
                session=DAY,
                armed_at=scene.kit.clock.now(),
                known_numbers=frozenset({KNOWN}),
                server_ahead=timedelta(0),
            )
        )
        assert made
