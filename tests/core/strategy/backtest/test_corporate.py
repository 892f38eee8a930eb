from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.domain.costs import AccountKind
from core.domain.instrument import TaxType
from core.strategy.backtest.corporate import corporate_actions
from core.strategy.backtest.market import Market, Prices, make_market
from core.strategy.backtest.monthly import run_monthly
from core.strategy.backtest.rules import Rules, TaxRules
from tests.core.strategy.backtest.markets import codes, prices_around, seeded, weekdays

ISA = AccountKind.ISA
SHORT: Any = {"formation": 20, "skip": 5, "atr_period": 5}


def paired(raw: list[float], factors: list[float]) -> Market:
    """A raw series, and the adjusted one (whole won) that its factors make of it."""
    paid = np.array(raw).reshape(-1, 1)
    adjusted = np.rint(paid * np.array(factors).reshape(-1, 1))
    return make_market(
        weekdays(len(raw)), codes(1), prices_around(adjusted), order=prices_around(paid)
    )


def rising(days: int) -> list[float]:
    return [20_000 + 50.0 * day for day in range(days)]


def test_rounding_alone_is_no_action() -> None:
    assert corporate_actions(paired(rising(60), [0.937] * 60)) == {}


def test_one_series_has_no_actions() -> None:
    assert corporate_actions(seeded(50, 3)) == {}


def test_a_distribution_is_read_out_of_the_factor_and_paid_in_cash() -> None:
    # 200 won are paid on row 40: the factor before is 1 - 200 / close of row 39.
    raw = rising(60)
    market = paired(raw, [1 - 200 / raw[39]] * 40 + [1.0] * 20)
    ((action,),) = corporate_actions(market).values()
    assert (action.row, action.ratio) == (40, 1.0)
    assert action.paid_won == pytest.approx(200, abs=3)
    run = run_monthly(market, Rules(cash_won=1_000_000, commission=0, **SHORT))
    (payout,) = run.payouts
    held = run.trades[0].shares
    assert (payout.row, payout.tax_won) == (40, 0)
    assert payout.amount_won == pytest.approx(held * action.paid_won)
    assert run.nav[40] == pytest.approx(run.nav[39] + held * (50 + action.paid_won))


def test_a_distribution_is_taxed_even_where_gains_are_not() -> None:
    raw = rising(60)
    market = paired(raw, [1 - 200 / raw[39]] * 40 + [1.0] * 20)
    exempt = {market.symbols[0]: TaxType.EXEMPT}
    tax = TaxRules(applies=True, types=exempt)
    run = run_monthly(market, Rules(cash_won=1_000_000, tax=tax, **SHORT))
    (payout,) = run.payouts
    isa = run_monthly(market, Rules(cash_won=1_000_000, tax=replace(tax, account=ISA), **SHORT))
    assert isa.taxes_won == 0
    assert payout.tax_won == pytest.approx(0.154 * (payout.amount_won + payout.tax_won))
    assert run.taxes_won >= payout.tax_won


@pytest.mark.parametrize(("ratio", "factor"), [(5.0, 0.2), (0.1, 10.0)])
def test_a_split_multiplies_shares_and_the_value_stays(ratio: float, factor: float) -> None:
    whole = rising(60)
    raw = whole[:40] + [price / ratio for price in whole[40:]]
    market = paired(raw, [factor] * 40 + [1.0] * 20)
    ((action,),) = corporate_actions(market).values()
    assert (action.row, action.ratio, action.paid_won) == (40, ratio, 0)
    run = run_monthly(market, Rules(cash_won=1_000_000, commission=0, **SHORT))
    unsplit = run_monthly(
        paired(whole, [1.0] * 60), Rules(cash_won=1_000_000, commission=0, **SHORT)
    )
    assert run.nav[:43] == pytest.approx(unsplit.nav[:43], rel=1e-3)


def test_whoever_held_the_day_before_is_paid_even_when_selling_at_the_open_of_the_day() -> None:
    # Chosen in January; by the end of February (row 42) it falls, so it is sold on row 43.
    raw = rising(25) + [21_200 - 80.0 * day for day in range(35)]
    market = paired(raw, [1 - 200 / raw[42]] * 43 + [1.0] * 17)
    run = run_monthly(market, Rules(cash_won=1_000_000, **SHORT))
    (payout,) = run.payouts
    assert [trade.row for trade in run.trades] == [23, 43]
    assert (payout.row, run.nav[-1]) == (43, run.nav[43])


def test_a_split_on_the_day_of_the_fill_multiplies_the_target_too() -> None:
    whole = rising(60)
    raw = whole[:23] + [price / 5 for price in whole[23:]]
    market = paired(raw, [0.2] * 23 + [1.0] * 37)
    market.order.open[23] /= 5
    run = run_monthly(market, Rules(cash_won=1_000_000, **SHORT))
    unsplit = run_monthly(paired(whole, [1.0] * 60), Rules(cash_won=1_000_000, **SHORT))
    assert run.trades[0].shares == 5 * unsplit.trades[0].shares
    assert run.nav[23:42] == pytest.approx(unsplit.nav[23:42], rel=1e-3)


def test_signals_come_from_adjusted_and_fills_from_raw_prices() -> None:
    raw = rising(60)
    market = paired(raw, [0.9] * 60)
    (trade,) = run_monthly(market, Rules(cash_won=1_000_000, **SHORT)).trades
    assert trade.price_won == market.order.open[trade.row, 0] == raw[trade.row - 1]


def test_a_row_without_a_raw_trade_is_no_trade() -> None:
    raw = prices_around(np.array(rising(5)).reshape(-1, 1))
    raw.open[2] = raw.high[2] = raw.low[2] = 0
    adjusted = prices_around(np.array(rising(5)).reshape(-1, 1))
    market = make_market(weekdays(5), codes(1), adjusted, order=raw)
    assert market.fillable[:, 0].tolist() == [True, True, False, True, True]
    assert market.traded.all()
    assert np.isnan(market.order.open[2, 0])


def test_adjusted_history_before_the_raw_prices_counts_for_signals() -> None:
    raw, adjusted = (prices_around(np.array(rising(60)).reshape(-1, 1)) for _ in range(2))
    for part in (raw.open, raw.high, raw.low, raw.close):
        part[:30] = np.nan
    market = make_market(weekdays(60), codes(1), adjusted, order=raw)
    run = run_monthly(market, Rules(cash_won=1_000_000, **SHORT))
    # The end of January has a score but no price to pay; February's is the first that buys.
    assert np.isnan(run.picks.scores[0, 0])
    assert [trade.row for trade in run.trades][:1] == [43]


def test_a_flaw_of_a_day_in_the_factor_is_no_payment() -> None:
    factors = [1.0] * 60
    factors[40] = 1.004
    assert corporate_actions(paired(rising(60), factors)) == {}


def test_volumes_tell_a_day_without_trades() -> None:
    close = np.full((3, 1), 100.0)
    flat = Prices(open=close.copy(), high=close.copy(), low=close.copy(), close=close.copy())
    market = make_market(weekdays(3), codes(1), flat, volume=np.array([[5.0], [0.0], [5.0]]))
    assert market.traded[:, 0].tolist() == [True, False, True]
    assert market.until(1).whole.tolist() == [True]
