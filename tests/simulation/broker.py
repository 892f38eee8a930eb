"""The broker of a simulated world: a server of the sandbox over one exchange, and its own truth."""

from __future__ import annotations

import random
from collections.abc import Collection
from datetime import datetime, timedelta

from brokers.sim.exchange import Exchange
from brokers.sim.values import ExchangeOrder
from sandbox.kis.wire import Reply, Request
from tests.simulation.border import Border, Kind
from tests.simulation.clock import TrueTime
from tests.simulation.market import ShownMarket, Tape
from tests.simulation.weather import Weather


class BrokerHost:
    """One account at one broker. Its clock may be off, too."""

    def __init__(
        self,
        tape: Tape,
        border: Border,
        true_time: TrueTime,
        weather: Weather,
        *,
        cash_won: int,
        orders_page: int,
        skew: timedelta = timedelta(0),
        dice: random.Random,
    ) -> None:
        self.exchange = Exchange(tape, opening_cash_won=cash_won, fills_per_minute_percent=10)
        self.shown = ShownMarket(self.exchange, tape)
        self.shown.draw_lag = self._lag
        self.border = border
        self.state = border.server(self.shown, tape, orders_page)
        self.skew = skew
        self._true = true_time
        self._weather = weather
        self._dice = dice
        self._down_until = 0.0
        self.token_asked: list[datetime] = []
        self.arrivals: list[datetime] = []

    def now(self) -> datetime:
        """What the broker's clock shows."""
        return self._true.now() + self.skew

    def is_down(self, at: float) -> bool:
        """Whether nobody listens at that loop second."""
        return at < self._down_until

    def restart(self, at: float) -> None:
        """Listen to nobody for a while, and forget the token."""
        self._down_until = at + self._weather.between(3, 40)
        self._forget_token()

    def handle(self, request: Request, *, is_late: bool = False) -> Reply:
        """Answer at the broker's own instant. What was held up on its way breaks no pace."""
        now = self.now()
        if self.border.kind(request) is Kind.TOKEN:
            self.token_asked.append(now)
        else:
            if not is_late:
                self.arrivals.append(now)
            else:
                self.border.forget_pace(self.state)
            if self._weather.strikes("token_killed"):
                self._forget_token()
            if self._weather.strikes("balance_lag"):
                self.shown.books_lag = timedelta(seconds=self._weather.between(1, 45))
            elif self._weather.is_calm:
                self.shown.books_lag = timedelta(0)
        return self.border.handle(self.state, request, now)

    def orders_today(self) -> list[ExchangeOrder]:
        """The truth: every order and cancel row of today."""
        now = self.now()
        self.exchange.advance(now)
        return self.exchange.orders(now.date())

    def earlier_number(self) -> int:
        """Return some earlier number of today, or 0."""
        numbers = [row.number for row in self.orders_today()[:-1] if not row.original]
        return self._dice.choice(numbers) if numbers else 0

    def reject_some(self, numbers: Collection[str]) -> int:
        """Refuse what remains of one of these orders after it was accepted; return its number."""
        open_rows = [
            row
            for row in self.orders_today()
            if row.remaining and not row.original and not row.filled and str(row.number) in numbers
        ]
        if not open_rows:
            return 0
        row = self._dice.choice(open_rows)
        row.rejected += row.remaining
        row.reserved_won = 0
        return row.number

    def _forget_token(self) -> None:
        self.border.end_token(self.state, self.now(), self._dice)

    def _lag(self) -> timedelta | None:
        if not self._weather.strikes("history_lag"):
            return None
        return timedelta(seconds=self._weather.between(1, 45))
