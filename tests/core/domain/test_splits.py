from __future__ import annotations

from fractions import Fraction

import pytest

from core.domain.splits import split_ratio


@pytest.mark.parametrize(
    ("step", "ratio"),
    [
        (1.0, None),
        (1.19, None),
        (0.84, None),
        (5.1, Fraction(5)),
        (0.099, Fraction(1, 10)),
        (1.5, Fraction(3, 2)),
    ],
)
def test_what_is_a_split(step: float, ratio: Fraction | None) -> None:
    assert split_ratio(step) == ratio


def test_a_split_begins_at_a_fifth():
    found = [split_ratio(Fraction(n, 100)) for n in (119, 120, 84, 83, 100)]
    assert found == [None, Fraction(6, 5), None, Fraction(83, 100), None]


def test_whole_ratios_are_met_through_rounding_and_others_are_kept():
    # Closes of 10,003 and 2,001: the shares of a fund split whole. 3 for 2 is no 2 for 1.
    assert split_ratio(Fraction(10_003, 2_001)) == 5
    assert split_ratio(Fraction(2_001, 10_003)) == Fraction(1, 5)
    assert split_ratio(Fraction(13, 10)) == Fraction(13, 10)
