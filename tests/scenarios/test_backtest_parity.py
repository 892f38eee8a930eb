"""The simulated exchange, replaying the same bars, gives the backtest's orders and NAV to the won.

The exchange keeps its own books, ticks, limits, fees and taxes and shares no rule with the
strategy. Decisions are made from what it says of cash and holdings, never from the backtest's.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from brokers.sim import rules as exchange_rules
from brokers.sim.exchange import Exchange
from brokers.sim.values import Placed
from core.domain.account import Position
from core.domain.costs import CostModel
from core.domain.instrument import Instrument, Symbol, TaxType
from core.domain.money import Won
from core.domain.orders import Side
from core.strategy.backtest.daily import DailyRules, run_daily, situation_at
from core.strategy.backtest.market import Market
from core.strategy.backtest.picks import month_ends
from core.strategy.backtest.rules import Protection
from core.strategy.decide import decide
from core.strategy.exits import Passage
from core.strategy.leaving import exits_due
from core.strategy.parameters import Parameters
from core.strategy.situation import Action
from tests.scenarios.replayed_bars import Replay, on_ticks

CASH = 1_000_000
PARAMETERS = Parameters(formation=40, skip=5, atr_period=10, top_k=3)
Orders = list[tuple[date, str, int, int]]


class Trader:
    """Trades the live strategy on an exchange, one session after the other."""

    def __init__(self, market: Market, rules: DailyRules, taxed: frozenset[str]) -> None:
        self.market, self.rules = market, rules
        self.exchange = Exchange(
            Replay(market), opening_cash_won=CASH, fills_per_minute_percent=100, taxed=taxed
        )
        self.ends = set(month_ends(market.sessions).tolist())
        self.passages: dict[Symbol, Passage] = {}
        self.orders: Orders = []
        self.nav: list[int] = []

    def run(self) -> None:
        waiting: tuple[Action, ...] = ()
        for row, session in enumerate(self.market.sessions):
            day = session.item()
            opens, closes = exchange_rules.session_hours(day)
            self.exchange.advance(opens)
            for action in sorted(waiting, key=lambda item: item.side is Side.BUY):
                self.trade(action, opens)
            self.exchange.advance(closes)
            positions, cash = self.account(closes, row)
            self.nav.append(cash + sum(int(item.value_won) for item in positions))
            self.watch(positions)
            waiting = self.decide(row, positions, cash)

    def trade(self, action: Action, now: datetime) -> None:
        view = self.exchange.market(now, action.symbol)
        assert view is not None
        price, quantity = view.minute.last, action.quantity
        if action.side is Side.BUY:
            _, most = self.exchange.buying_power(now, action.symbol, price, is_market=False)
            quantity = min(quantity, most)
        if not quantity:
            return
        is_buy = action.side is Side.BUY
        placed = self.exchange.place(
            now, action.symbol, is_buy=is_buy, quantity=quantity, price=price
        )
        assert isinstance(placed, Placed), placed
        filled = self.exchange.advance(now)
        assert sum(item.quantity for item in filled) == quantity
        signed = quantity if is_buy else -quantity
        self.orders.append((now.date(), action.symbol, signed, filled[0].price))
        if action.reason.key == "take_profit":
            known = self.passages.get(action.symbol, Passage())
            self.passages[action.symbol] = replace(known, half_taken=True)

    def account(self, now: datetime, row: int) -> tuple[tuple[Position, ...], int]:
        found = [
            Position(
                symbol=Symbol(item.symbol),
                name=item.symbol,
                quantity=item.quantity,
                sellable=item.sellable,
                average_cost_won=item.average_cost,
                price_won=Won(self.closes(row)[Symbol(item.symbol)]),
            )
            for item in self.exchange.holdings(now)
            if item.quantity
        ]
        return tuple(found), self.exchange.cash(now).d2

    def watch(self, positions: tuple[Position, ...]) -> None:
        self.passages = {
            item.symbol: self.passages.get(item.symbol, Passage()).seen(item.price_won)
            for item in positions
        }

    def closes(self, row: int) -> dict[Symbol, int]:
        prices = self.market.order.close[row].tolist()
        return {s: int(p) for s, p in zip(self.market.symbols, prices, strict=True)}

    def decide(self, row: int, positions: tuple[Position, ...], cash: int) -> tuple[Action, ...]:
        is_rebalance = row in self.ends
        situation = replace(
            situation_at(self.market.until(row + 1), self.rules, row, is_rebalance=is_rebalance),
            closes=self.closes(row),
            holdings=positions,
            cash_won=cash,
            passages=self.passages,
        )
        if not is_rebalance:
            return exits_due(situation, self.rules.parameters)
        return decide(situation, self.rules.parameters, self.rules.costs).actions


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("taxed", [False, True])
def test_the_exchange_gives_the_backtests_orders_and_values_to_the_won(
    seed: int, taxed: bool
) -> None:
    market = on_ticks(seed)
    instruments = tuple(
        Instrument(
            symbol=symbol,
            name=symbol,
            tax_type=TaxType.HOLDING_PERIOD if place % 2 else TaxType.EXEMPT,
        )
        for place, symbol in enumerate(market.symbols)
    )
    given: Any = {"cash_won": CASH, "parameters": PARAMETERS, "instruments": instruments}
    rules = DailyRules(**given, costs=CostModel(), taxed=taxed, protection=Protection.CLOSE)
    backtest = run_daily(market, rules)
    codes_taxed = frozenset(
        item.symbol for item in instruments if taxed and item.tax_type.gain_is_taxed
    )
    trader = Trader(market, rules, codes_taxed)
    trader.run()
    assert [int(value) for value in backtest.nav] == trader.nav
    assert [
        (market.sessions[t.row].item(), market.symbols[t.column], t.shares, int(t.price_won))
        for t in backtest.trades
    ] == trader.orders
    assert len(trader.orders) > 20
    assert {t.reason for t in backtest.trades} >= {"stop_loss", "entry_momentum"}
