"""The faithful engine: whole won, the live decision, the exit policy."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.costs import CostModel
from core.domain.instrument import Instrument, Symbol, TaxType
from core.domain.risk import RiskLimits
from core.strategy.backtest.daily import DailyRules, run_daily, situation_at
from core.strategy.backtest.market import Market, make_market
from core.strategy.backtest.result import Run
from core.strategy.backtest.rules import Fill, Protection
from core.strategy.decide import decide
from core.strategy.parameters import Parameters
from tests.core.strategy.backtest.markets import codes, prices_around, seeded, weekdays

SHORT: Any = {"formation": 40, "skip": 5, "atr_period": 10, "capital_won_max": 10_000_000}
PARAMETERS = Parameters(**SHORT)


def in_whole_won(market: Market) -> Market:
    for part in (market.signal.open, market.signal.high, market.signal.low, market.signal.close):
        np.rint(part, out=part)
    return market


def rules(market: Market, **changes: Any) -> DailyRules:
    instruments = tuple(
        Instrument(symbol=symbol, name=symbol, tax_type=TaxType.EXEMPT) for symbol in market.symbols
    )
    first = DailyRules(cash_won=5_000_000, parameters=PARAMETERS, instruments=instruments)
    return replace(first, **changes)


def replayed(market: Market, run: Run, cash: int) -> list[int]:
    """Every close again, out of the trades alone, with the fees of the cost model."""
    costs, shares, values = CostModel(), dict.fromkeys(range(len(market.symbols)), 0), []
    for row in range(run.first, len(market.sessions)):
        for trade in run.trades:
            if trade.row != row:
                continue
            amount = trade.shares * int(trade.price_won)
            assert trade.fee_won == costs.fee_won(abs(amount))
            cash -= amount + int(trade.fee_won) + int(trade.tax_won)
            shares[trade.column] += trade.shares
            assert shares[trade.column] >= 0
        assert cash >= 0
        values.append(
            cash + sum(n * int(market.order.close[row, c]) for c, n in shares.items() if n)
        )
    return values


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    fill=st.sampled_from(list(Fill)),
    protection=st.sampled_from(list(Protection)),
    taxed=st.booleans(),
)
def test_the_trades_explain_every_value_to_the_won(
    seed: int, fill: Fill, protection: Protection, taxed: bool
) -> None:
    market = in_whole_won(seeded(150, 6, seed, gaps=True))
    given_rules = rules(market, fill=fill, protection=protection, taxed=taxed, instruments=())
    run = run_daily(market, given_rules)
    assert run.nav.tolist() == replayed(market, run, 5_000_000)
    assert all(market.traded[trade.row, trade.column] for trade in run.trades)
    assert taxed or run.taxes_won == 0


def test_the_first_rebalance_is_the_live_decision_on_that_close() -> None:
    market = in_whole_won(seeded(150, 6, 4))
    given_rules = rules(market, protection=Protection.NONE)
    run = run_daily(market, given_rules)
    row = run.trades[0].decided
    live = decide(situation_at(market, given_rules, row), PARAMETERS, CostModel())
    assert [(market.symbols[t.column], t.shares) for t in run.trades if t.decided == row] == [
        (item.symbol, item.quantity) for item in live.actions
    ]
    assert live.actions


def test_no_value_changes_when_the_future_is_cut_off() -> None:
    market = in_whole_won(seeded(200, 6, 11, gaps=True))
    whole = run_daily(market, rules(market, protection=Protection.TOUCH))
    for rows in (120, 150, 175):
        known = market.until(rows)
        cut = run_daily(known, rules(known, protection=Protection.TOUCH))
        assert cut.nav.tolist() == whole.nav[:rows].tolist()


def bought_and(*after: tuple[float, float, float, float], kept: int = 1) -> tuple[Market, int]:
    """One symbol that rises until it is bought, then these (open, high, low, close) in parts of
    its price; returns the market and the row of the purchase."""
    closes = [10_000.0 + 10 * day for day in range(200)]
    market = make_market(weekdays(200), codes(1), prices_around(np.array(closes).reshape(-1, 1)))
    probe = run_daily(market, rules(market, protection=Protection.NONE))
    bought = probe.trades[0].row
    cost = probe.trades[0].price_won
    prices = market.signal
    for step, parts in enumerate(after, start=kept):
        for array, part in zip(
            (prices.open, prices.high, prices.low, prices.close), parts, strict=True
        ):
            array[bought + step, 0] = round(cost * part)
    return in_whole_won(market), bought


def exits(run: Run) -> list[tuple[int, int, float, str]]:
    return [(t.row, -t.shares, t.price_won, t.reason) for t in run.trades if t.shares < 0]


def test_a_touched_stop_fills_at_the_stop_and_a_gap_at_the_open() -> None:
    market, bought = bought_and((1.0, 1.0, 0.92, 0.95))
    run = run_daily(market, rules(market, protection=Protection.TOUCH))
    cost, shares = run.trades[0].price_won, run.trades[0].shares
    assert exits(run)[0] == (bought + 1, shares, int(cost * 0.93), "stop_loss")
    gap, bought = bought_and((0.85, 0.9, 0.84, 0.88))
    run = run_daily(gap, rules(gap, protection=Protection.TOUCH))
    assert exits(run)[0] == (bought + 1, shares, round(cost * 0.85), "stop_loss")


def test_a_stop_on_the_close_is_filled_in_the_next_session() -> None:
    market, bought = bought_and((1.0, 1.0, 0.9, 0.92), (0.91, 0.95, 0.9, 0.94))
    run = run_daily(market, rules(market, protection=Protection.CLOSE))
    cost, shares = run.trades[0].price_won, run.trades[0].shares
    assert exits(run)[0] == (bought + 2, shares, round(cost * 0.91), "stop_loss")
    assert run.trades[1].decided == bought + 1


def test_half_is_taken_once_and_the_rest_trails() -> None:
    market, bought = bought_and(
        (1.0, 1.16, 1.0, 1.15), (1.15, 1.2, 1.14, 1.18), (1.15, 1.16, 1.07, 1.1)
    )
    run = run_daily(market, rules(market, protection=Protection.TOUCH))
    cost, shares = run.trades[0].price_won, run.trades[0].shares
    first, second = exits(run)[:2]
    assert first == (bought + 1, shares // 2, round(cost * 1.15), "take_profit")
    assert second == (
        bought + 3,
        shares - shares // 2,
        int(round(cost * 1.2) * 0.9),
        "trailing_stop",
    )


def test_without_protection_nothing_leaves_between_rebalances() -> None:
    market, bought = bought_and((0.85, 0.9, 0.7, 0.75))
    run = run_daily(market, rules(market, protection=Protection.NONE))
    assert all(row != bought + 1 for row, *_ in exits(run))


def test_a_day_that_opens_below_the_loss_limit_buys_nothing() -> None:
    market = in_whole_won(seeded(200, 5, 21))
    calm = run_daily(market, rules(market, protection=Protection.NONE))
    fall = next(t.row for t in calm.trades if t.shares > 0 and t.row > calm.trades[0].row + 5)
    for part in (market.signal.open, market.signal.low):
        part[fall] = np.rint(part[fall] * 0.9)
    run = run_daily(market, rules(market, protection=Protection.NONE, loss_limit_percent=2.0))
    assert not [t for t in run.trades if t.row == fall and t.shares > 0]
    assert run.unfilled > 0


def test_the_guards_cap_bounds_what_is_bought() -> None:
    market = in_whole_won(seeded(150, 6, 4))
    small = replace(PARAMETERS, capital_won_max=1_000_000)
    found = rules(market, protection=Protection.NONE, limits=RiskLimits(), parameters=small)
    run = run_daily(market, found)
    first = [t for t in run.trades if t.row == run.trades[0].row]
    # The capital is a million won; ten percent of it buys a share of each.
    close = market.order.close[run.trades[0].decided]
    assert all(t.shares * close[t.column] <= 100_000 for t in first)


def test_taxes_follow_the_type_and_are_whole_won() -> None:
    market, _ = bought_and((1.0, 1.2, 1.0, 1.18))
    taxed = (Instrument(symbol=market.symbols[0], name="x"),)
    found = rules(market, protection=Protection.TOUCH, taxed=True, instruments=taxed)
    run = run_daily(market, found)
    sale = next(t for t in run.trades if t.shares < 0)
    gain = -sale.shares * (Decimal(sale.price_won) - Decimal(run.trades[0].price_won))
    assert sale.tax_won == int(gain * Decimal("0.154"))
    exempt = run_daily(market, rules(market, protection=Protection.TOUCH, taxed=True))
    assert exempt.taxes_won == 0


@pytest.mark.parametrize(("ratio", "factor"), [(5.0, 0.2), (0.5, 2.0)])
def test_splits_keep_the_value_and_the_stop(ratio: float, factor: float) -> None:
    whole = np.array([10_000.0 + 10 * day for day in range(150)]).reshape(-1, 1)
    raw = whole.copy()
    raw[100:] /= ratio
    adjusted = np.rint(raw * np.where(np.arange(150) < 100, factor, 1.0).reshape(-1, 1))
    paid = prices_around(raw)
    paid.open[100], paid.high[100], paid.low[100] = (raw[100] * part for part in (1, 1.01, 0.99))
    market = make_market(weekdays(150), codes(1), prices_around(adjusted), order=paid)
    run = run_daily(market, rules(market, protection=Protection.TOUCH))
    assert [t.reason for t in run.trades if t.reason == "stop_loss"] == []
    assert run.nav[100] == pytest.approx(run.nav[99], rel=0.005)
    assert {payout.row for payout in run.payouts} == {100}


@pytest.mark.parametrize(("ratio", "factor"), [(5.0, 0.2), (0.5, 2.0)])
def test_an_exit_decided_before_a_split_sells_everything_after_it(
    ratio: float, factor: float
) -> None:
    whole = np.array([10_000.0 + 10 * day for day in range(99)] + [9_000.0] * 51).reshape(-1, 1)
    raw = whole.copy()
    raw[100:] /= ratio
    adjusted = np.rint(raw * np.where(np.arange(150) < 100, factor, 1.0).reshape(-1, 1))
    paid = prices_around(raw)
    paid.open[100], paid.high[100], paid.low[100] = (raw[100] * part for part in (1, 1.01, 0.99))
    market = make_market(weekdays(150), codes(1), prices_around(adjusted), order=paid)
    run = run_daily(market, rules(market, protection=Protection.CLOSE))
    held = sum(trade.shares for trade in run.trades if trade.row < 100)
    (sale,) = (trade for trade in run.trades if trade.row == 100)
    assert (sale.reason, sale.decided) == ("stop_loss", 99)
    assert -sale.shares == int(held * ratio)
    assert run.invested[100] == 0


def test_unknown_symbols_count_as_taxed_plain_funds() -> None:
    market = seeded(60, 2)
    given_rules = rules(market, instruments=())
    kinds = {item.tax_type for item in situation_at(market, given_rules, 50).instruments}
    assert kinds == {TaxType.HOLDING_PERIOD}
    assert Symbol("000001") in market.symbols
