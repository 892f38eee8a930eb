from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.strategy.backtest.bootstrap import bands_of
from core.strategy.backtest.monthly import run_monthly
from core.strategy.backtest.rules import Rules
from core.strategy.backtest.search import combinations, sweep, walk_forward
from core.strategy.metrics import metrics_of, returns_of
from tests.core.strategy.backtest.markets import seeded

SHORT: Any = {"formation": 40, "skip": 5, "atr_period": 10}
RULES = Rules(cash_won=10_000_000, **SHORT)
GRID = {"top_k": (1, 3), "formation": (20, 40)}


def test_a_sweep_tries_everything_and_ranks_by_sharpe() -> None:
    market = seeded(300, 6, 3)
    tried = sweep(market, RULES, GRID)
    assert len(tried) == 4
    merits = [item.metrics.sharpe or 0 for item in tried]
    assert merits == sorted(merits, reverse=True)
    again = next(item for item in tried if item.values == {"top_k": 3, "formation": 40})
    single = run_monthly(market, Rules(cash_won=10_000_000, top_k=3, **SHORT))
    assert again.metrics == metrics_of(returns_of(single.nav), 252)


def test_contradictions_are_left_out_and_too_many_are_refused() -> None:
    found = combinations(RULES, {"skip": (5, 30), "formation": (20, 40)})
    assert [values for values, _ in found] == [
        {"skip": 5, "formation": 20},
        {"skip": 5, "formation": 40},
        {"skip": 30, "formation": 40},
    ]
    with pytest.raises(ValueError, match="combinations"):
        combinations(RULES, {"top_k": range(1, 100), "atr_period": range(1, 100)})
    with pytest.raises(ValueError, match="top_k"):
        combinations(RULES, {"top_k": (0,)})


def test_a_walk_chooses_by_the_past_only() -> None:
    market = seeded(520, 6, 3)
    walk = walk_forward(market, RULES, GRID, train=6, test=3)
    assert walk is not None
    assert len(walk.windows) > 3
    assert [w.start for w in walk.windows[1:]] == [w.end for w in walk.windows[:-1]]
    assert len(walk.nav) == walk.windows[-1].end - walk.first + 1
    # Another future changes nothing of a window that ended before it.
    cut = walk.windows[1].end + 1
    again = walk_forward(market.until(cut + 1), RULES, GRID, train=6, test=3)
    assert again is not None
    assert [w.values for w in again.windows[:2]] == [w.values for w in walk.windows[:2]]
    assert again.nav[: walk.windows[1].end - walk.first] == pytest.approx(
        walk.nav[: walk.windows[1].end - walk.first]
    )


def test_too_few_months_make_no_walk() -> None:
    assert walk_forward(seeded(100, 3), RULES, GRID, train=24, test=6) is None


def test_bands_hold_the_truth_and_are_the_same_every_time() -> None:
    returns = np.random.default_rng(5).normal(0.0006, 0.01, 1000)
    bands = bands_of(returns)
    assert bands == bands_of(returns)
    truth = metrics_of(returns, 252)
    assert bands.cagr.low < truth.cagr < bands.cagr.high
    assert truth.sharpe is not None
    assert bands.sharpe.low < truth.sharpe < bands.sharpe.high
    assert bands.max_drawdown.low < bands.max_drawdown.median < bands.max_drawdown.high <= 0
    assert 0 <= bands.loss < 0.5


def test_constant_returns_have_no_spread() -> None:
    bands = bands_of(np.full(50, 0.001), draws=20)
    assert bands.cagr.low == pytest.approx(bands.cagr.high)
    assert (bands.max_drawdown.low, bands.loss) == (0.0, 0.0)
    with pytest.raises(ValueError, match="no returns"):
        bands_of(np.array([]))
