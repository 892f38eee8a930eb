from decimal import Decimal
from typing import Any

import pytest

from core.domain.money import amount_of, round_won, shares, won


def test_won_takes_ints_only():
    assert won(35_150) == 35_150
    wrongs: tuple[Any, ...] = (1.0, "1", True, Decimal(1))
    for wrong in wrongs:
        with pytest.raises(TypeError, match="must be an int"):
            won(wrong)


def test_shares_are_positive_ints():
    assert shares(1) == 1
    with pytest.raises(ValueError, match="at least 1"):
        shares(0)
    with pytest.raises(TypeError, match="must be an int"):
        shares(True)


def test_amount_and_rounding():
    assert amount_of(35_150, 3) == 105_450
    assert [round_won(Decimal(text)) for text in ("0.5", "1.49", "-0.5")] == [1, 1, -1]
