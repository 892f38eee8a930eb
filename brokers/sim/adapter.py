"""`BROKER=sim`: the simulated exchange inside the process, behind the broker port.

Every change is on disk before the answer is returned, so an accepted order outlives a killed
process. Reads advance the market too; what they change can be computed again from the same prices.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

from brokers.sim import state_file
from brokers.sim.exchange import Exchange
from brokers.sim.translation import REFUSAL_TEXTS, bar_of, order_of, position_of, quote_of, rejected
from brokers.sim.values import PriceSource, Refusal, Refused
from core.domain.account import AccountSnapshot, BuyingPower
from core.domain.instrument import Symbol
from core.domain.market import Bar, BarSeries, Quote
from core.domain.modes import Mode
from core.domain.money import Won
from core.domain.orders import (
    Accepted,
    BrokerOrderRef,
    OrderHistory,
    OrderRequest,
    OrderType,
    Rejected,
    Side,
    SubmitOutcome,
    Unresolved,
    WireRecord,
)
from core.errors import BrokerRefused, ConfigurationError, StorageError
from core.ports.broker import AccessToken, BrokerIdentity
from core.ports.clock import Clock

_ACCOUNT = "SIM-000001"
_TOKEN_LIFE = timedelta(hours=24)
_NUMBER_DIGITS = 10

IDENTITY = BrokerIdentity(
    broker="sim",
    mode=Mode.SIM,
    base_url="sim://in-process",
    account_masked="SIM-****01",
    account_hash=sha256(_ACCOUNT.encode()).hexdigest()[:16],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimTerms:
    """How the account is opened the first time; a stored account keeps its own terms."""

    opening_cash_won: int = 1_000_000
    commission_rate: Decimal = Decimal("0.00015")
    fills_per_minute_percent: int = 10
    taxed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SimBroker:
    """BrokerAdapter over an in-process Exchange. Build it with `open_account`."""

    prices: PriceSource
    clock: Clock
    state_path: Path
    exchange: Exchange

    @classmethod
    def open_account(
        cls, prices: PriceSource, clock: Clock, state_path: Path, terms: SimTerms | None = None
    ) -> SimBroker:
        """Restore the account from `state_path`, or open it there with `terms`.

        Raises StorageError for an unreadable file and ConfigurationError when the stored account
        lives on other prices.
        """
        state = state_file.load(state_path)
        if state is None:
            chosen = terms or SimTerms()
            exchange = Exchange(
                prices,
                opening_cash_won=chosen.opening_cash_won,
                commission_rate=chosen.commission_rate,
                fills_per_minute_percent=chosen.fills_per_minute_percent,
                taxed=chosen.taxed,
            )
            return cls(prices, clock, state_path, exchange)
        if state.get("prices") != prices.label:
            raise ConfigurationError(
                f"{state_path}: this simulated account lives on the prices {state.get('prices')!r}, "
                f"not on {prices.label!r}; choose those prices again or move the file away"
            )
        try:
            return cls(prices, clock, state_path, Exchange.restore(prices, state))
        except ValueError as error:
            raise StorageError(f"{state_path}: {error}") from error

    @property
    def identity(self) -> BrokerIdentity:
        """Say that this is the simulated account."""
        return IDENTITY

    async def issue_token(self) -> AccessToken:
        """Return a token that nobody checks."""
        return AccessToken("sim", self.clock.now() + _TOKEN_LIFE)

    async def place_order(self, token: AccessToken, request: OrderRequest) -> SubmitOutcome:
        """Place one order. Unresolved when it stands in the exchange but not yet on disk."""
        del token
        answer = self.exchange.place(
            self.clock.now(),
            request.symbol,
            is_buy=request.side is Side.BUY,
            quantity=request.quantity,
            price=request.price_won or 0,
            is_market=request.order_type is OrderType.MARKET,
        )
        # There is no wire: what a broker would have been sent and would have said is written down.
        asked = f"sim {request.signature}"
        if isinstance(answer, Refused):
            refused = rejected(answer.reason)
            return replace(refused, wire=WireRecord(request=asked, answer=refused.code))
        taken = self._taken(answer.number, answer.at)
        said = "" if isinstance(taken, Unresolved) else taken.ref.number
        return replace(taken, wire=WireRecord(request=asked, answer=said))

    async def cancel_order(self, token: AccessToken, ref: BrokerOrderRef) -> SubmitOutcome:
        """Cancel all that remains of one of today's orders."""
        del token
        number = int(ref.number) if ref.number.isascii() and ref.number.isdecimal() else 0
        answer = self.exchange.cancel(self.clock.now(), number)
        if isinstance(answer, Refused):
            return rejected(answer.reason)
        return self._taken(answer.number, answer.at)

    async def order_history(self, token: AccessToken, day: date) -> OrderHistory:
        """Return every order of `day`, cancel rows included."""
        del token
        now = self._advance()
        rows = tuple(order_of(order, order_number) for order in self.exchange.orders(day))
        return OrderHistory(day=day, read_at=now, orders=rows)

    async def account(self, token: AccessToken) -> AccountSnapshot:
        """Return cash and what is held, at the newest prices."""
        del token
        now = self._advance()
        cash = self.exchange.cash(now)
        positions = tuple(
            position_of(item, self.prices.name(item.symbol), self.exchange.market(now, item.symbol))
            for item in self.exchange.holdings(now)
            if item.quantity
        )
        return AccountSnapshot(
            deposit_won=Won(cash.deposit),
            settled_d2_won=Won(cash.d2),
            positions=positions,
            taken_at=now,
        )

    async def buying_power(
        self, token: AccessToken, symbol: Symbol, price_won: Won, order_type: OrderType
    ) -> BuyingPower:
        """Return what may be bought; a market order counts at the upper limit."""
        del token
        now = self._advance()
        self._known(symbol, now)
        is_market = order_type is OrderType.MARKET
        cash, quantity = self.exchange.buying_power(now, symbol, price_won, is_market=is_market)
        return BuyingPower(cash_won=Won(cash), quantity_max=quantity)

    async def sellable(self, token: AccessToken, symbol: Symbol) -> int:
        """Return the shares that may be sold now; 0 when none are held."""
        del token
        now = self._advance()
        held = (item for item in self.exchange.holdings(now) if item.symbol == symbol)
        return next((item.sellable for item in held), 0)

    async def quote(self, token: AccessToken, symbol: Symbol) -> Quote:
        """Return the newest price. Raises BrokerRefused for an unknown symbol."""
        del token
        now = self._advance()
        view = self.exchange.market(now, symbol)
        if view is None:
            raise _unknown()
        return quote_of(symbol, view, now)

    async def daily_bars(
        self, token: AccessToken, symbol: Symbol, start: date, end: date, *, adjusted: bool
    ) -> BarSeries:
        """Return finished sessions only: never the bar of a session that still runs."""
        del token
        now = self.clock.now()
        today = now.date()
        running = not self.prices.is_session(today) or now < self.prices.hours(today)[1]
        finished = today - timedelta(days=1) if running else today

        def bars() -> tuple[Bar, ...]:
            found = self.prices.daily_bars(symbol, start, min(end, finished), adjusted=adjusted)
            return tuple(bar_of(symbol, bar) for bar in found)

        # In a thread, and before anything else asks for the symbol: an invented market is reckoned
        # from its first day, and years of it take 80 ms.
        try:
            found = await asyncio.to_thread(bars)
        except KeyError:
            raise _unknown() from None
        self._known(symbol, self.clock.now())
        label = self.prices.label
        return BarSeries(symbol=symbol, adjusted=adjusted, source=label, bars=found)

    async def is_open_day(self, token: AccessToken, day: date) -> bool:
        """Whether the simulated exchange opens on `day`."""
        del token
        return self.prices.is_session(day)

    async def close(self) -> None:
        """Write what the last reads moved. Raises StorageError when it cannot be written."""
        self._advance()

    def _taken(self, number: int, at: datetime) -> Accepted | Unresolved:
        try:
            self._save()
        except OSError as error:
            return Unresolved(reason=f"{self.state_path}: {error.strerror or error}")
        return Accepted(ref=BrokerOrderRef(number=order_number(number)), accepted_at=at)

    def _advance(self) -> datetime:
        """Bring the market to now and write what that changed."""
        now = self.clock.now()
        if self.exchange.advance(now):
            try:
                self._save()
            except OSError as error:
                raise StorageError(f"{self.state_path}: cannot be written: {error}") from error
        return now

    def _save(self) -> None:
        """Write the state. Blocking on purpose: nothing may slip in between."""
        text = json.dumps(self.exchange.dump(), ensure_ascii=False, separators=(",", ":"))
        state_file.save(self.state_path, text)

    def _known(self, symbol: Symbol, now: datetime) -> None:
        if self.exchange.market(now, symbol) is None:
            raise _unknown()


def order_number(number: int) -> str:
    """Return an order number as brokers print it: ten digits."""
    return f"{number:0{_NUMBER_DIGITS}d}"


def _unknown() -> BrokerRefused:
    refusal: Rejected = rejected(Refusal.UNKNOWN_SYMBOL)
    return BrokerRefused(refusal.code, REFUSAL_TEXTS[Refusal.UNKNOWN_SYMBOL])
