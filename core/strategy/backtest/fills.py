"""How decided actions and touched stops are filled on a session's bar."""

from __future__ import annotations

import math
from decimal import Decimal

from core.domain.account import Position
from core.domain.exit_offers import ExitKind
from core.domain.instrument import Symbol
from core.domain.krx import next_tick_up, round_down_to_tick
from core.domain.money import Won
from core.domain.orders import Side
from core.strategy.backtest.book import Book, Lot
from core.strategy.backtest.market import Market
from core.strategy.backtest.rules import Fill
from core.strategy.exits import exit_of, profit_mark, stop_level
from core.strategy.parameters import Parameters
from core.strategy.situation import Action


class Fills:
    """Fills orders of a `Book` on the bars of a market."""

    def __init__(self, market: Market, fill: Fill, book: Book) -> None:
        self._market, self._fill, self._book = market, fill, book
        self._column = {symbol: place for place, symbol in enumerate(market.symbols)}

    def fill(self, actions: tuple[Action, ...], row: int, *, may_buy: bool) -> None:
        """Fill what was decided the session before, sells first. A buy that may not be is lost."""
        for action in sorted(actions, key=lambda item: item.side is Side.BUY):
            column = self._column[action.symbol]
            price = self._price(column, row, action.side)
            if price is None or (action.side is Side.BUY and not may_buy):
                self._book.unfilled += 1
                continue
            when = (row, row - 1)
            if action.side is Side.BUY:
                self._book.buy(column, action.quantity, price, when, action.reason.key)
                continue
            lot = self._book.lots.get(column)
            if lot is None:
                continue
            quantity = min(action.quantity, lot.shares)
            self._book.sell(column, quantity, price, when, action.reason.key)
            if action.reason.key == ExitKind.TAKE_PROFIT.value and column in self._book.lots:
                self._book.half_taken(column)

    def touch(self, parameters: Parameters, row: int) -> None:
        """Let the bar of `row` touch the stops and profit marks, as somebody who watches would.

        Where both lie inside a bar the stop counts: nobody knows which came first. A gap fills at
        the open.
        """
        for column, lot in list(self._book.lots.items()):
            if not self._market.fillable[row, column]:
                continue
            opened, high, low = (
                int(part[row, column])
                for part in (
                    self._market.order.open,
                    self._market.order.high,
                    self._market.order.low,
                )
            )
            kind, level = stop_level(lot.cost_won, parameters, lot.passage)
            if low <= level:
                price = min(opened, self._legal(math.floor(level), row, up=False))
                self._book.sell(column, lot.shares, price, (row, row), kind.value)
                continue
            self._touch_mark(column, lot, parameters, row, (opened, high))

    def _touch_mark(
        self, column: int, lot: Lot, parameters: Parameters, row: int, bar: tuple[int, int]
    ) -> None:
        opened, high = bar
        leaving = exit_of(_position(lot, high), high, parameters, lot.passage)
        if leaving is None or leaving.kind is not ExitKind.TAKE_PROFIT:
            return
        mark = math.ceil(profit_mark(lot.cost_won, parameters))
        price = max(opened, self._legal(mark, row, up=True))
        self._book.sell(column, leaving.quantity, price, (row, row), leaving.kind.value)
        self._book.half_taken(column)

    def _legal(self, price: int, row: int, *, up: bool) -> int:
        """Return the nearest legal price on that side; adjusted prices have no ticks."""
        if not self._market.has_raw:
            return price
        day = self._market.sessions[row].item()
        legal = round_down_to_tick(price, day)
        return legal if legal == price or not up else next_tick_up(legal, day)

    def _price(self, column: int, row: int, side: Side) -> int | None:
        market, order = self._market, self._market.order
        if not market.fillable[row, column]:
            return None
        if self._fill is Fill.CLOSE:
            return int(order.close[row, column])
        opened = int(order.open[row, column])
        if self._fill is Fill.OPEN:
            return opened
        limit = int(order.close[row - 1, column])
        if side is Side.BUY:
            return min(opened, limit) if order.low[row, column] <= limit else None
        return max(opened, limit) if order.high[row, column] >= limit else None


def _position(lot: Lot, price: int) -> Position:
    """Return the lot as the exit policy takes it; its name plays no part there."""
    return Position(
        symbol=Symbol(""),
        name="",
        quantity=lot.shares,
        sellable=lot.shares,
        average_cost_won=Decimal(lot.cost_won),
        price_won=Won(price),
    )
