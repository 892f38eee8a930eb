"""Die, or be cancelled, at every step between ✅ and the broker's list; then start again.

A step is each entry into a transaction, each commit and each broker call. Whatever the point:
at most one post per order, nothing stays silently in between, and the ledger ends up saying what
the broker's list says.

Each day takes every fourth step, from another one on, so that four days stop at all of them; deaths
inside the steps, by the hundred, are those of `make prove` (tests/prove/crash_points.py).
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.domain.orders import IN_DOUBT_STATES, OrderState
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.fakes.desk_kit import DAY, KODEX, TIGER, Kit, RecordingSurface, at, buy
from tests.fakes.hand_clock import HandClock
from tests.fakes.scripted_broker import Answer, ScriptedBroker
from tests.scenarios.inline_sqlite import connects_to
from tests.scenarios.matrix_scene import ledger_of

STEPS_MAX = 120
EVERY = 4
FIRST = 1 + datetime.now(UTC).toordinal() % EVERY


class Crash(BaseException):
    """The process is gone: nothing after this point has an effect."""


@dataclass
class Fence:
    """Stops the running incarnation at its n-th step."""

    left: int
    cancels: bool
    dead: bool = False

    async def step(self) -> None:
        if self.dead:
            raise Crash
        self.left -= 1
        if self.left:
            return
        if self.cancels:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)
        self.dead = True
        raise Crash


@dataclass
class FencedLedger:
    inner: SqlLedger
    fence: Fence

    @asynccontextmanager
    async def transaction(self):
        await self.fence.step()
        async with self.inner.transaction() as tx:
            yield tx
            await self.fence.step()
        await self.fence.step()


@dataclass(frozen=True)
class Stage:
    """One open database for all lives of a test: a new engine would compile everything anew."""

    empty: Path
    path: Path
    database: Database

    def emptied(self) -> SqlLedger:
        return ledger_of((self.path, self.database), self.empty)


@pytest.fixture
async def stage(migrated_file, database_file):
    # Where it stops is a step of the fence, never a turn of aiosqlite's thread.
    database = await open_database(
        f"sqlite:///{database_file}", migrate=False, async_creator=connects_to(database_file)
    )
    yield Stage(migrated_file, database_file, database)
    await database.close()


async def live_and_die(kit, ledger, steps, *, cancels):
    """Approve and run a basket until step `steps`; return whether it got to the end."""
    fence = Fence(steps, cancels)
    kit.ledger = FencedLedger(ledger, fence)
    kit.again()
    kit.broker.hook = lambda _call: fence.step()

    async def life():
        (ticket,) = await kit.tickets()
        await kit.desk.approve(kit.click(ticket))
        await kit.run()
        await kit.poll()

    task = asyncio.create_task(life())
    await asyncio.wait({task})
    with suppress(Crash, asyncio.CancelledError):
        await task
    fence.dead = True
    kit.broker.hook = None
    return fence.left > 0


async def start_again(kit, ledger):
    kit.ledger = ledger
    kit.again()
    await kit.desk._recovery.run()
    for _ in range(3):
        await kit.run()
        await kit.poll()


@pytest.mark.slow
@pytest.mark.untraced
@pytest.mark.parametrize(
    ("answer", "cancels"),
    [(Answer.ACCEPT, False), (Answer.ACCEPT, True), (Answer.SILENT_AND_TAKEN, False)],
)
async def test_one_post_per_order_wherever_it_stops(tmp_path, stage, answer, cancels):
    for steps in range(FIRST, STEPS_MAX, EVERY):
        clock = HandClock(at(10))
        broker = ScriptedBroker(
            clock, prices={KODEX: 35_000, TIGER: 30_000}, holdings={TIGER: 5}, cash_won=600_000
        )
        broker.answers.extend([answer, answer])
        ledger = stage.emptied()
        kit = Kit(
            ledger=ledger,
            clock=clock,
            broker=broker,
            surface=RecordingSurface(),
            halt_file=tmp_path / "HALT",
        )
        await kit.ticket(buy(2, 30_000, TIGER), buy(2, 35_000))
        finished = await live_and_die(kit, ledger, steps, cancels=cancels)
        await start_again(kit, ledger)
        await check(kit, ledger)
        if finished:
            assert steps > 30
            return
    raise AssertionError("the life has more steps than this test knows")


async def check(kit, ledger):
    orders = {order.order_id: order for order in await kit.orders()}
    signatures = [post.signature for post in kit.broker.posts]
    assert len(set(signatures)) == len(signatures) <= 2
    listed = {row.signature: row for row in kit.broker.rows}
    for order in orders.values():
        signature = order.request.signature if order.request else ""
        if signature in listed:
            # What the broker has is known by its number.
            assert order.state is OrderState.WORKING
            assert order.ref == listed[signature].ref
        else:
            assert order.state is OrderState.UNKNOWN, order
    async with ledger.transaction() as tx:
        attempts = await tx.attempts_on(DAY)
    assert len(attempts) == len({item.order_id for item in attempts})
    assert {item.signature for item in attempts} >= set(signatures)
    await ledger.verify_journal()
    in_doubt = [order for order in orders.values() if order.state in IN_DOUBT_STATES]
    await kit.desk._alarms.look()
    await kit.desk._alarms.deliver()
    assert len([text for title, text in kit.surface.alerts if "확인하지 못한" in title]) >= len(
        in_doubt
    )
