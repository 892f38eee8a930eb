from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bot.locales import load
from core.domain.calendar import TradingCalendar
from core.domain.costs import CostModel
from core.domain.instrument import Instrument, Symbol, TaxType
from core.domain.krx import KST
from core.domain.market import Bar
from core.domain.outcomes import HORIZONS_DAYS, Unmeasured
from core.domain.tickets import TicketState
from core.errors import BrokerUnavailable, StorageError
from core.services.reflection.outcomes import LINES_PER_NOTE, OutcomeKeeper, OutcomeRound
from storage.ledger import SqlLedger
from storage.opening import open_database
from storage.outcomes import SqlOutcomeArchive
from tests.contracts.outcomes_contract import record
from tests.fakes.fake_cycle_desk import FakeCycleClock, FakeMarket, rising
from tests.fakes.fake_cycle_stores import FakeMemory
from tests.storage.conftest import address_of

KODEX = Symbol("069500")
DAY = date(2023, 3, 2)
ASKED: dict[str, Any] = {"asked_won": 10_000, "action": "buy"}


def at(day: str, hour: int = 17) -> datetime:
    return datetime.fromisoformat(f"{day}T{hour:02}:20:00+09:00")


def bars(until: date = date(2023, 4, 28)) -> list[Bar]:
    """Closes from 10,000 on DAY, ten won up each session."""
    calendar, days, day = TradingCalendar(), [DAY], DAY
    while (day := calendar.next_session(day)) <= until:
        days.append(day)
    return rising(KODEX, days, 10_000, 10)


@dataclass
class World:
    keeper: OutcomeKeeper
    archive: SqlOutcomeArchive
    ledger: SqlLedger
    market: FakeMarket
    memory: FakeMemory
    clock: FakeCycleClock

    async def write(self, *records) -> None:
        async with self.ledger.transaction() as tx:
            for item in records:
                await tx.save_trade_record(item)

    async def pnl(self, record_id: str) -> dict[int, int]:
        leg = await self.archive.leg(record_id)
        assert leg is not None
        return {item.days: item.pnl_won for item in leg.outcomes}


@pytest.fixture
async def world(database_file):
    database = await open_database(address_of(database_file), migrate=False)
    fund = Instrument(symbol=KODEX, name="KODEX 200", tax_type=TaxType.EXEMPT)
    market = FakeMarket(universe=(fund,), raw_bars={KODEX: bars()})
    memory, clock = FakeMemory(), FakeCycleClock(at("2023-03-09"))
    archive = SqlOutcomeArchive(database)
    keeper = OutcomeKeeper(
        archive=archive,
        market=market,
        memory=memory,
        calendar=TradingCalendar(),
        clock=clock,
        costs=CostModel(),
        phrases=load("ko"),
    )
    yield World(keeper, archive, SqlLedger(database), market, memory, clock)
    await database.close()


async def test_a_proposal_is_measured_when_its_session_has_closed(world):
    await world.write(record("a", **ASKED, minutes=120))
    world.clock.at = at("2023-03-09", 15)
    assert await world.keeper.keep() == OutcomeRound()
    world.clock.at = at("2023-03-09")
    assert await world.keeper.keep() == OutcomeRound(measured=1)
    assert await world.pnl("a") == {7: 5 * 50}  # five sessions later, five shares
    leg = await world.archive.leg("a")
    assert leg.outcomes[0].is_hypothetical
    assert leg.outcomes[0].after_won == 250 - 7 - 7
    # A second round, and a round after a restart, find nothing to do.
    reads = world.market.reads
    assert await world.keeper.keep() == OutcomeRound()
    assert world.market.reads == reads


@pytest.mark.parametrize("status", ["DENIED cash", *(x.value for x in TicketState)])
async def test_whatever_became_of_a_proposal_it_is_measured(world, status):
    await world.write(record("a", **ASKED, minutes=120, status=status))
    assert await world.keeper.keep() == OutcomeRound(measured=1)
    world.clock.at = at("2023-04-10")
    assert await world.keeper.keep() == OutcomeRound(measured=1)
    leg = await world.archive.leg("a")
    assert leg.record.status == status
    assert [(item.days, item.is_hypothetical) for item in leg.outcomes] == [(7, True), (30, True)]


async def test_days_off_are_caught_up_in_one_round(world):
    await world.write(record("a", **ASKED, minutes=120), record("b", **ASKED, minutes=121))
    world.clock.at = at("2023-04-28")
    assert (await world.keeper.keep()).measured == 2 * len(HORIZONS_DAYS)
    # 30 days from 2 March are 1 April, a Saturday: the close of the 3rd.
    assert await world.pnl("a") == await world.pnl("b") == {7: 250, 30: 5 * 220}


async def test_before_the_opening_the_price_is_of_the_session_before(world):
    world.market.raw_bars[KODEX] = bars()[1:]
    await world.write(record("a", **ASKED))  # 08:01 on the first day
    assert (await world.keeper.keep()).open == {Unmeasured.BARS_MISSING: 1}


@pytest.mark.parametrize(
    ("lacking", "adjusted_only"), [(DAY, False), (date(2023, 3, 9), False), (DAY, True)]
)
async def test_a_missing_close_leaves_it_open_until_it_comes(world, lacking, adjusted_only):
    whole = world.market.raw_bars[KODEX]
    kept = [bar for bar in whole if bar.session != lacking]
    (world.market.adjusted_bars if adjusted_only else world.market.raw_bars)[KODEX] = kept
    await world.write(record("a", **ASKED, minutes=120))
    for _ in range(2):
        assert await world.keeper.keep() == OutcomeRound(open={Unmeasured.BARS_MISSING: 1})
    assert await world.archive.waiting(at("2023-03-01"), at("2023-03-03")) == {
        Unmeasured.BARS_MISSING: 1
    }
    world.market.raw_bars[KODEX] = world.market.adjusted_bars[KODEX] = whole
    assert (await world.keeper.keep()).measured == 1
    assert await world.archive.waiting(at("2023-03-01"), at("2023-03-03")) == {}


async def test_a_source_that_fails_is_asked_once_a_round(world):
    await world.write(
        *(record(name, **ASKED, minutes=120 + n) for n, name in enumerate("abc")),
        record("d", **{**ASKED, "asked_won": None}, minutes=120),
    )
    world.market.failure = BrokerUnavailable("no answer")
    assert (await world.keeper.keep()).open == {
        Unmeasured.SOURCE_FAILED: 3,
        Unmeasured.UNPRICED: 1,
    }
    assert world.market.reads == 1
    world.market.failure = None
    # What has no price is never looked at again.
    assert await world.keeper.keep() == OutcomeRound(measured=3)


async def test_a_day_outside_the_calendar_stays_open(world):
    early = record("a", **ASKED)
    await world.write(replace(early, at=datetime(1990, 1, 3, 10, tzinfo=KST)))
    assert (await world.keeper.keep()).open == {Unmeasured.BARS_MISSING: 2}


async def test_a_fund_that_nobody_knows_is_taxed(world):
    world.market.universe = ()
    await world.write(record("a", **ASKED, minutes=120))
    await world.keeper.keep()
    assert (await world.archive.leg("a")).outcomes[0].after_won == 250 - 7 - 7 - 38


async def test_outcomes_are_remembered_once_with_what_was_thought(world):
    await world.write(record("a", **ASKED, minutes=120), record("b", minutes=121, asked_won=9_000))
    await world.keeper.keep()
    (note,) = world.memory.notes.values()
    assert (note.kind, note.source, note.symbols) == ("outcome", "outcomes:2023-03-09:1", (KODEX,))
    assert note.text.splitlines() == [
        "2023-03-09 결과 확인 (7일·30일 뒤)",
        (
            "2023-03-02 KODEX 200(069500) 매수 5주 (체결되지 않음: 제안 가격으로 가정) → 7일 뒤(2023-03-09)"
            " +0.50%, +250원 · 비용과 세금을 뺀 뒤 +236원 · 모멘텀 1위"
        ),
        (
            "2023-03-02 KODEX 200(069500) 매도 5주 (체결되지 않음: 제안 가격으로 가정) → 7일 뒤(2023-03-09)"
            " -11.67%, -5,250원 · 비용과 세금을 뺀 뒤 -5,249원 · 모멘텀 1위"
        ),
    ]
    world.memory.notes.clear()
    await world.keeper.keep()
    assert world.memory.notes == {}


async def test_a_crash_before_remembering_loses_nothing(world):
    await world.write(*(record(f"r{n:03}", **ASKED, minutes=120) for n in range(LINES_PER_NOTE)))
    remember = world.memory.remember

    async def crash(*notes):
        raise StorageError("disk full")

    world.memory.remember = crash
    with pytest.raises(StorageError):
        await world.keeper.keep()
    # Measured on one day, remembered on the next: the note is of the day of the measuring.
    world.memory.remember = remember
    world.clock.at += timedelta(days=1)
    await world.write(record("later", **ASKED, minutes=121))
    await world.keeper.keep()
    assert [source for source, _ in world.memory.notes] == [
        "outcomes:2023-03-09:1",
        "outcomes:2023-03-10:1",
    ]
    (first, _) = world.memory.notes.values()
    assert len(first.text.splitlines()) == 1 + LINES_PER_NOTE
