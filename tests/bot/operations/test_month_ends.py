from __future__ import annotations

from bot.locales import load
from bot.operations.month_ends import MonthEnds
from core.errors import StorageError, TradingError
from tests.fakes.fake_cycle_desk import FakeAlerts


class FakeLetters:
    def __init__(self) -> None:
        self.asked = 0
        self.fails: TradingError | None = None

    async def post_due(self) -> bool:
        self.asked += 1
        if self.fails is not None:
            raise self.fails
        return True


async def test_it_looks_after_the_close_and_tells_a_fault_once() -> None:
    letters, alerts = FakeLetters(), FakeAlerts()
    ends = MonthEnds(letters=letters, alerts=alerts, phrases=load("ko"))
    first, late = ends.jobs()
    assert (first.hour, first.minute, first.day_of_week) == ("17", "40", "mon-fri")
    await first.action()
    letters.fails = StorageError("disk")
    await first.action()
    await late.action()
    assert letters.asked == 3
    [(title, text)] = alerts.alerts
    assert title == "한 달의 편지를 올리지 못했습니다"
    assert "disk" in text
