"""The fast backtest: momentum at month ends, floor sizing, one fill a month.

Signals of all decisions are computed at once; only the cash, which depends on the fills before, is
stepped through. The work it does exactly: docs/backtest.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from core.strategy.backtest.account import Account, PriceOf
from core.strategy.backtest.corporate import Action, corporate_actions
from core.strategy.backtest.market import Market
from core.strategy.backtest.picks import Picks, month_ends, pick
from core.strategy.backtest.result import Payout, Run
from core.strategy.backtest.rules import Fill, Rules
from core.strategy.indicators import Rows
from core.strategy.panel import Floats


class _Stretch(NamedTuple):
    """Cash, columns and shares from one row on, until the next stretch begins."""

    row: int
    cash_won: float
    columns: tuple[int, ...]
    shares: tuple[int, ...]


def decision_rows(market: Market, rules: Rules, first: int) -> Rows:
    """Return the month ends from `first` on at which some symbol may have enough history."""
    rows = month_ends(market.sessions)
    return rows[(rows >= first) & (rows >= max(rules.formation, rules.atr_period))]


def run_monthly(market: Market, rules: Rules, first: int = 0) -> Run:
    """Simulate from the market's row `first` on; earlier rows are history only."""
    picks = pick(market, rules, decision_rows(market, rules, first))
    taxed = [rules.tax.taxed(symbol) for symbol in market.symbols]
    account = Account(float(rules.cash_won), rules.commission, taxed, rules.tax.withholds)
    actions = corporate_actions(market)
    stretches = [_stretch(first, account)]
    payouts: list[Payout] = []
    weights, known = picks.weights.tolist(), _Looked(market, rules, picks)
    before = first
    for line, row in enumerate(picks.rows.tolist()):
        if actions:
            _pass_over(market, account, actions, (before, row), stretches, payouts)
        closes = known.closes(line)
        worth = account.cash_won
        for column, held in account.holdings.items():
            close = closes.get(column)
            worth += held.shares * (
                float(market.order.close[row, column]) if close is None else close
            )
        budget = rules.invested * worth
        targets = {
            column: int(budget * weight / closes[column])
            for column, weight in zip(known.columns[line], weights[line], strict=True)
            if weight > 0
        }
        if actions:
            # Whoever held at the close before is paid, also when selling at this open.
            _pass_over(market, account, actions, (row, row + 1), stretches, payouts)
            targets = _after_splits(targets, actions, row + 1)
        account.rebalance(targets, known.prices(line, row), row)
        stretches.append(_stretch(row + 1, account))
        before = row + 1
    if actions:
        _pass_over(market, account, actions, (before, len(market.sessions) - 1), stretches, payouts)
    nav, invested = _valued(market, stretches, first)
    return Run(
        sessions=market.sessions[first:],
        first=first,
        nav=nav,
        invested=invested,
        trades=tuple(account.trades),
        payouts=tuple(payouts),
        picks=picks,
        cut=account.cut,
        unfilled=account.unfilled,
    )


class _Looked:
    """Prices that the loop will ask for, fetched for all decisions at once.

    They are those of the symbols chosen now and of the ones chosen before. Whatever else is held,
    because it could not be sold, is looked up when it is asked for.
    """

    def __init__(self, market: Market, rules: Rules, picks: Picks) -> None:
        self._market, self._rules = market, rules
        earlier = np.concatenate((picks.columns[:1], picks.columns[:-1]))
        both = np.concatenate((picks.columns, earlier), axis=1)
        rows = picks.rows[:, None]
        self.columns: list[list[int]] = picks.columns.tolist()
        self._both: list[list[int]] = both.tolist()
        self._closes: list[list[float]] = market.order.close[rows, both].tolist()
        self._fills: list[list[float]] = []
        if rules.fill is not Fill.LIMIT:
            fills = market.order.open if rules.fill is Fill.OPEN else market.order.close
            found = fills[rows + 1, both]
            self._fills = np.where(market.fillable[rows + 1, both], found, np.nan).tolist()

    def closes(self, line: int) -> dict[int, float]:
        """Return the closes of a decision by column."""
        return dict(zip(self._both[line], self._closes[line], strict=True))

    def prices(self, line: int, row: int) -> PriceOf:
        """Return the fill prices of the session after `row`."""
        market = self._market
        if self._rules.fill is Fill.LIMIT:
            return lambda column, shares: _limit_price(market, row, column, shares)
        fills = dict(zip(self._both[line], self._fills[line], strict=True))
        source = market.order.open if self._rules.fill is Fill.OPEN else market.order.close

        def price_of(column: int, _: int) -> float:
            price = fills.get(column)
            if price is None:
                traded = market.fillable[row + 1, column]
                return float(source[row + 1, column]) if traded else math.nan
            return price

        return price_of


def _limit_price(market: Market, row: int, column: int, shares: int) -> float:
    order, after = market.order, row + 1
    if not market.fillable[after, column]:
        return math.nan
    limit, opened = float(order.close[row, column]), float(order.open[after, column])
    if shares > 0:
        return min(opened, limit) if order.low[after, column] <= limit else math.nan
    return max(opened, limit) if order.high[after, column] >= limit else math.nan


def _pass_over(
    market: Market,
    account: Account,
    actions: dict[int, tuple[Action, ...]],
    span: tuple[int, int],
    stretches: list[_Stretch],
    payouts: list[Payout],
) -> None:
    """Let the corporate actions of held symbols happen after the first row of `span`."""
    due = sorted(
        (action.row, column, action)
        for column in account.holdings
        for action in actions.get(column, ())
        if span[0] < action.row <= span[1]
    )
    for row, column, action in due:
        if column in account.holdings:
            paid, tax = account.happen(column, action, float(market.order.close[row, column]))
            payouts.append(Payout(row, column, paid, tax))
            stretches.append(_stretch(row, account))


def _after_splits(
    targets: dict[int, int], actions: dict[int, tuple[Action, ...]], row: int
) -> dict[int, int]:
    """Return targets in the shares that a split on the day of the fill makes of them."""
    ratios = {
        column: action.ratio
        for column in targets
        for action in actions.get(column, ())
        if action.row == row
    }
    return {column: int(shares * ratios.get(column, 1.0)) for column, shares in targets.items()}


def _stretch(row: int, account: Account) -> _Stretch:
    holdings = account.holdings
    held = tuple([item.shares for item in holdings.values()])
    return _Stretch(row, account.cash_won, tuple(holdings), held)


def _valued(market: Market, stretches: list[_Stretch], first: int) -> tuple[Floats, Floats]:
    """Return the net asset value and the invested part of it at every close from `first` on."""
    width = max(1, *(len(item.columns) for item in stretches))
    columns = np.array(
        [item.columns + (0,) * (width - len(item.columns)) for item in stretches], dtype=np.intp
    )
    shares = np.array([item.shares + (0,) * (width - len(item.shares)) for item in stretches])
    rows = np.arange(first, len(market.sessions))
    starts = np.array([item.row for item in stretches])
    line_of = np.searchsorted(starts, rows, side="right") - 1
    values = market.order.close[rows[:, None], columns[line_of]]
    # A place that holds nothing may point to a symbol that has no price yet.
    stocks = np.where(shares[line_of] > 0, values, 0.0) * shares[line_of]
    worth = stocks.sum(axis=1)
    cash = np.array([item.cash_won for item in stretches])[line_of]
    nav: Floats = cash + worth
    invested: Floats = worth / nav
    return nav, invested
