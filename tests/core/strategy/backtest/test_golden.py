"""The work that numpy, pandas, backtrader and zipline agree on, to the won."""

from __future__ import annotations

import pytest

from benchmarks.synthetic_bars import GOLDEN, make_bars
from core.strategy.backtest.lookahead import check_lookahead
from core.strategy.backtest.monthly import run_monthly
from core.strategy.backtest.rules import Rules

RULES = Rules(cash_won=100_000_000)


@pytest.mark.parametrize("symbols", [30, pytest.param(900, marks=pytest.mark.slow)])
def test_net_value_and_orders_are_those_of_the_peers(symbols: int) -> None:
    nav, orders = GOLDEN[symbols]
    market = make_bars(symbols).market()
    run = run_monthly(market, RULES)
    assert round(run.nav[-1]) == nav
    assert len(run.trades) == orders
    assert (run.cut, run.unfilled) == (0, 0)
    assert check_lookahead(market, RULES, run.picks.rows).changed == ()


def test_the_start_may_lie_after_years_of_history() -> None:
    market = make_bars(30).market()
    late = run_monthly(market, RULES, 1_000)
    assert late.nav[0] == RULES.cash_won
    assert len(late.nav) == len(market.sessions) - 1_000
    assert late.picks.rows[0] - 1_000 < 25
