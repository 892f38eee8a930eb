from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.instrument import TaxType
from core.strategy.backtest.market import Market, make_market
from core.strategy.backtest.monthly import run_monthly
from core.strategy.backtest.result import Run
from core.strategy.backtest.rules import Fill, Rules, TaxRules
from core.strategy.parameters import AtrMethod
from tests.core.strategy.backtest.markets import by_hand, codes, prices_around, seeded, weekdays

SHORT: Any = {"formation": 20, "skip": 5, "atr_period": 5}


def rising(days: int, step: float, base: float = 10_000) -> list[float]:
    return [base + step * day for day in range(days)]


def replayed(market: Market, run: Run, rules: Rules) -> np.ndarray:
    """The account again, day by day, out of its trades and payouts alone."""
    cash, shares, values = float(rules.cash_won), np.zeros(len(market.symbols)), []
    for row in range(run.first, len(market.sessions)):
        for trade in run.trades:
            if trade.row == row:
                cash -= trade.shares * trade.price_won + trade.fee_won + trade.tax_won
                shares[trade.column] += trade.shares
        held = np.flatnonzero(shares)
        values.append(cash + float(shares[held] @ market.order.close[row, held]))
        assert cash >= -1e-6
        assert (shares >= 0).all()
    return np.array(values)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    fill=st.sampled_from(list(Fill)),
    method=st.sampled_from(list(AtrMethod)),
    gaps=st.booleans(),
    taxed=st.booleans(),
    invested=st.sampled_from([0.5, 0.97, 1.0]),
)
def test_the_trades_explain_every_value_and_never_more_is_spent_than_there_is(
    seed: int, fill: Fill, method: AtrMethod, gaps: bool, taxed: bool, invested: float
) -> None:
    market = seeded(160, 7, seed, gaps=gaps)
    rules = Rules(
        cash_won=3_000_000,
        top_k=3,
        fill=fill,
        atr_method=method,
        invested=invested,
        commission=0.001,
        tax=TaxRules(applies=taxed),
        **SHORT,
    )
    run = run_monthly(market, rules)
    assert run.nav == pytest.approx(replayed(market, run, rules))
    assert all(market.fillable[trade.row, trade.column] for trade in run.trades)
    assert all(trade.row == trade.decided + 1 for trade in run.trades)
    assert taxed or run.taxes_won == 0


def test_by_hand_one_symbol_to_the_won() -> None:
    # Rises 100 won a day. 2020-01-31 is row 22: score 12,200 - 500 against 12,200 - 2,000.
    market = by_hand([rising(40, 100)])
    run = run_monthly(market, Rules(cash_won=1_000_000, commission=0.01, invested=0.5, **SHORT))
    # floor(0.5 × 1,000,000 / 12,200) = 40 shares, filled at the next open, which is 12,200.
    (trade,) = run.trades
    assert (trade.row, trade.shares, trade.price_won, trade.fee_won) == (23, 40, 12_200, 4_880)
    assert run.nav[22] == 1_000_000
    assert run.nav[23] == 1_000_000 - 40 * 12_200 - 4_880 + 40 * 12_300
    assert run.picks.scores[0, 0] == pytest.approx(11_700 / 10_200 - 1)


def test_nothing_positive_means_cash() -> None:
    run = run_monthly(by_hand([rising(60, -50), rising(60, -20)]), Rules(cash_won=10**6, **SHORT))
    assert run.trades == ()
    assert set(run.nav.tolist()) == {1_000_000.0}


def test_a_gap_up_cuts_the_last_buy_instead_of_taking_credit() -> None:
    close = np.array([rising(40, 100), rising(40, 90)]).T
    prices = prices_around(close)
    prices.open[23] *= 1.2
    prices.high[23] *= 1.3
    market = make_market(weekdays(40), codes(2), prices)
    rules = Rules(cash_won=1_000_000, invested=1.0, top_k=2, **SHORT)
    run = run_monthly(market, rules)
    assert run.cut == 1
    assert [trade.column for trade in run.trades if trade.row == 23] == [0, 1]
    assert replayed(market, run, rules)[-1] == pytest.approx(run.nav[-1])


def test_what_nobody_trades_is_not_filled_and_stays_held() -> None:
    # Chosen in January, overtaken in February, but on the day of the sale it does not trade.
    first = rising(30, 100) + [12_900 - 150 * day for day in range(40)]
    close = np.array([first, rising(70, 1)]).T
    prices = prices_around(close)
    rows = 43  # the first session of March, 2020
    for part in (prices.open, prices.high, prices.low):
        part[rows, 0] = 0
    market = make_market(weekdays(70), codes(2), prices)
    run = run_monthly(market, Rules(cash_won=1_000_000, top_k=1, **SHORT))
    assert str(market.sessions[rows]) == "2020-03-02"
    assert run.unfilled == 1
    assert [trade.row for trade in run.trades if trade.column == 0 and trade.shares < 0] == [65]


@pytest.mark.parametrize(("type_", "share"), [(TaxType.HOLDING_PERIOD, 0.154), (TaxType.EXEMPT, 0)])
def test_a_sale_is_taxed_on_its_gain_by_the_type_of_the_fund(type_: TaxType, share: float) -> None:
    market = by_hand([rising(45, 100) + [14_400 - 40 * day for day in range(45)], rising(90, 1)])
    rules = Rules(
        cash_won=1_000_000,
        top_k=1,
        tax=TaxRules(applies=True, types={market.symbols[0]: type_}),
        **SHORT,
    )
    run = run_monthly(market, rules)
    sale = next(trade for trade in run.trades if trade.shares < 0)
    bought = next(trade for trade in run.trades if trade.column == sale.column)
    gain = (sale.price_won - bought.price_won) * -sale.shares
    assert sale.tax_won == pytest.approx(share * max(gain, 0))
    assert gain > 0


def test_limit_orders_fill_at_the_decided_close_or_better_or_not_at_all() -> None:
    market = seeded(400, 6, 3)
    run = run_monthly(market, Rules(cash_won=5_000_000, fill=Fill.LIMIT, top_k=3, **SHORT))
    assert run.unfilled > 0
    for trade in run.trades:
        limit = market.order.close[trade.decided, trade.column]
        opened = market.order.open[trade.row, trade.column]
        if trade.shares > 0:
            assert trade.price_won == min(limit, opened)
            assert market.order.low[trade.row, trade.column] <= limit
        else:
            assert trade.price_won == max(limit, opened)
            assert market.order.high[trade.row, trade.column] >= limit


@pytest.mark.parametrize(
    ("field", "value"), [("top_k", 0), ("invested", 1.5), ("commission", -0.1), ("cash_won", 0)]
)
def test_rules_outside_their_range_are_refused(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=field):
        replace(Rules(cash_won=1_000_000), **{field: value})  # type: ignore[arg-type]


def test_the_skip_must_be_shorter_than_the_formation() -> None:
    with pytest.raises(ValueError, match="skip"):
        Rules(cash_won=1, formation=20, skip=20)
