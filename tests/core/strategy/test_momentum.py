from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.instrument import Symbol
from core.strategy.momentum import Score, leaders, risk_weights, sized, weights
from core.strategy.parameters import Parameters


def score(code: str, value: float, ratio: float = 0.01) -> Score:
    return Score(symbol=Symbol(code), score=value, range_ratio=ratio)


def test_only_positive_scores_lead() -> None:
    ranked = [score("A", 0.3), score("B", 0.0), score("C", -0.1)]
    assert [item.symbol for item in leaders(ranked, 4)] == ["A"]


def test_weights_are_inverse_to_the_range() -> None:
    found = weights([score("A", 1, 0.01), score("B", 1, 0.02), score("C", 1, 0.02)], 0.6)
    assert found == pytest.approx({"A": 0.5, "B": 0.25, "C": 0.25})


def test_what_the_cap_cuts_off_is_shared_by_the_others() -> None:
    found = weights([score("A", 1, 0.001), score("B", 1, 0.02), score("C", 1, 0.02)], 0.4)
    assert found == pytest.approx({"A": 0.4, "B": 0.3, "C": 0.3})


def test_few_leaders_leave_cash() -> None:
    assert weights([score("A", 1)], 0.4) == {"A": 0.4}
    assert weights([], 0.4) == {}


@given(st.lists(st.floats(0.0001, 0.2), min_size=1, max_size=8), st.floats(0.1, 1.0))
def test_never_above_cap_nor_above_one(ratios: list[float], cap: float) -> None:
    chosen = [score(f"{number}", 1, ratio) for number, ratio in enumerate(ratios)]
    found = weights(chosen, cap)
    assert all(0 < weight <= cap + 1e-9 for weight in found.values())
    assert sum(found.values()) == pytest.approx(min(1.0, cap * len(ratios)))


def test_filters_keep_out_who_is_out_of_regime_and_new_ones_that_hardly_trade() -> None:
    ranked = [
        Score(symbol=Symbol("A"), score=0.4, range_ratio=0.01, in_regime=False),
        Score(symbol=Symbol("B"), score=0.3, range_ratio=0.01, liquid=False),
        Score(symbol=Symbol("C"), score=0.2, range_ratio=0.01),
    ]
    assert [item.symbol for item in leaders(ranked, 4)] == ["C"]
    assert [item.symbol for item in leaders(ranked, 4, {Symbol("A"), Symbol("B")})] == ["B", "C"]


def test_risk_sizing_loses_the_same_on_every_position() -> None:
    chosen = [score("A", 1, 0.01), score("B", 1, 0.02)]
    found = sized(chosen, Parameters(risk_per_position_bps=50, risk_atr_multiple=2), 0.4)
    assert found == pytest.approx({"A": 0.25, "B": 0.125})
    assert sized(chosen, Parameters(), 0.9) == pytest.approx({"A": 2 / 3, "B": 1 / 3})


def test_risk_sizing_never_gears_up_and_keeps_the_cap() -> None:
    calm = [score(name, 1, 0.0001) for name in "ABCD"]
    assert risk_weights(calm, 0.01, 2, 0.4) == pytest.approx(dict.fromkeys("ABCD", 0.25))
    assert risk_weights(calm[:1], 0.01, 2, 0.4) == pytest.approx({"A": 0.4})
