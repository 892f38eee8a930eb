"""The faithful backtest under the user's own rules: the same judging as in the plan and the guard.

A purchase is judged on the close that it was decided on, with the cash that the sales before it
bring and the purchases before it take, as a basket is. A holding is judged at every close.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from core.domain.account import Position
from core.domain.costs import CostModel
from core.domain.instrument import Symbol
from core.domain.market import Bar
from core.domain.orders import Side
from core.domain.rule_effects import Allowance, RuleSight, Values, allowance
from core.domain.rule_facts import Fact, FactUse
from core.domain.rule_figures import (
    MEAN_SESSIONS,
    SESSIONS_NEEDED,
    holding_figures,
    market_figures,
    size_figures,
    symbol_figures,
)
from core.domain.rules import Judgement, Rule, judge, takes_effect
from core.strategy.backtest.daily import DailyRules, Simulation
from core.strategy.backtest.market import Market
from core.strategy.leaving import sale
from core.strategy.panel import Floats
from core.strategy.situation import Action, Reason

RULE_EXIT = "rule_exit"


@dataclass(frozen=True, slots=True)
class Acted:
    """What the tried rule acted on: decided at `row`, of `column`, and whether it was known why."""

    row: int
    column: int
    is_known: bool


@dataclass(frozen=True, slots=True, eq=False)
class RuleSet:
    """The rules that are obeyed, which of them is tried, and the market's closes (KODEX 200)."""

    rules: tuple[Rule, ...]
    tried: Rule | None = None
    market_closes: Floats | None = None

    def about(self, use: FactUse) -> tuple[Rule, ...]:
        """Return the rules about purchases, or those about holdings."""
        return tuple(rule for rule in self.rules if rule.terms.action.use is use)


@dataclass(frozen=True, slots=True)
class _Size:
    """What the size of one purchase is compared with: the money that is managed, and what is held.

    `cash_won` is there before it.
    """

    worth_won: int
    held_won: int
    cash_won: int
    costs: CostModel

    def left_won(self, amount_won: int) -> int:
        """Return the cash after a purchase for `amount_won` and its fee."""
        return self.cash_won - amount_won - self.costs.fee_won(amount_won)


@dataclass(slots=True)
class Purse:
    """What a basket has moved so far at one close."""

    cash_won: int
    bought_won: dict[Symbol, int]


class Ruled(Simulation):
    """A simulation that obeys rules, and notes what the tried one does."""

    def __init__(self, market: Market, surroundings: DailyRules, rule_set: RuleSet) -> None:
        """Begin in cash."""
        super().__init__(market, surroundings)
        self.rule_set = rule_set
        self.acted: list[Acted] = []
        self._entry = rule_set.about(FactUse.ENTRY)
        self._holding = rule_set.about(FactUse.HOLDING)
        self._begun: dict[int, date] = {}

    def decided(self, row: int) -> tuple[Action, ...]:
        """Return what is left of the strategy's actions, with the sales that rules call for."""
        decided = super().decided(row)
        self._begun = {column: self._begun.get(column, self.days[row]) for column in self.book.lots}
        leaving = self._leaving(row) if self._holding else ()
        gone = {item.symbol for item in leaving}
        kept = (*leaving, *(item for item in decided if item.symbol not in gone))
        return self._allowed(row, kept) if self._entry else kept

    def _leaving(self, row: int) -> tuple[Action, ...]:
        closes = {
            self.market.symbols[column]: int(self.market.order.close[row, column])
            for column in self.book.lots
        }
        found = []
        for position in self.book.positions(closes):
            column = self.column[position.symbol]
            values = {**self._figures(row, column), **self._held(row, column, position)}
            due = [rule for rule in self._holding if takes_effect(rule, values)]
            if not due:
                continue
            close = closes[position.symbol]
            found.append(sale(position, position.sellable, close, Reason(RULE_EXIT)))
            if due == [self.rule_set.tried]:
                self.acted.append(Acted(row, column, is_known=True))
        return tuple(found)

    def _held(self, row: int, column: int, position: Position) -> Values:
        tomorrow = self.days[min(row + 1, len(self.days) - 1)]
        cost = position.average_cost_won
        return holding_figures(position.price_won, cost, tomorrow, self._begun.get(column))

    def _allowed(self, row: int, actions: Sequence[Action]) -> tuple[Action, ...]:
        costs = self.rules.costs
        sold = [item for item in actions if item.side is Side.SELL]
        amounts = [item.quantity * item.price_won for item in sold]
        purse = Purse(self.book.cash_won + sum(one - costs.fee_won(one) for one in amounts), {})
        bought = []
        for item in actions:
            if item.side is Side.SELL:
                continue
            quantity = self._left(row, item, purse)
            if quantity < 1:
                continue
            amount = quantity * item.price_won
            purse.cash_won -= amount + costs.fee_won(amount)
            purse.bought_won[item.symbol] = purse.bought_won.get(item.symbol, 0) + amount
            bought.append(replace(item, quantity=quantity))
        return (*sold, *bought)

    def _left(self, row: int, item: Action, purse: Purse) -> int:
        """Return how many shares of a purchase the rules leave; note what the tried one took."""
        column = self.column[item.symbol]
        known = self._figures(row, column)
        found = self._allowance(self._entry, known, row, item, purse)
        tried = self.rule_set.tried
        if tried is not None and tried in found.by:
            others = tuple(rule for rule in self._entry if rule is not tried)
            if self._allowance(others, known, row, item, purse).quantity > found.quantity:
                sized = self._sized(row, item, purse, item.quantity)
                judged = judge(tried.terms.condition, {**known, **sized})
                self.acted.append(Acted(row, column, is_known=judged is Judgement.HOLDS))
        return found.quantity

    def _allowance(
        self, rules: tuple[Rule, ...], known: Values, row: int, item: Action, purse: Purse
    ) -> Allowance:
        sight = RuleSight(rules, known)
        return allowance(sight, item.quantity, lambda shares: self._sized(row, item, purse, shares))

    def _sized(self, row: int, item: Action, purse: Purse, shares: int) -> Values:
        amount, size = shares * item.price_won, self._size(row, item, purse)
        return size_figures(
            amount,
            worth_won=size.worth_won,
            held_won=size.held_won,
            left_won=size.left_won(amount),
        )

    def _size(self, row: int, item: Action, purse: Purse) -> _Size:
        column = self.column[item.symbol]
        lot = self.book.lots.get(column)
        held = lot.shares * int(self.market.order.close[row, column]) if lot else 0
        worth, limits = self.told.nav[-1], self.rules.limits
        return _Size(
            worth_won=worth if limits is None else min(worth, limits.capital_won),
            held_won=held + purse.bought_won.get(item.symbol, 0),
            cash_won=purse.cash_won,
            costs=self.rules.costs,
        )

    def _figures(self, row: int, column: int) -> Mapping[Fact, int | None]:
        """Return the figures of a symbol and of the market as they stood after the close of `row`."""
        return figures_at(self.market, row, column) | market_figures_at(
            self.market, self.rule_set.market_closes, row
        )


def figures_at(market: Market, row: int, column: int) -> dict[Fact, int | None]:
    """Return the figures of one symbol from its bars up to `row`: of adjusted prices, raw volumes.

    What was traded in won is of the prices that were paid, so that no later split or distribution
    enters it.
    """
    found = symbol_figures(_bars(market, row, column))
    if market.volume is None:
        return found | {Fact.VOLUME_PERCENT: None, Fact.MEAN_VALUE_WON: None}
    span = slice(max(row + 1 - MEAN_SESSIONS, 0), row + 1)
    paid = np.nan_to_num(market.order.close[span, column] * market.volume[span, column])
    if found[Fact.MEAN_VALUE_WON] is not None:
        found[Fact.MEAN_VALUE_WON] = int(paid.sum()) // MEAN_SESSIONS
    return found


def market_figures_at(market: Market, closes: Floats | None, row: int) -> dict[Fact, int | None]:
    """Return the figures of the market from its closes up to `row`, unknown without any."""
    span = range(max(row + 1 - SESSIONS_NEEDED, 0), row + 1)
    known = [] if closes is None else [row for row in span if closes[row] > 0]
    return market_figures([_flat_bar(market, row, closes) for row in known if closes is not None])


def _flat_bar(market: Market, row: int, closes: Floats) -> Bar:
    close = round(float(closes[row]))
    return Bar(
        symbol=Symbol(""),
        session=market.sessions[row].item(),
        open_won=close,
        high_won=close,
        low_won=close,
        close_won=close,
        volume_shares=0,
    )


def _bars(market: Market, row: int, column: int) -> list[Bar]:
    """Return the last bars as a broker would state them: a day without trades has no open or range."""
    signal = market.signal
    span = range(max(row + 1 - SESSIONS_NEEDED, 0), row + 1)
    return [
        Bar(
            symbol=market.symbols[column],
            session=market.sessions[place].item(),
            open_won=_won(signal.open[place, column]),
            high_won=_won(signal.high[place, column]),
            low_won=_won(signal.low[place, column]),
            close_won=_won(signal.close[place, column]),
            volume_shares=0 if market.volume is None else _won(market.volume[place, column]),
        )
        for place in span
        if signal.close[place, column] > 0
    ]


def _won(value: float) -> int:
    return 0 if np.isnan(value) else round(float(value))
