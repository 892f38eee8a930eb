from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.domain.market import Bar
from core.strategy.backtest.lookahead import check_lookahead
from core.strategy.backtest.market import Market
from core.strategy.backtest.monthly import decision_rows
from core.strategy.backtest.picks import Picks, pick
from core.strategy.backtest.rules import Rules
from core.strategy.indicators import Rows
from core.strategy.momentum import leaders, scores, weights
from core.strategy.panel import PricePanel
from core.strategy.parameters import AtrMethod, Parameters
from tests.core.strategy.backtest.markets import by_hand, seeded

LENGTHS: Any = {"formation": 40, "skip": 5, "atr_period": 10}


def panel_of(market: Market, row: int) -> PricePanel:
    """What the live strategy would have been given at that close."""
    days = [day.item() for day in market.sessions]
    bars = {
        symbol: [
            Bar(
                symbol=symbol,
                session=days[at],
                open_won=int(np.nan_to_num(market.signal.open[at, column])),
                high_won=int(np.nan_to_num(market.signal.high[at, column])),
                low_won=int(np.nan_to_num(market.signal.low[at, column])),
                close_won=int(market.signal.close[at, column]),
                volume_shares=1 if market.traded[at, column] else 0,
            )
            for at in range(len(days))
            if not np.isnan(market.signal.close[at, column])
        ]
        for column, symbol in enumerate(market.symbols)
    }
    return PricePanel.from_bars(bars, days[row])


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("cap", [1.0, 0.4])
def test_a_backtest_chooses_and_weights_as_the_live_strategy_does(gaps: bool, cap: float) -> None:
    market = seeded(220, 8, 5, gaps=gaps)
    # Whole won, as the bars of the live strategy are.
    for part in (market.signal.high, market.signal.low):
        np.rint(part, out=part)
    rules = Rules(cash_won=1, top_k=3, atr_method=AtrMethod.WILDER, weight_cap=cap, **LENGTHS)
    rows = decision_rows(market, rules, 0)
    found = pick(market, rules, rows)
    assert rows.size > 5
    for line, row in enumerate(rows.tolist()):
        live = scores(panel_of(market, row), Parameters(**LENGTHS))
        chosen = leaders(live, 3)
        share = weights(chosen, cap)
        ours = [
            (market.symbols[column], weight)
            for column, weight in zip(found.columns[line], found.weights[line], strict=True)
            if weight > 0
        ]
        assert [symbol for symbol, _ in ours] == [item.symbol for item in chosen]
        assert dict(ours) == pytest.approx(dict(share), rel=1e-9)
        known = {market.symbols[at] for at in np.flatnonzero(~np.isnan(found.scores[line]))}
        assert known == {item.symbol for item in live}


def test_ties_go_to_the_lower_code() -> None:
    same = [10_000 + 10.0 * day for day in range(60)]
    market = by_hand([same] * 5)
    rows = decision_rows(market, Rules(cash_won=1, top_k=2, **LENGTHS), 0)
    assert pick(market, Rules(cash_won=1, top_k=2, **LENGTHS), rows).columns.tolist() == [
        [0, 1]
    ] * len(rows)


@pytest.mark.parametrize("method", list(AtrMethod))
def test_no_decision_changes_when_the_future_is_cut_off(method: AtrMethod) -> None:
    market = seeded(300, 9, 8, gaps=True)
    rules = Rules(cash_won=1, top_k=3, atr_method=method, **LENGTHS)
    rows = decision_rows(market, rules, 0)
    result = check_lookahead(market, rules, rows)
    assert (result.checked, result.changed) == (len(rows), ())


def test_a_rule_that_peeks_is_caught() -> None:
    def peeking(market: Market, rules: Rules, rows: Rows) -> Picks:
        return pick(market, rules, np.minimum(rows + 1, len(market.sessions) - 1))

    market = seeded(200, 5, 2)
    rules = Rules(cash_won=1, **LENGTHS)
    rows = decision_rows(market, rules, 0)
    assert len(check_lookahead(market, rules, rows, peeking).changed) == len(rows)
