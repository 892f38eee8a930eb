"""A small market made by a seed, and the account's list as the broker shows it: later than true."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar, cast

from brokers.sim import rules
from brokers.sim.exchange import Exchange
from brokers.sim.values import (
    CashBook,
    DayBar,
    ExchangeOrder,
    Execution,
    Holding,
    Lasting,
    MarketView,
    MinutePrice,
    Placed,
    PriceSource,
    Refused,
)

_MINUTES_MAX = 400
_T = TypeVar("_T")


class Tape(PriceSource):
    """Prices of some symbols: each minute a few ticks from the last. One seed, one tape."""

    def __init__(self, seed: int, bases: Mapping[str, int], *, wildness: int) -> None:
        """`wildness` is how many ticks a minute may move."""
        self._seed = seed
        self._bases = dict(bases)
        self._wildness = wildness
        self._paths: dict[tuple[str, date], list[MinutePrice]] = {}

    @property
    def label(self) -> str:
        return f"tape {self._seed}"

    def symbols(self) -> tuple[str, ...]:
        return tuple(self._bases)

    def name(self, symbol: str) -> str:
        return f"ETF {symbol}"

    def is_session(self, day: date) -> bool:
        return rules.is_session(day)

    def hours(self, day: date) -> tuple[datetime, datetime]:
        return rules.session_hours(day)

    def base_price(self, symbol: str, day: date) -> int:
        del day
        return self._bases[symbol]

    def minute(self, symbol: str, day: date, minute: int) -> MinutePrice:
        path = self._paths.get((symbol, day))
        if path is None:
            path = self._paths[symbol, day] = self._lay(symbol, day)
        return path[max(0, min(minute, len(path) - 1))]

    def daily_bars(self, symbol: str, start: date, end: date, *, adjusted: bool) -> list[DayBar]:
        del start, end, adjusted
        self.base_price(symbol, date.min)
        return []

    def _lay(self, symbol: str, day: date) -> list[MinutePrice]:
        dice = random.Random(f"tape {self._seed} {symbol} {day}")
        price = first = high = low = self._bases[symbol]
        count = min(rules.minutes_between(*self.hours(day)), _MINUTES_MAX)
        path = []
        for index in range(count + 1):
            tick = rules.etf_tick(price, day)
            price = max(price + tick * dice.randint(-self._wildness, self._wildness), tick)
            high, low = max(high, price), min(low, price)
            quiet = rules.in_closing_auction(index, count) or index == count
            path.append(
                MinutePrice(
                    last=price,
                    bid=0 if quiet else price - tick,
                    ask=0 if quiet else price,
                    volume=dice.choice((5, 20, 40, 400, 4000)),
                    cumulative_volume=1 + index,
                    day_open=first,
                    day_high=high,
                    day_low=low,
                )
            )
        return path


class ShownMarket:
    """The exchange as the broker's ledger shows it (`sandbox.kis.state.Market`).

    `lag` says, per order number, how much later than it happened its row tells anything;
    `books_lag` is how old balances may be.
    """

    def __init__(self, exchange: Exchange, prices: PriceSource) -> None:
        self.true = exchange
        self._prices = prices
        self.lag: dict[tuple[date, int], timedelta] = {}
        self.books_lag = timedelta(0)
        self.draw_lag: Callable[[], timedelta | None] = lambda: None
        self._now: datetime | None = None
        self._kept: dict[str, tuple[datetime, Any]] = {}

    def advance(self, now: datetime) -> list[Execution]:
        self._now = now
        return self.true.advance(now)

    def place(
        self,
        now: datetime,
        symbol: str,
        *,
        is_buy: bool,
        quantity: int,
        price: int,
        is_market: bool = False,
        lasting: Lasting = Lasting.DAY,
    ) -> Placed | Refused:
        placed = self.true.place(
            now,
            symbol,
            is_buy=is_buy,
            quantity=quantity,
            price=price,
            is_market=is_market,
            lasting=lasting,
        )
        if isinstance(placed, Placed) and (lag := self.draw_lag()) is not None:
            self.lag[placed.at.date(), placed.number] = lag
        return placed

    def cancel(self, now: datetime, number: int, quantity: int | None = None) -> Placed | Refused:
        return self.true.cancel(now, number, quantity)

    def amend(
        self,
        now: datetime,
        number: int,
        *,
        price: int,
        quantity: int | None = None,
        is_market: bool = False,
    ) -> Placed | Refused:
        return self.true.amend(now, number, price=price, quantity=quantity, is_market=is_market)

    def orders(self, day: date) -> list[ExchangeOrder]:
        rows = self.true.orders(day)
        now = self._now
        if now is None or not self.lag:
            return rows
        return [shown for row in rows if (shown := self._shown(row, rows, now)) is not None]

    def _shown(
        self, row: ExchangeOrder, rows: list[ExchangeOrder], now: datetime
    ) -> ExchangeOrder | None:
        lag = self.lag.get((row.day, row.original or row.number))
        if lag is None:
            return row
        seen = now - lag
        if row.placed_at > seen:
            return None
        fills = [
            item
            for item in self.true.executions(row.day)
            if item.number == row.number and item.at <= seen
        ]
        gone = self._cancelled_at(row, rows)
        return replace(
            row,
            filled=sum(item.quantity for item in fills),
            amount=sum(item.quantity * item.price for item in fills),
            cancelled=row.cancelled if row.is_cancel or gone <= seen else 0,
        )

    def _cancelled_at(self, row: ExchangeOrder, rows: list[ExchangeOrder]) -> datetime:
        asked = [other.placed_at for other in rows if other.original == row.number]
        return min(asked, default=self._prices.hours(row.day)[1])

    def executions(self, day: date) -> list[Execution]:
        return self.true.executions(day)

    def holdings(self, now: datetime) -> list[Holding]:
        return self._old("holdings", now, self.true.holdings(now))

    def cash(self, now: datetime) -> CashBook:
        return self._old("cash", now, self.true.cash(now))

    def buying_power(
        self, now: datetime, symbol: str, price: int, *, is_market: bool
    ) -> tuple[int, int]:
        fresh = self.true.buying_power(now, symbol, price, is_market=is_market)
        return self._old(f"power {symbol} {price} {is_market}", now, fresh)

    def market(self, now: datetime, symbol: str) -> MarketView | None:
        return self.true.market(now, symbol)

    def _old(self, name: str, now: datetime, fresh: _T) -> _T:
        kept = self._kept.get(name)
        if kept is not None and now - kept[0] < self.books_lag:
            return cast("_T", kept[1])
        self._kept[name] = (now, fresh)
        return fresh
