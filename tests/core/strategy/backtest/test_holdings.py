from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.strategy.backtest.holdings import weights_by_day
from core.strategy.backtest.market import make_market
from core.strategy.backtest.monthly import run_monthly
from core.strategy.backtest.rules import Rules
from tests.core.strategy.backtest.markets import codes, prices_around, seeded, weekdays

SHORT: Any = {"formation": 20, "skip": 5, "atr_period": 5}


def test_weights_add_up_to_what_was_invested() -> None:
    market = seeded(200, 6, 7, gaps=True)
    run = run_monthly(market, Rules(cash_won=10_000_000, **SHORT), 30)
    total = np.sum(list(weights_by_day(market, run).values()), axis=0)
    assert total == pytest.approx(run.invested)


def test_a_split_keeps_the_weight() -> None:
    whole = np.array([20_000.0 + 50 * day for day in range(60)]).reshape(-1, 1)
    raw = whole.copy()
    raw[40:] /= 5
    adjusted = np.rint(raw * np.where(np.arange(60) < 40, 0.2, 1.0).reshape(-1, 1))
    market = make_market(weekdays(60), codes(1), prices_around(adjusted), order=prices_around(raw))
    run = run_monthly(market, Rules(cash_won=1_000_000, **SHORT))
    (weights,) = weights_by_day(market, run).values()
    assert weights == pytest.approx(run.invested)
