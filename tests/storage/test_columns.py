from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy.dialects import sqlite

from core.domain.krx import KST
from core.domain.orders import OrderType, Side
from storage.columns import Day, Exact, Flag, Instant, Member, Words, clean_text, day_bounds
from tests.contracts.ledger_values import DAY

DIALECT = sqlite.dialect()


def test_instants_are_utc_text_of_one_width_and_come_back_as_kst():
    kind = Instant()
    whole = datetime(2023, 3, 2, 9, 0, tzinfo=KST)
    stored = kind.process_bind_param(whole, DIALECT)
    assert stored == "2023-03-02T00:00:00.000000+00:00"
    back = kind.process_result_value(stored, DIALECT)
    assert back is not None
    assert (back, back.tzinfo) == (whole, KST)
    same = kind.process_bind_param(datetime(2023, 3, 2, tzinfo=UTC), DIALECT)
    assert same == stored


def test_guesses_are_refused():
    with pytest.raises(ValueError, match="time zone"):
        Instant().process_bind_param(datetime(2023, 3, 2), DIALECT)
    with pytest.raises(TypeError):
        Day().process_bind_param(datetime(2023, 3, 2, tzinfo=KST), DIALECT)
    with pytest.raises(ValueError, match="not a valid Side"):
        Member(Side).process_bind_param(OrderType.LIMIT, DIALECT)


@pytest.mark.parametrize("kind", [Instant(), Day(), Exact(), Flag(), Member(Side)])
def test_nothing_stays_nothing(kind):
    assert kind.process_bind_param(None, DIALECT) is None
    assert kind.process_result_value(None, DIALECT) is None
    assert Words().process_bind_param(None, DIALECT) is None


def test_decimals_keep_their_digits():
    kind = Exact()
    assert kind.process_result_value(
        kind.process_bind_param(Decimal("1.50"), DIALECT), DIALECT
    ) == (Decimal("1.50"))
    assert kind.process_bind_param(Decimal("1.50"), DIALECT) == "1.50"


def test_text_that_cannot_be_stored_is_replaced():
    assert clean_text("a\x00b\ud83d 한글 ✅") == "a\ufffdb? 한글 ✅"


def test_a_korean_day_starts_at_midnight_in_seoul():
    start, end = day_bounds(DAY)
    assert start.astimezone(UTC) == datetime(2023, 3, 1, 15, 0, tzinfo=UTC)
    assert (end - start).total_seconds() == 86_400
