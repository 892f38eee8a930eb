"""The drill: yesterday's database comes back after an order was sent that it does not know."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.by_hand.backup import backup
from bot.by_hand.restore import restore
from core.domain.modes import Mode, TradingState
from core.domain.orders import OrderState
from core.domain.tickets import TicketState
from core.runtime.supervisor import TaskSupervisor
from core.services.orders.values import ClickOutcome
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.bot.environment import only
from tests.fakes.desk_kit import DAY, KODEX, TIGER, Kit, RecordingSurface, at, buy
from tests.fakes.hand_clock import HandClock
from tests.fakes.scripted_broker import ScriptedBroker

NEXT = DAY + timedelta(days=1)


async def opened(folder):
    database = await open_database(f"sqlite:///{folder / 'autotrade-sim.db'}")
    await database.stamp("sim", Mode.SIM, "hash")
    return database


@pytest.fixture
def folder(monkeypatch, tmp_path):
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path), BROKER="sim")
    return tmp_path


def desk_on(database, folder):
    clock = HandClock(at(10))
    broker = ScriptedBroker(
        clock, prices={KODEX: 35_000, TIGER: 30_000}, holdings={TIGER: 5}, cash_won=900_000
    )
    return Kit(SqlLedger(database), clock, broker, RecordingSurface(), folder / "HALT")


async def yesterday(kit):
    """Leave a ticket that waits for its press, and an approved order that waits to be sent."""
    await kit.desk._recovery.run()
    first = await kit.sent(buy(1))
    kit.broker.fill(first.ref.number, 1)
    kit.broker.holdings[KODEX] = 1
    await kit.poll()
    shown = await kit.ticket(buy(4, symbol=TIGER))
    approved = await kit.approved(buy(2))
    await backup()
    return shown, approved


async def test_what_was_sent_since_is_imported_and_nothing_leaves_before_the_read(folder):
    database = await opened(folder)
    kit = desk_on(database, folder)
    shown, approved = await yesterday(kit)
    # What the backup does not know: its order was sent, and today one more.
    await kit.run()
    assert (await kit.order(f"{approved.ticket_id}-1")).state is OrderState.WORKING
    kit.broker.fill("0000000002", 2)
    kit.clock.set(at(10, day=NEXT))
    since = await kit.sent(buy(3))
    assert since.state is OrderState.WORKING
    posts = list(kit.broker.posts)
    await database.close()

    said: list[str] = []
    await restore(None, said.append, lambda _text: "복원")
    assert "제안 1건과 보내지 않은 주문 1건" in said[-1]
    database = await opened(folder)
    kit.ledger = SqlLedger(database)
    kit.again()

    # Nothing of the copy waits any more, and a press on its message does nothing.
    assert (await kit.order(f"{approved.ticket_id}-1")).state is OrderState.BLOCKED
    assert (await kit.stored(shown)).state is TicketState.EXPIRED
    assert await kit.desk.approve(kit.click(shown)) is not ClickOutcome.APPROVED
    assert await kit.switch.state() is TradingState.HALTED

    # The broker's list cannot be read: the desk does not start, whatever a person opens.
    kit.broker.broken = {"order_history"}
    kit.clock._skips = False
    supervisor = TaskSupervisor()
    starting = asyncio.create_task(kit.desk.start(supervisor))
    await kit.switch.set_state(TradingState.ACTIVE, actor="owner", reason="too early")
    for _ in range(100):
        kit.clock.move(1)
        await asyncio.sleep(0.001)
    assert not starting.done()
    assert kit.desk.readiness() is not None
    assert kit.broker.posts == posts

    kit.broker.broken = set()
    while not starting.done():
        kit.clock.move(1)
        await asyncio.sleep(0.001)
    await supervisor.aclose()
    assert kit.desk.readiness() is None
    assert NEXT in kit.broker.history_reads
    async with kit.ledger.transaction() as tx:
        externals = await tx.externals_on(NEXT)
    assert [(item.row.ref.number, item.row.ordered) for item in externals] == [("0000000003", 3)]

    assert kit.broker.posts == posts
    await database.close()


async def test_a_fill_of_a_day_that_no_list_shows_holds_its_symbol(folder):
    database = await opened(folder)
    kit = desk_on(database, folder)
    await yesterday(kit)
    await kit.run()
    kit.broker.fill("0000000002", 2)
    kit.broker.holdings[KODEX] = 3
    await database.close()
    await restore(None, lambda _text: None, lambda _text: "복원")
    database = await opened(folder)
    kit.ledger = SqlLedger(database)
    kit.clock.set(at(10, day=NEXT))
    kit.again()
    await kit.desk._recovery.run()
    async with kit.ledger.transaction() as tx:
        assert [hold.symbol for hold in await tx.symbol_holds()] == [KODEX]
    assert len(kit.broker.posts) == 2
    await database.close()
