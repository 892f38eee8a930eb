"""What cannot be written down is not sent: a real SQLite file that is full, locked or read-only.

The fault begins between the gate and the arm, the last moment at which it can still hold back a
POST; or while a POST is on its way, when only the file of last resort is left.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import event

from core.domain.modes import TradingState
from core.domain.money import Shares, Won
from core.domain.orders import OrderRequest, OrderState, Side
from core.errors import StorageError
from storage import engine as engine_module
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.fakes.desk_kit import DAY, KO, KODEX, TIGER, WIDE, Kit, RecordingSurface, at, buy
from tests.fakes.hand_clock import HandClock
from tests.fakes.scripted_broker import ScriptedBroker

UNWRITABLE = KO.say("orders.alert_unwritable_title")
# So many numbers of the day are known that the arm needs new pages: a full file cannot hold them.
CANCELS = 2_000


@pytest.fixture
def file(database_file):
    return database_file


@pytest.fixture
async def database(file, monkeypatch):
    quick = tuple(item for item in engine_module.PRAGMAS if "busy_timeout" not in item)
    monkeypatch.setattr(engine_module, "PRAGMAS", (*quick, "PRAGMA busy_timeout=20"))
    opened = await open_database(f"sqlite:///{file}", migrate=False)
    yield opened
    await opened.close()


@pytest.fixture
def kit(database, tmp_path):
    return desk_on(database, tmp_path)


def desk_on(database: Database, folder: Path, before: Kit | None = None) -> Kit:
    """Open a desk on `database`, with the broker and the clock of the one before."""
    clock = before.clock if before else HandClock(at(10))
    prices, holdings = {KODEX: 35_000, TIGER: 30_000}, {TIGER: 5}
    fresh = ScriptedBroker(clock, prices=prices, holdings=holdings, cash_won=600_000)
    broker = before.broker if before else fresh
    return Kit(SqlLedger(database), clock, broker, RecordingSurface(), folder / "HALT")


class Fault:
    """A condition of the file that begins and ends when a test says so."""

    def __init__(self, database: Database, file: Path) -> None:
        self._connections = cast("Any", database._connections)
        self._file = file
        self._locker: sqlite3.Connection | None = None
        self._pragma = ""
        event.listen(self._connections.writer._plain, "before_cursor_execute", self._before)

    def _before(self, _connection: object, cursor: sqlite3.Cursor, *_values: object) -> None:
        # In its thread, inside the transaction that the program began.
        if self._pragma:
            cursor.execute(self._pragma)

    def full(self) -> None:
        self._pragma = "PRAGMA max_page_count=1"  # SQLite makes it what the file has now

    def read_only(self) -> None:
        self._pragma = "PRAGMA query_only=ON"

    def locked(self) -> None:
        self._locker = sqlite3.connect(self._file, isolation_level=None)
        self._locker.execute("BEGIN IMMEDIATE")

    def end(self) -> None:
        self._pragma = ""
        for connection in self._connections._writers._idle:
            for pragma in ("PRAGMA max_page_count=1073741823", "PRAGMA query_only=OFF"):
                connection._conn.execute(pragma)
        if self._locker is not None:
            self._locker.close()


@pytest.fixture
def fault(database, file):
    made = Fault(database, file)
    yield made
    made.end()


def crowd(kit: Kit) -> None:
    """Fill the day's list, so that the attempt (which keeps every known number) needs room."""
    request = OrderRequest(symbol=TIGER, side=Side.SELL, quantity=Shares(1), price_won=Won(30_000))
    for _ in range(CANCELS):
        number = kit.broker.list_order(request).ref.number
        kit.broker.change(number, is_cancel_row=True, remaining=0)


def when(kit: Kit, call: str, act: Callable[[], None]) -> None:
    """Let `act` happen at a call of the broker. The gate reads the quote last, then it arms."""

    async def hook(name: str) -> None:
        if name == call:
            act()

    kit.broker.hook = hook


def count(file: Path, table: str) -> int:
    with closing(sqlite3.connect(file)) as raw:
        ((found,),) = raw.execute(f"SELECT count(*) FROM {table}")
    return int(found)


@pytest.mark.parametrize("kind", ["full", "locked", "read_only"])
async def test_what_cannot_be_written_is_not_sent_and_is_told(kit, fault, file, kind):
    ticket = await kit.approved(buy(1))
    crowd(kit)
    when(kit, "quote", getattr(fault, kind))
    for _ in range(3):
        # Where not even a transaction begins, the loop around it counts and tells.
        with suppress(StorageError):
            await kit.run()
        kit.broker.hook = None
        await kit.desk._alarms.deliver()
    assert kit.broker.posts == []
    assert count(file, "attempts") == count(file, "reservations") == 0
    # Told although nothing could be stored, and told once.
    assert [title for title, _ in kit.surface.alerts].count(UNWRITABLE) == 1
    fault.end()
    await kit.run()
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert order.state is OrderState.WORKING
    assert len(kit.broker.posts) == count(file, "attempts") == 1
    assert (await kit.ledger.verify_journal()).lines > 0


@pytest.mark.parametrize("kind", ["locked", "read_only"])
async def test_an_answer_that_cannot_be_written_is_found_at_the_next_start(
    kit, fault, file, tmp_path, kind
):
    ticket = await kit.approved(buy(1))
    when(kit, "place_order done", getattr(fault, kind))
    await kit.run()
    kit.broker.hook = None
    await kit.desk._alarms.deliver()
    titles = [title for title, _ in kit.surface.alerts]
    assert KO.say("orders.alert_unstored_title") in titles
    assert '"0000000001"' in (tmp_path / "unstored.jsonl").read_text()
    fault.end()
    kit.again()
    await kit.desk._recovery.run()
    await kit.run()
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert (order.state, order.ref.number) == (OrderState.WORKING, "0000000001")
    assert len(kit.broker.posts) == 1
    assert not (tmp_path / "unstored.jsonl").exists()


async def test_a_disk_that_fills_up_between_two_orders_sends_none_unwritten(kit, fault, file):
    kit.limits = replace(WIDE, minute_count=10)
    kit.again()
    for quantity in (1, 2, 3, 4):
        await kit.approved(buy(quantity))
    written: list[int] = []

    def sent() -> None:
        written.append(count(file, "attempts"))
        if len(written) == 2:
            crowd(kit)
            fault.full()

    when(kit, "place_order", sent)
    for _ in range(3):
        await kit.run()
    # Before each POST its attempt was in the file.
    assert written == [1, 2]
    assert len(kit.broker.posts) == 2
    fault.end()
    kit.again()
    await kit.desk._recovery.run()
    await kit.switch.set_state(TradingState.ACTIVE, actor="owner", reason="")
    await kit.run()
    assert len(kit.broker.posts) == count(file, "attempts") == 4
    signatures = [post.signature for post in kit.broker.posts]
    assert len(set(signatures)) == 4
    assert all(order.ref is not None for order in await kit.orders())


async def test_an_older_copy_of_the_file_counts_what_it_does_not_know_as_external(
    kit, database, file, tmp_path
):
    await kit.desk._recovery.run()
    older = tmp_path / "older" / "trade.sqlite"
    older.parent.mkdir()
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(older)) as copy:
        source.backup(copy)
    order = await kit.sent(buy(2))
    kit.broker.fill(order.ref.number, 2)
    kit.broker.holdings[KODEX] = 2
    await kit.poll()
    posts = len(kit.broker.posts)

    restored = await open_database(f"sqlite:///{older}")
    try:
        second = desk_on(restored, older.parent, kit)
        await second.desk._recovery.run()
        await second.run()
        async with second.ledger.transaction() as tx:
            (external,) = await tx.externals_on(DAY)
            shares = await tx.book_shares()
            holds = await tx.symbol_holds()
        assert (external.row.ref.number, external.row.filled) == (order.ref.number, 2)
        # Counted, so the books agree with the broker and nothing is held back.
        assert shares == {KODEX: 2, TIGER: 5}
        assert holds == ()
        await second.desk._alarms.deliver()
        told = [title for title, _ in second.surface.alerts]
        assert KO.say("orders.alert_external_title") in told
        assert len(kit.broker.posts) == posts
    finally:
        await restored.close()


async def test_an_approval_in_an_older_copy_does_not_send_its_order_again(
    kit, database, file, tmp_path
):
    await kit.desk._recovery.run()
    ticket = await kit.approved(buy(2))
    older = tmp_path / "older" / "trade.sqlite"
    older.parent.mkdir()
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(older)) as copy:
        source.backup(copy)
    await kit.run()
    assert len(kit.broker.posts) == 1

    restored = await open_database(f"sqlite:///{older}")
    try:
        second = desk_on(restored, older.parent, kit)
        await second.desk._recovery.run()
        await second.run()
        order = await second.order(f"{ticket.ticket_id}-1")
        assert (len(kit.broker.posts), order.state) == (1, OrderState.BLOCKED)
        await second.desk._alarms.deliver()
        told = [title for title, _ in second.surface.alerts]
        assert KO.say("orders.alert_maybe_sent_title") in told
    finally:
        await restored.close()
