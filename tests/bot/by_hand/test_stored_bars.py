from __future__ import annotations

from datetime import date, datetime

import pytest

from bot.by_hand.stored_bars import last_finished
from core.domain.calendar import TradingCalendar
from core.domain.krx import KST
from tests.fakes.fake_cycle_desk import FakeCycleClock


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 11, 20, 15, 29, tzinfo=KST), date(2026, 11, 19)),
        (datetime(2026, 11, 20, 15, 30, tzinfo=KST), date(2026, 11, 20)),
        (datetime(2026, 11, 19, 16, 0, tzinfo=KST), date(2026, 11, 18)),  # closes at 16:30
        (datetime(2026, 11, 22, 12, 0, tzinfo=KST), date(2026, 11, 20)),
        (datetime(2030, 1, 2, 12, 0, tzinfo=KST), None),
    ],
)
def test_the_last_session_with_a_final_close(now: datetime, expected: date | None) -> None:
    assert last_finished(TradingCalendar(), FakeCycleClock(now)) == expected
