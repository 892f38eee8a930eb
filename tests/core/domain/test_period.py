"""The spans that people ask for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.domain.krx import KST
from core.domain.period import PeriodKind, period_of


@pytest.mark.parametrize(
    ("kind", "starts"),
    [
        (PeriodKind.DAY, datetime(2026, 11, 27, tzinfo=KST)),
        (PeriodKind.WEEK, datetime(2026, 11, 23, tzinfo=KST)),
        (PeriodKind.MONTH, datetime(2026, 11, 1, tzinfo=KST)),
        (PeriodKind.ALL, datetime(2000, 1, 1, tzinfo=KST)),
    ],
)
def test_a_period_reaches_from_its_first_day_to_the_end_of_today_in_korea(kind, starts):
    found = period_of(kind, datetime(2026, 11, 26, 15, 30, tzinfo=UTC))
    assert (found.starts, found.ends) == (starts, datetime(2026, 11, 28, tzinfo=KST))
    assert str(found) == f"{kind.value} {starts:%Y-%m-%d}"
