from __future__ import annotations

from typing import Any

import pytest

from core.strategy.parameters import RANGES, Parameters


def test_defaults_stay_within_a_million_won() -> None:
    assert Parameters().capital_won_max == 1_000_000
    assert Parameters().sessions_needed == 253


@pytest.mark.parametrize("name", RANGES)
def test_both_bounds_are_allowed_and_one_beyond_is_not(name: str) -> None:
    low, high = RANGES[name]
    partner: Any = {"skip": {"formation": 504}, "formation": {"skip": 0}}.get(name, {})
    for value in (low, high):
        assert getattr(Parameters(**{**partner, name: value}), name) == value
    for value in (low - 1, high + 1):
        with pytest.raises(ValueError, match=f"^{name}: must be"):
            Parameters(**{**partner, name: value})


@pytest.mark.parametrize("value", [True, 4.0, "4", None])
def test_only_whole_numbers(value: object) -> None:
    with pytest.raises(ValueError, match="top_k: must be a whole number"):
        Parameters(top_k=value)  # type: ignore[arg-type]


def test_the_skip_ends_before_the_formation_begins() -> None:
    with pytest.raises(ValueError, match="skip: must be below formation"):
        Parameters(formation=40, skip=40)


def test_the_atr_method_is_one_of_two() -> None:
    with pytest.raises(ValueError, match="atr_method: must be one of sma, wilder"):
        Parameters(atr_method="exponential")  # type: ignore[arg-type]
