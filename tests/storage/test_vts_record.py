from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from core.domain.breakers import Breaker, Trip
from core.domain.cycle import Step, StepRecord, StepState
from core.domain.journal import DAY_CLOSED, JournalEntry
from core.domain.krx import KST
from core.domain.modes import Mode, TradingState
from core.domain.orders import OrderState
from core.errors import StorageError
from core.runtime.trading_switch import LedgerTradingSwitch
from storage.cycles import SqlCycleArchive
from storage.ledger import SqlLedger
from storage.vts_record import clean_vts_days
from tests.contracts import ledger_values
from tests.fakes.hand_clock import HandClock
from tests.storage.conftest import address_of

FIRST = date(2026, 11, 2)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=KST)


def entry(kind: str, day: date) -> JournalEntry:
    return JournalEntry(at=noon(day), kind=kind, actor="x", subject=day.isoformat(), facts={})


async def lived(database, days: int) -> None:
    """Live `days` whole trading days from the first on."""
    await database.stamp("kis", Mode.VTS, "hash")
    cycles, ledger = SqlCycleArchive(database), SqlLedger(database)
    for number in range(days):
        day = FIRST + timedelta(days=number)
        for step in Step:
            record = await cycles.begin_step(day, step, noon(day))
            await cycles.finish_step(replace(record, state=StepState.DONE, finished_at=noon(day)))
        async with ledger.transaction() as tx:
            await tx.append_journal(entry(DAY_CLOSED, day))


async def test_there_is_no_record_before_the_first_start(tmp_path):
    assert await clean_vts_days(address_of(tmp_path / "none.sqlite"), "kis") == 0
    assert not (tmp_path / "none.sqlite").exists()


async def test_whole_days_count(database, database_file):
    await lived(database, 4)
    assert await clean_vts_days(address_of(database_file), "kis") == 4
    cycles, ledger = SqlCycleArchive(database), SqlLedger(database)
    # A day without its closing report, and one whose cycle failed, are no days.
    await cycles.begin_step(date(2026, 11, 9), Step.BRIEFING, noon(FIRST))
    failed = StepRecord(
        day=FIRST,
        step=Step.STRATEGY,
        state=StepState.FAILED,
        attempts=3,
        started_at=noon(FIRST),
    )
    await cycles.finish_step(failed)
    async with ledger.transaction() as tx:
        await tx.append_journal(entry(DAY_CLOSED, date(2026, 11, 10)))
    assert await clean_vts_days(address_of(database_file), "kis") == 3


@pytest.mark.parametrize("at", range(5))
async def test_an_incident_starts_the_count_anew(database, database_file, at):
    await lived(database, 5)
    async with SqlLedger(database).transaction() as tx:
        await tx.append_journal(entry("incident.order", FIRST + timedelta(days=at)))
    assert await clean_vts_days(address_of(database_file), "kis") == 4 - at


@pytest.mark.parametrize(("breaker", "left"), [(b, 2) for b in Breaker])
async def test_only_our_own_failures_are_incidents_among_the_trips(
    database, database_file, breaker, left
):
    await lived(database, 5)
    day = FIRST + timedelta(days=2)
    switch = LedgerTradingSwitch(
        SqlLedger(database), HandClock(noon(day)), database_file.with_name("HALT")
    )
    trip = Trip(breaker=breaker, effect=TradingState.HALTED, at=noon(day), until=None, reason="why")
    await switch.trip(trip, actor="test")
    assert await switch.release(breaker, actor="11", reason="looked")
    assert not await switch.release(breaker, actor="11", reason="looked")
    expected = left if breaker in {Breaker.LAST_HOP, Breaker.INVARIANT} else 5
    assert await clean_vts_days(address_of(database_file), "kis") == expected


async def test_an_order_left_in_doubt_is_one(database, database_file):
    await lived(database, 3)
    async with SqlLedger(database).transaction() as tx:
        ticket = ledger_values.ticket()
        await tx.insert_ticket(ticket)
        created = noon(FIRST + timedelta(days=1))
        doubtful = replace(ledger_values.order(at=created), state=OrderState.UNKNOWN)
        await tx.insert_order(doubtful)
    assert await clean_vts_days(address_of(database_file), "kis") == 1


@pytest.mark.parametrize(
    "stamped", [None, ("kis", Mode.OBSERVE), ("sim", Mode.SIM), ("kiwoom", Mode.VTS)]
)
async def test_another_kind_of_database_is_refused(database, database_file, stamped):
    if stamped is not None:
        await database.stamp(*stamped, "hash")
    with pytest.raises(StorageError, match="not the database of a 모의투자 account at kis"):
        await clean_vts_days(address_of(database_file), "kis")
