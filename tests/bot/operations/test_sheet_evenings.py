from __future__ import annotations

import pytest

from bot.exports.google_sheet import SheetFailed, SheetFault
from bot.locales import load
from bot.operations.sheet_evenings import SheetEvenings
from core.domain.calendar import TradingCalendar
from core.errors import BrokerUnavailable
from tests.bot.operations.kit import FakeAlerts, FakeSettingsLedger, at
from tests.fakes.fake_chat_services import FakeSheet
from tests.fakes.hand_clock import HandClock

FRIDAY, SATURDAY, MONDAY = "2026-11-27", "2026-11-28", "2026-11-30"


class Round:
    def __init__(self, day: str, hour: str) -> None:
        self.sheet, self.alerts, self.ledger = FakeSheet(), FakeAlerts(), FakeSettingsLedger()
        self.clock = HandClock(at(day, hour))

    def evenings(self) -> SheetEvenings:
        return SheetEvenings(
            sheet=self.sheet,
            ledger=self.ledger,
            alerts=self.alerts,
            calendar=TradingCalendar(),
            clock=self.clock,
            phrases=load("ko"),
        )


def test_it_comes_behind_the_closing_report() -> None:
    job = Round(FRIDAY, "15:50").evenings().job()
    assert (job.hour, job.minute, job.day_of_week) == ("15-20", "5-50/15", "mon-fri")


async def test_each_session_is_written_once_also_by_a_bot_that_starts_again() -> None:
    one = Round(FRIDAY, "15:49")
    await one.evenings().run()
    assert one.sheet.written == 0
    one.clock.set(at(FRIDAY, "15:50"))
    await one.evenings().run()
    await one.evenings().run()
    assert one.sheet.written == 1
    one.clock.set(at(MONDAY, "15:50"))
    await one.evenings().run()
    assert (one.sheet.written, one.alerts.told) == (2, [])


async def test_a_day_without_a_session_or_a_table_has_none() -> None:
    for day in (SATURDAY, "2099-01-05"):
        one = Round(day, "16:00")
        await one.evenings().run()
        assert (one.sheet.written, one.ledger.rows, one.alerts.told) == (0, {}, [])


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (SheetFailed(SheetFault.FORBIDDEN), "bot@example.iam.gserviceaccount.com 를 편집자로"),
        (BrokerUnavailable("no line"), "no line"),
    ],
)
async def test_a_failure_is_told_once_until_it_is_written_again(fault, words) -> None:
    one = Round(FRIDAY, "15:50")
    one.sheet.fails = fault
    await one.evenings().run()
    one.clock.set(at(FRIDAY, "16:05"))
    await one.evenings().run()
    one.clock.set(at(MONDAY, "15:50"))
    await one.evenings().run()
    [(title, text)] = one.alerts.told
    assert title == "구글 시트에 쓰지 못했습니다"
    assert words in text
    assert "매매에는 영향이 없습니다" in text
    one.sheet.fails = None
    await one.evenings().run()
    assert (one.sheet.written, len(one.alerts.told)) == (1, 1)
    one.sheet.fails = fault
    one.clock.set(at("2026-12-01", "15:50"))
    await one.evenings().run()
    assert len(one.alerts.told) == 2


async def test_what_a_person_has_written_ends_the_failure_too() -> None:
    one = Round(FRIDAY, "15:50")
    evenings = one.evenings()
    one.sheet.fails = SheetFailed(SheetFault.FORBIDDEN)
    await evenings.run()
    with pytest.raises(SheetFailed):
        await evenings.write()
    one.sheet.fails = None
    assert await evenings.write() == {"Positions": 2, "Portfolio": 8, "Trades": 1_234}
    assert evenings.writes_as == one.sheet.writes_as
    one.sheet.fails = SheetFailed(SheetFault.FORBIDDEN)
    one.clock.set(at(FRIDAY, "16:05"))
    await evenings.run()
    assert len(one.alerts.told) == 2
    # What is written is written, also where nothing can be kept about it.
    one.sheet.fails, one.ledger.broken = None, True
    assert await evenings.write() == {"Positions": 2, "Portfolio": 8, "Trades": 1_234}


async def test_a_failure_that_could_not_be_told_is_told_the_next_time() -> None:
    one = Round(FRIDAY, "15:50")
    one.sheet.fails = SheetFailed(SheetFault.FORBIDDEN)
    one.alerts.failures = 1
    await one.evenings().run()
    assert one.alerts.told == []
    one.clock.set(at(FRIDAY, "16:05"))
    await one.evenings().run()
    assert len(one.alerts.told) == 1


async def test_without_a_ledger_it_writes_nothing_and_is_no_task_that_failed() -> None:
    one = Round(FRIDAY, "15:50")
    one.ledger.broken = True
    await one.evenings().run()
    assert (one.sheet.written, one.alerts.told) == (0, [])
