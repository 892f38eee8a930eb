"""The trading floor: brings the market to an instant and trades what meets it.

Everything that moves by itself is here (minutes, closes, new days); what a caller asks for is in
`brokers.sim.exchange`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from brokers.sim import matching, rules
from brokers.sim.books import commission
from brokers.sim.dump import ExchangeState
from brokers.sim.values import ExchangeOrder, Execution, PriceSource
from core.errors import InvariantBroken

# KIS shows three months of orders; older ones are forgotten.
_HISTORY = timedelta(days=100)


@dataclass(frozen=True, slots=True)
class Terms:
    """What trading costs and how much of a minute one account may get."""

    commission_rate: Decimal
    fills_per_minute_percent: int
    taxed: frozenset[str]
    multiples: Mapping[str, int]


class Floor:
    """One account's orders in the market."""

    def __init__(self, prices: PriceSource, terms: Terms, state: ExchangeState) -> None:
        """Open the floor on a state, which it then owns."""
        self.state = state
        self.symbols = frozenset(prices.symbols())
        self._prices = prices
        self._terms = terms

    def run(self, now: datetime) -> datetime:
        """Bring the market to `now` (never backwards) and return that instant in KST."""
        if now.tzinfo is None:
            raise ValueError("the exchange needs an aware instant")
        state, moment = self.state, now.astimezone(rules.KST)
        if state.now is not None and moment < state.now:
            moment = state.now
        if state.now is not None:
            self._match_until(state.now.date(), moment)
        if state.now is None or state.now.date() != moment.date():
            self._start_day(moment.date())
            # Minutes of a day that is entered late are over before its first order.
            state.now = moment
            self._match_until(moment.date(), moment)
        state.now = moment
        return moment

    def _start_day(self, day: date) -> None:
        state = self.state
        if any(order.remaining for order in self.today()):
            raise InvariantBroken("an order outlived its session")
        state.books.start_day(day, self._prices.is_session)
        state.next_minute = 0
        kept = day - _HISTORY
        state.orders = {key: rows for key, rows in state.orders.items() if key >= kept}
        state.executions = {key: rows for key, rows in state.executions.items() if key >= kept}

    def _match_until(self, day: date, now: datetime) -> None:
        state = self.state
        if not self._prices.is_session(day):
            return
        opens, closes = self._prices.hours(day)
        last_index = rules.minutes_between(opens, closes)
        reached = min((now - opens) // rules.MINUTE, last_index)
        if reached < state.next_minute:
            return
        for index in range(state.next_minute, reached + 1):
            working = [order for order in self.today() if order.remaining]
            if not working:
                break
            self._match_minute(working, opens + index * rules.MINUTE, index, last_index)
        state.next_minute = reached + 1
        if reached == last_index:
            for order in self.today():
                order.cancelled += order.remaining
                order.reserved_won = 0

    def _match_minute(
        self, working: list[ExchangeOrder], at: datetime, index: int, last_index: int
    ) -> None:
        for symbol in sorted({order.symbol for order in working}):
            minute = self._prices.minute(symbol, at.date(), index)
            offered = matching.shares_offered(minute, self._terms.fills_per_minute_percent)
            own = sorted((o for o in working if o.symbol == symbol), key=matching.queue_rank)
            for order in own:
                price = matching.trade_price(order, minute, index, last_index)
                quantity = min(order.remaining, offered)
                if price is not None and quantity:
                    self._trade(order, quantity, price, at)
                    offered -= quantity

    def meet(self, order: ExchangeOrder, moment: datetime) -> None:
        """Let an order that has just come trade with what its minute still offers."""
        price, shares = self.met(order, moment)
        if shares:
            self._trade(order, shares, price, moment)

    def met(self, order: ExchangeOrder, moment: datetime) -> tuple[int, int]:
        """Return (price, shares) that an order which has just come can trade at once.

        The market stands at `moment`, within the hours of orders. Before the open and in the
        closing auction orders only collect.
        """
        opens, closes = self._prices.hours(order.day)
        if moment < opens:
            return 0, 0
        index = (moment - opens) // rules.MINUTE
        minute = self._prices.minute(order.symbol, order.day, index)
        price = matching.arrival_price(order, minute, index, rules.minutes_between(opens, closes))
        if price is None:
            return 0, 0
        offered = matching.shares_offered(minute, self._terms.fills_per_minute_percent)
        left = offered - self._taken(order.symbol, opens + index * rules.MINUTE)
        return price, max(min(order.remaining, left), 0)

    def _taken(self, symbol: str, since: datetime) -> int:
        """Count what today's orders for a symbol, buys and sells, got from `since` on."""
        own = {order.number for order in self.today() if order.symbol == symbol}
        fills = self.state.executions.get(since.date(), [])
        return sum(fill.quantity for fill in fills if fill.at >= since and fill.number in own)

    def _trade(self, order: ExchangeOrder, quantity: int, price: int, at: datetime) -> None:
        """Fill a part of an order. Its fees add up to the commission on its whole amount."""
        books, amount = self.state.books, quantity * price
        fee = self.fee(order.amount + amount) - self.fee(order.amount)
        order.filled += quantity
        order.amount += amount
        if order.is_buy:
            order.reserved_won = self.reserve(order)
            books.bought(at.date(), order.symbol, quantity, amount, fee)
        else:
            taxed = order.symbol in self._terms.taxed
            books.sold(at.date(), order.symbol, quantity, price, fee=fee, taxed=taxed)
        execution = Execution(order.number, quantity, price, fee, at)
        self.state.executions.setdefault(at.date(), []).append(execution)
        self.state.unreported.append(execution)
        self._check(order)

    def today(self) -> list[ExchangeOrder]:
        """Return the rows of the current day by number."""
        now = self.state.now
        return self.state.orders.get(now.date(), []) if now else []

    def base(self, symbol: str, day: date) -> int:
        """Return the base price, 0 for an unknown symbol."""
        return self._prices.base_price(symbol, day) if symbol in self.symbols else 0

    def limits(self, symbol: str, day: date) -> tuple[int, int]:
        """Return (lower, upper) price limit of a known symbol; a leveraged one's are wider."""
        times = abs(self._terms.multiples.get(symbol, 1))
        return rules.price_limits(self.base(symbol, day), day, times)

    def fee(self, amount: int) -> int:
        """Return the commission on `amount`."""
        return commission(amount, self._terms.commission_rate)

    def reserve(self, order: ExchangeOrder) -> int:
        """Return the most that the rest of a buy order can still cost, commission included."""
        price = order.price
        if order.is_market or order.closes_at_market:
            price = self.limits(order.symbol, order.day)[1]
        rest = order.remaining * price
        return rest + self.fee(order.amount + rest) - self.fee(order.amount)

    def orderable(self) -> int:
        """Return the cash that no open buy order holds back."""
        return self.state.books.total - sum(order.reserved_won for order in self.today())

    def sellable(self, symbol: str) -> int:
        """Return the shares that no open sell order holds back."""
        lot = self.state.books.lots.get(symbol)
        waiting = (o for o in self.today() if o.symbol == symbol and not o.is_buy)
        return (lot.quantity if lot else 0) - sum(order.remaining for order in waiting)

    def _check(self, order: ExchangeOrder) -> None:
        """Hold the account to its rules after each trade."""
        if order.remaining < 0 or self.orderable() < 0 or self.sellable(order.symbol) < 0:
            raise InvariantBroken(f"the books do not add up after order {order.number}")
