from __future__ import annotations

import asyncio

import pytest

from core.domain.lease import Lease
from core.errors import ConfigurationError, StorageError
from core.runtime.lease import NOBODY, LedgerLease
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.fakes.desk_kit import at
from tests.fakes.hand_clock import HandClock


@pytest.fixture
async def ledger(database_file):
    opened = await open_database(f"sqlite:///{database_file}", migrate=False)
    yield SqlLedger(opened)
    await opened.close()


@pytest.fixture
def clock():
    return HandClock(at(9))


async def stored(ledger) -> Lease | None:
    async with ledger.transaction() as tx:
        return await tx.lease()


async def test_the_first_holder_gets_the_first_epoch(ledger, clock):
    lease = LedgerLease(ledger, clock, "a:/data")
    assert lease.epoch == 0
    await lease.take()
    assert lease.epoch == 1
    assert await stored(ledger) == Lease(epoch=1, holder="a:/data", renewed_at=at(9))


async def test_the_same_holder_takes_over_at_once_with_a_new_epoch(ledger, clock):
    old, new = (LedgerLease(ledger, clock, "a:/data") for _ in range(2))
    await old.take()
    await new.take()
    assert (old.epoch, new.epoch) == (1, 2)
    await old.renew()
    assert old.epoch == 0
    assert old.lost_because == "another bot (a:/data) took the lease (epoch 2)"
    await new.renew()
    assert new.epoch == 2


@pytest.mark.parametrize("age", [-3600, 0, 30])
async def test_a_living_holder_keeps_others_out(ledger, clock, age):
    await LedgerLease(ledger, HandClock(at(9)), "a:/data").take()
    late = HandClock(at(8) if age < 0 else at(9, 0, age))
    other = LedgerLease(ledger, late, "b:/data")
    with pytest.raises(ConfigurationError, match=r"another bot \(a:/data\) holds the lease"):
        await other.take()
    assert other.epoch == 0
    found = await stored(ledger)
    assert found is not None
    assert found.epoch == 1


async def test_a_silent_holder_is_replaced(ledger, clock):
    first = LedgerLease(ledger, clock, "a:/data")
    await first.take()
    clock.move(31)
    second = LedgerLease(ledger, clock, "b:/data")
    await second.take()
    assert second.epoch == 2
    await first.renew()
    assert first.lost_because == "another bot (b:/data) took the lease (epoch 2)"
    found = await stored(ledger)
    assert found is not None
    assert found.holder == "b:/data"


async def test_who_stops_in_order_lets_the_next_one_in(ledger, clock):
    first = LedgerLease(ledger, clock, "a:/data")
    await first.take()
    await first.release()
    assert first.epoch == 0
    found = await stored(ledger)
    assert found is not None
    assert (found.epoch, found.holder) == (1, NOBODY)
    second = LedgerLease(ledger, clock, "b:/data")
    await second.take()
    assert second.epoch == 2
    # Released twice, or after somebody took over: the other's row stays as it is.
    await first.release()
    third = LedgerLease(ledger, clock, "b:/data")
    await third.take()
    await second.release()
    found = await stored(ledger)
    assert found is not None
    assert (found.epoch, found.holder) == (3, "b:/data")


async def test_a_lost_lease_stays_lost_and_tells_once(ledger, clock):
    told: list[str] = []
    lease = LedgerLease(ledger, clock, "a:/data")
    lease.when_lost(lambda: told.append("told"))
    await lease.take()
    lease.lose("the arm saw another epoch")
    lease.lose("again")
    assert (lease.epoch, lease.lost_because) == (0, "the arm saw another epoch")
    assert told == ["told"]
    lease.when_lost(lambda: told.append("late"))
    assert told == ["told", "late"]
    await lease.release()
    found = await stored(ledger)
    assert found is not None
    assert found.holder == "a:/data"


async def test_it_renews_until_it_is_lost(ledger, clock):
    lease = LedgerLease(ledger, clock, "a:/data")
    await lease.take()
    running = asyncio.create_task(lease.run())
    async with asyncio.timeout(30):
        while (row := await stored(ledger)) is None or row.renewed_at < at(9, 1):  # noqa: ASYNC110
            await asyncio.sleep(0)
        async with ledger.transaction() as tx:
            await tx.put_lease(Lease(epoch=9, holder="c", renewed_at=clock.now()))
        await running
    assert lease.lost_because == "another bot (c) took the lease (epoch 9)"


async def test_a_ledger_that_does_not_answer_is_asked_again(ledger, clock):
    class Failing:
        failures = 2

        def transaction(self):
            if self.failures:
                self.failures -= 1
                raise StorageError("busy")
            return ledger.transaction()

    lease = LedgerLease(Failing(), clock, "a:/data")
    with pytest.raises(StorageError):
        await lease.take()
    async with ledger.transaction() as tx:
        await tx.put_lease(Lease(epoch=4, holder=NOBODY, renewed_at=at(8)))
    async with asyncio.timeout(30):
        await lease.run()
    assert lease.lost_because == "another bot (unknown) took the lease (epoch 4)"


async def test_a_lease_that_is_gone_is_lost(clock):
    class Empty:
        async def __aenter__(self):
            return self

        async def __aexit__(self, *_):
            return None

        async def lease(self):
            return None

        async def put_lease(self, lease):
            raise AssertionError

    class Nothing:
        def transaction(self):
            return Empty()

    lease = LedgerLease(Nothing(), clock, "a:/data")
    await lease.renew()
    assert lease.lost_because == "the lease is gone from the database"
