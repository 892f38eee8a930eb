"""The broker of a simulated world: the sandbox's KIS server over one exchange, and its own truth."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from brokers.sim.exchange import Exchange
from brokers.sim.values import ExchangeOrder
from sandbox.kis import gateway
from sandbox.kis.profiles import Profile
from sandbox.kis.state import KisState
from sandbox.kis.wire import Fault, Reply, Request
from tests.simulation.clock import TrueTime
from tests.simulation.market import ShownMarket, Tape
from tests.simulation.weather import Weather

# Within six hours the server issues the same token again, dead or not.
_OLD = timedelta(hours=7)


class BrokerHost:
    """One account at one broker. Its clock may be off, too."""

    def __init__(
        self,
        tape: Tape,
        profile: Profile,
        true_time: TrueTime,
        weather: Weather,
        *,
        cash_won: int,
        skew: timedelta = timedelta(0),
        dice: random.Random,
    ) -> None:
        self.exchange = Exchange(tape, opening_cash_won=cash_won, fills_per_minute_percent=10)
        self.shown = ShownMarket(self.exchange, tape)
        self.shown.draw_lag = self._lag
        self.state = KisState(self.shown, tape, profile)
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
        if request.path == "/oauth2/tokenP":
            self.token_asked.append(now)
        elif request.path.startswith("/uapi/domestic"):
            if not is_late:
                self.arrivals.append(now)
            else:
                self.state.window.clear()
            if self._weather.strikes("token_killed"):
                self._forget_token()
            if self._weather.strikes("balance_lag"):
                self.shown.books_lag = timedelta(seconds=self._weather.between(1, 45))
            elif self._weather.is_calm:
                self.shown.books_lag = timedelta(0)
        reply = gateway.handle(self.state, request, now)
        if isinstance(reply, Fault):
            raise TypeError("the simulation has its own faults")
        return reply

    def orders_today(self) -> list[ExchangeOrder]:
        """The truth: every order and cancel row of today."""
        now = self.now()
        self.exchange.advance(now)
        return self.exchange.orders(now.date())

    def earlier_number(self) -> str:
        """Return the wire form of some earlier number of today, or ""."""
        numbers = [row.number for row in self.orders_today()[:-1] if not row.original]
        return f"{self._dice.choice(numbers):010d}" if numbers else ""

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
        """End the token: forgotten, or run out early. The next one is a new one."""
        token = self.state.token
        if token is not None and self._dice.random() < 0.5:
            self.state.token = replace(token, expires_at=self.now(), issued_at=self.now() - _OLD)
        else:
            self.state.token = None

    def _lag(self) -> timedelta | None:
        if not self._weather.strikes("history_lag"):
            return None
        return timedelta(seconds=self._weather.between(1, 45))
