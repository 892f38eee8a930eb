"""Figures against empyrical, to 1e-9."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.strategy.metrics import drawdowns, metrics_of, returns_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import empyrical

JUDGED = {
    "total_return": lambda r, n, f: empyrical.cum_returns_final(r),
    "cagr": lambda r, n, f: empyrical.cagr(r, annualization=n),
    "volatility": lambda r, n, f: empyrical.annual_volatility(r, annualization=n),
    "sharpe": lambda r, n, f: empyrical.sharpe_ratio(r, risk_free=f, annualization=n),
    "downside_risk": lambda r, n, f: empyrical.downside_risk(r, f, annualization=n),
    "sortino": lambda r, n, f: empyrical.sortino_ratio(r, f, annualization=n),
    "max_drawdown": lambda r, n, f: empyrical.max_drawdown(r),
    "calmar": lambda r, n, f: empyrical.calmar_ratio(r, annualization=n),
}


def test_the_judge_is_a_published_library() -> None:
    assert empyrical.__name__ == "empyrical"


@pytest.mark.parametrize("periods", [12, 252])
@pytest.mark.parametrize("risk_free", [0.0, 0.0025])
@given(st.lists(st.floats(-0.3, 0.4), min_size=3, max_size=300))
def test_every_figure_is_empyricals(periods: int, risk_free: float, values: list[float]) -> None:
    returns = np.round(np.array(values), 6)
    ours = metrics_of(returns, periods, risk_free)
    for name, judge in JUDGED.items():
        expected = float(judge(returns, periods, risk_free))
        found = getattr(ours, name)
        if np.isnan(expected) or np.isinf(expected):
            assert found is None, name
        else:
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-12), name


def test_the_starting_value_counts_for_the_drawdown() -> None:
    assert metrics_of(np.array([-0.1, 0.05]), 12).max_drawdown == pytest.approx(-0.1)
    assert drawdowns(np.array([-0.1, 0.05])).tolist() == pytest.approx([0, -0.1, -0.055])


def test_undefined_figures_are_none() -> None:
    one = metrics_of(np.array([0.01]), 12)
    assert (one.volatility, one.sharpe, one.sortino, one.calmar) == (None, None, None, None)
    flat = metrics_of(np.array([0.01, 0.01, 0.01]), 12)
    assert flat.sharpe is None


def test_returns_are_those_between_values() -> None:
    assert returns_of(np.array([100.0, 110.0, 99.0])).tolist() == pytest.approx([0.1, -0.1])


@pytest.mark.parametrize(
    ("returns", "periods"),
    [([], 12), ([float("nan")], 12), ([-1.5], 12), ([0.1], 0), ([float("inf")], 12)],
)
def test_unusable_input_is_refused(returns: list[float], periods: float) -> None:
    with pytest.raises(ValueError, match=r"return|periods"):
        metrics_of(np.array(returns), periods)
