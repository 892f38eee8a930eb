"""The simulated exchange, replaying the same bars, gives the backtest's orders and NAV to the won.

The exchange keeps its own books, ticks, limits, fees and taxes and shares no rule with the
strategy. Decisions are made from what it says of cash and holdings, never from the backtest's.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from brokers.sim import rules as exchange_rules
from brokers.sim.exchange import Exchange
from brokers.sim.values import DayBar, MinutePrice, Placed
from core.domain.account import Position
from core.domain.costs import CostModel
from core.domain.instrument import Instrument, Symbol, TaxType
from core.domain.money import Won
from core.domain.orders import Side
from core.strategy.backtest.daily import DailyRules, run_daily, situation_at
from core.strategy.backtest.market import Market, Prices, make_market
from core.strategy.backtest.picks import month_ends
from core.strategy.backtest.rules import Protection
from core.strategy.decide import decide, exits_due
from core.strategy.exits import Passage
from core.strategy.parameters import Parameters
from core.strategy.situation import Action
from tests.core.strategy.backtest.markets import codes

DAYS, SYMBOLS, CASH = 220, 7, 1_000_000
PARAMETERS = Parameters(formation=40, skip=5, atr_period=10, top_k=3)
Orders = list[tuple[date, str, int, int]]


def on_ticks(seed: int) -> Market:
    """A random market of KRX sessions whose prices are legal and within the day's limits."""
    sessions: list[date] = []
    day = date(2020, 1, 2)
    while len(sessions) < DAYS:
        if exchange_rules.is_session(day):
            sessions.append(day)
        day += timedelta(days=1)
    dice = np.random.default_rng(seed)

    def ticks(values: np.ndarray) -> np.ndarray:
        return np.rint(values / 5) * 5

    steps = dice.normal(0.0008, 0.02, (DAYS, SYMBOLS))
    close = ticks(dice.uniform(10_000, 60_000, SYMBOLS) * np.exp(np.cumsum(steps, axis=0)))
    opened = ticks(np.vstack([close[:1], close[:-1]]) * (1 + dice.normal(0, 0.01, close.shape)))
    high, low = np.maximum(opened, close) + 5, np.minimum(opened, close) - 5
    return make_market(
        np.array(sessions, dtype="datetime64[D]"),
        codes(SYMBOLS),
        Prices(open=opened, high=high, low=low, close=close),
    )


class Replay:
    """A PriceSource that plays a market's bars: the open until noon, then the close."""

    label = "replayed bars"

    def __init__(self, market: Market) -> None:
        self._market = market
        self._row = {day.item(): row for row, day in enumerate(market.sessions)}

    def symbols(self) -> tuple[str, ...]:
        return self._market.symbols

    def name(self, symbol: str) -> str:
        return symbol

    def is_session(self, day: date) -> bool:
        return day in self._row

    def hours(self, day: date) -> tuple[datetime, datetime]:
        return exchange_rules.session_hours(day)

    def base_price(self, symbol: str, day: date) -> int:
        return self.bar(symbol, max(self._row[day] - 1, 0)).close

    def minute(self, symbol: str, day: date, minute: int) -> MinutePrice:
        bar = self.bar(symbol, self._row[day])
        price = bar.open if minute < 180 else bar.close
        return MinutePrice(
            last=price,
            bid=price,
            ask=price,
            volume=1_000_000,
            cumulative_volume=1_000_000 * (minute + 1),
            day_open=bar.open,
            day_high=max(bar.open, price),
            day_low=min(bar.open, price),
        )

    def daily_bars(self, symbol: str, start: date, end: date, *, adjusted: bool) -> list[DayBar]:
        rows = [row for day, row in self._row.items() if start <= day <= end]
        return [self.bar(symbol, row) for row in rows]

    def bar(self, symbol: str, row: int) -> DayBar:
        column = self._market.symbols.index(Symbol(symbol))
        prices = self._market.order
        parts = (prices.open, prices.high, prices.low, prices.close)
        opened, high, low, close = (int(part[row, column]) for part in parts)
        return DayBar(self._market.sessions[row].item(), opened, high, low, close, 1)


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
