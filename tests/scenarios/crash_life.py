"""One life from proposal to fill and cancel that dies at its n-th step, and the life after it.

A step is every await that reaches outside: each statement, commit, request, answer and message.
It dies before the step (nothing of it happened) or after it (it happened, nobody noticed). From
then on nothing of that life has any effect: its connection is dropped with what was not committed,
and each further call raises `Crash`, which nothing in the application may catch.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiosqlite

from core.domain.orders import (
    IN_DOUBT_STATES,
    LIVE_STATES,
    WAITING_STATES,
    Order,
)
from core.domain.tickets import TicketState
from core.services.orders.desk import OrderDesk
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.fakes.desk_kit import DAY, Kit, RecordingSurface, at, buy, sell
from tests.fakes.hand_clock import HandClock
from tests.scenarios.crash_broker import AtThePort, Counterparty
from tests.scenarios.crash_fence import AFTER, BEFORE, Crash, Fence
from tests.scenarios.crash_wire import WIRES, OnTheWire
from tests.scenarios.inline_sqlite import InlineConnection

ROUNDS, ROUND_SECONDS = 6, 20.0
AT_THE_PORT = "port"
BROKERS = (AT_THE_PORT, *WIRES)
# Calls that leave something behind at the broker.
_CHANGES = frozenset({"order", "token"})


class FencedConnection(InlineConnection):
    """A connection whose every call is a step."""

    def __init__(self, path: Path, fence: Fence) -> None:
        super().__init__(path)
        self._fence = fence
        fence.on_crash.append(self._drop)

    async def _execute(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        verb = str(args[0]).split()[0].lower() if args and isinstance(args[0], str) else ""
        name = f"sql {verb or getattr(fn, '__name__', 'call')}"
        self._fence.enter(name)
        found = await super()._execute(fn, *args, **kwargs)
        self._fence.leave(name)
        return found


class Theatre:
    """One engine for all plays, emptied between lives: a new one would compile everything anew."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.folder, self.template = folder, template
        self.path = folder / "crash.sqlite"
        self.fence = Fence()
        self._database: Database | None = None

    async def open(self, fence: Fence) -> Database:
        """Open the committed bytes for another life."""
        self.fence = fence
        if self._database is None:
            self._database = await open_database(
                f"sqlite:///{self.path}", migrate=False, async_creator=self._connect
            )
        # What the last life held is gone with it; every life connects anew, the first one too, so
        # that its steps have the same numbers.
        connections: Any = self._database._connections
        await connections.engine.dispose(close=False)
        return self._database

    async def _connect(self, *_args: object, **_values: object) -> aiosqlite.Connection:
        return await FencedConnection(self.path, self.fence)

    async def close(self) -> None:
        self.fence = Fence()
        if self._database is not None:
            await self._database.close()


class FencedSurface(RecordingSurface):
    """A chat whose every message is a step."""

    fence: Fence

    async def show_ticket(self, view: Any) -> tuple[int, int]:
        self.fence.enter("chat show")
        shown = await super().show_ticket(view)
        self.fence.leave("chat show")
        return shown


@dataclass
class Play:
    """One point: where the first life dies, and what becomes of its orders' requests."""

    theatre: Theatre
    fence: Fence
    request: str
    broker: str = AT_THE_PORT
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = HandClock(at(10))
        self.other: Counterparty = (
            AtThePort(self.clock, self.request)
            if self.broker == AT_THE_PORT
            else OnTheWire(WIRES[self.broker](), self.clock, self.request, self.theatre.folder)
        )
        self.surface = FencedSurface()

    async def run(self) -> None:
        """Live, die, live again, and judge."""
        path = self.theatre.path
        for left in path.parent.glob(f"{path.name}*"):
            left.unlink()
        shutil.copyfile(self.theatre.template, path)
        await self._first_life()
        last = Fence()
        kit = await self._open(last)
        await self._second_life(kit)
        await self._judge(kit)
        await self.other.close()
        for drop in last.on_crash:
            drop()

    async def _open(self, fence: Fence) -> Kit:
        self.surface.fence = fence
        broker = self.other.enters(fence)
        database = await self.theatre.open(fence)
        halt = self.theatre.folder / "HALT"
        kit = Kit(SqlLedger(database), self.clock, broker, self.surface, halt)
        # Nobody follows the sell while the first run waits for its proceeds: two looks are enough.
        policy = replace(kit.context.policy, sells_settle_seconds=4.0)
        kit.context = replace(kit.context, policy=policy)
        kit.desk = OrderDesk(kit.context, kit.surface, kit.outbox)
        return kit

    async def _first_life(self) -> None:
        """Act until the point is reached; the steps of opening the file are not on the order path."""
        fence = Fence()
        kit = await self._open(fence)
        fence.names.clear()
        fence.at, fence.how = self.fence.at, self.fence.how
        self.fence = fence

        task = asyncio.ensure_future(self._act(kit))

        def ends_with_it() -> None:
            """Let nobody go on who waited for a task that the crash took away."""
            if asyncio.current_task() is not task:
                task.cancel()

        fence.on_crash.append(ends_with_it)
        await asyncio.wait({task})
        with suppress(Crash, asyncio.CancelledError):
            task.result()
        fence.is_down = True
        for drop in fence.on_crash:
            drop()
        await _wreck_is_gone()

    async def _act(self, kit: Kit) -> None:
        """Do what the first life is there for."""
        ticket = await kit.ticket(sell(2, 30_000), buy(2, 35_000))
        await kit.publish()
        await kit.desk.approve(kit.click(ticket, message=500))
        await kit.run()
        await kit.poll()
        self.other.fill(at_most=1)
        await kit.poll()
        await kit.publish()
        await kit.desk.request_cancel(kit.click(ticket, message=500))
        await kit.poll()
        await kit.publish()

    async def _second_life(self, kit: Kit) -> None:
        """Recover; a person presses what is still open; everything is read again and again."""
        await kit.desk._recovery.run()
        if not await kit.tickets():
            await kit.ticket(sell(2, 30_000), buy(2, 35_000))
        await kit.publish()
        for ticket in await kit.tickets():
            if ticket.state is TicketState.PRESENTED:
                await kit.desk.approve(kit.click(ticket, message=ticket.message_id or 0))
        for _ in range(ROUNDS):
            await kit.run()
            await kit.poll()
            self.other.fill(at_most=9)
            self.clock.move(ROUND_SECONDS)
        await kit.poll()
        await kit.publish()

    async def _judge(self, kit: Kit) -> None:
        orders = await kit.orders()
        self._compare(orders)
        self.faults += self.other.failures
        say = self.faults.append
        sent = [request.signature for request in self.other.sent]
        if len(set(sent)) != len(sent):
            say(f"sent more than once: {sent}")
        async with kit.ledger.transaction() as tx:
            attempts = await tx.attempts_on(DAY)
            held = {item.order_id for item in await tx.reservations()}
        if not {item.signature for item in attempts} >= set(sent):
            say("something was sent without an attempt")
        self.faults += [
            f"{order.order_id} is {order.state.value}, held back: {order.order_id in held}"
            for order in orders
            if (order.order_id in held) != (order.state in LIVE_STATES)
        ]
        self.faults += [
            f"{order.order_id} waits and does not say why"
            for order in orders
            if order.state in WAITING_STATES and not order.reason
        ]
        await self._told(
            kit, [order.order_id for order in orders if order.state in IN_DOUBT_STATES]
        )
        assert isinstance(kit.ledger, SqlLedger)
        await kit.ledger.verify_journal()

    def _compare(self, orders: tuple[Order, ...]) -> None:
        """Compare our books with what the broker has."""
        say = self.faults.append
        by_number = {order.ref.number: order for order in orders if order.ref}
        shown = self.other.shown()
        for row in shown:
            order = by_number.get(row.number)
            if order is None:
                say(f"{row.signature} is at the broker and in no book")
            elif order.filled != row.filled:
                say(f"{order.order_id} says {order.filled}, the broker {row.filled}")
        if len(by_number) != len(shown):
            say(f"{len(by_number)} numbers in the books, {len(shown)} at the broker")
        if len(orders) != (expected := self._orders_expected()):
            say(f"{len(orders)} orders, not {expected}")

    def _orders_expected(self) -> int:
        """Return how many legs were approved."""
        return 2

    async def _told(self, kit: Kit, doubtful: list[str]) -> None:
        await kit.desk._alarms.look()
        await kit.desk._alarms.deliver()
        said = " ".join(title + text for title, text in self.surface.alerts)
        self.faults += [f"nobody was told of {name}" for name in doubtful if name not in said]


async def _wreck_is_gone() -> None:
    """Let what the dead life left running meet its fence, so that nothing of it lives on."""
    here = asyncio.current_task()
    wreck = [task for task in asyncio.all_tasks() if task is not here]
    for task in wreck:
        task.cancel()
    await asyncio.gather(*wreck, return_exceptions=True)


def points(names: list[str]) -> list[tuple[int, str]]:
    """Return every step that counts and how to die there: (number from 1, before or after).

    After a read the next step begins as after nothing, so that reads count once; what only hands a
    cursor back reaches nothing.
    """
    found = []
    for number, name in enumerate(names, start=1):
        if name.split()[-1] in {"cursor", "close", "fetchall", "rollback", "pragma", "begin"}:
            continue
        reads = name.startswith("sql select") or (
            name.startswith("net ") and not _CHANGES & set(name.split())
        )
        found += [(number, BEFORE)] if reads else [(number, BEFORE), (number, AFTER)]
    return found


def quiet() -> None:
    """Let SQLAlchemy's pool be silent about connections that a crash took away."""
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL + 1)
