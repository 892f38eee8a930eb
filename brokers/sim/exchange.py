"""A simulated exchange with KRX rules and one account on it.

Synchronous and without a clock: every call carries the instant (aware) at which it happens, runs
the market up to it first, and answers with values. The same calls give the same fills, no matter
how often the exchange is asked in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import partial

from brokers.sim import admission, rules
from brokers.sim.books import Books
from brokers.sim.dump import ExchangeState, state_from, state_to
from brokers.sim.floor import Floor, Terms
from brokers.sim.intraday import quiet_day
from brokers.sim.values import (
    CashBook,
    ExchangeOrder,
    Execution,
    Holding,
    Lasting,
    MarketView,
    Placed,
    PriceSource,
    Refusal,
    Refused,
)
from core.errors import InvariantBroken


class Exchange:
    """One account on one market. Prices come from a PriceSource."""

    def __init__(
        self,
        prices: PriceSource,
        *,
        opening_cash_won: int,
        commission_rate: Decimal = Decimal("0.00015"),
        fills_per_minute_percent: int = 10,
        taxed: frozenset[str] = frozenset(),
        multiples: Mapping[str, int] | None = None,
    ) -> None:
        """Open the account.

        `fills_per_minute_percent` of a minute's volume, at least one share, is what one symbol's
        orders get in that minute. Gains of the symbols in `taxed` are taxed 15.4 % at each sale;
        `multiples` says how many times its index a leveraged or inverse fund moves.
        """
        if opening_cash_won < 0 or not 1 <= fills_per_minute_percent <= 100:  # noqa: PLR2004
            raise ValueError("cash must not be negative; the fill share is 1..100 percent")
        self._prices = prices
        self._terms = Terms(commission_rate, fills_per_minute_percent, taxed, multiples or {})
        self._floor = Floor(prices, self._terms, ExchangeState(Books(opening_cash_won)))

    # Time

    def advance(self, now: datetime) -> list[Execution]:
        """Match minute by minute up to `now`; return the executions not returned before.

        At the close unfilled orders are cancelled; a new day starts its numbers at 1.
        """
        self._floor.run(now)
        fresh, self._floor.state.unreported = self._floor.state.unreported, []
        return fresh

    # Orders

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
        """Take an order of today, or refuse it. A market order has price 0.

        While the market trades, it meets what its minute still offers before this returns; the
        answer says only that it was taken, its fills are told by `advance` and `executions`.
        """
        moment = self._floor.run(now)
        order = ExchangeOrder(
            day=moment.date(),
            number=len(self._floor.today()) + 1,
            symbol=symbol,
            is_buy=is_buy,
            is_market=is_market,
            quantity=quantity,
            price=0 if is_market else price,
            placed_at=moment,
            closes_at_market=lasting is Lasting.TO_THE_CLOSE,
        )
        reason = (
            admission.closed(self._prices, moment)
            or admission.wrong(self._floor, order)
            or admission.means(self._floor, order)
        )
        if reason is not None:
            return Refused(reason)
        if is_buy:
            order.reserved_won = self._floor.reserve(order)
        placed = self._enter(order)
        if lasting is Lasting.WHOLE and self._floor.met(order, moment)[1] < quantity:
            self._take_off(order, quantity)
        self._floor.meet(order, moment)
        if lasting is Lasting.AT_ONCE:
            self._take_off(order, order.remaining)
        return placed

    def cancel(self, now: datetime, number: int, quantity: int | None = None) -> Placed | Refused:
        """Cancel `quantity` shares of what remains of today's order `number`, or all of it.

        The cancel is a row of its own.
        """
        asked = self._asked_of(now, number, quantity)
        if isinstance(asked, Refused):
            return asked
        moment, order, shares = asked
        row = ExchangeOrder(
            day=order.day,
            number=len(self._floor.today()) + 1,
            symbol=order.symbol,
            is_buy=order.is_buy,
            is_market=order.is_market,
            quantity=shares,
            price=order.price,
            placed_at=moment,
            cancelled=shares,
            original=order.number,
        )
        self._take_off(order, shares)
        return self._enter(row)

    def amend(
        self,
        now: datetime,
        number: int,
        *,
        price: int,
        quantity: int | None = None,
        is_market: bool = False,
    ) -> Placed | Refused:
        """Give `quantity` shares of what remains of today's order, or all of it, another price.

        They go on as an order of its own with a new number, behind those that wait at that price
        already; like one that has just come it meets what its minute still offers.
        """
        asked = self._asked_of(now, number, quantity)
        if isinstance(asked, Refused):
            return asked
        moment, order, shares = asked
        row = ExchangeOrder(
            day=order.day,
            number=len(self._floor.today()) + 1,
            symbol=order.symbol,
            is_buy=order.is_buy,
            is_market=is_market,
            quantity=shares,
            price=0 if is_market else price,
            placed_at=moment,
            original=number,
            amends=True,
        )
        reason = admission.wrong(self._floor, row)
        if reason is not None:
            return Refused(reason)
        self._take_off(order, shares)
        reason = admission.means(self._floor, row)
        if reason is not None:
            self._take_off(order, -shares)
            return Refused(reason)
        row.reserved_won = self._floor.reserve(row) if row.is_buy else 0
        placed = self._enter(row)
        self._floor.meet(row, moment)
        return placed

    def _asked_of(
        self, now: datetime, number: int, quantity: int | None
    ) -> tuple[datetime, ExchangeOrder, int] | Refused:
        """Return when, of which order and of how many shares something is asked, or why not."""
        moment = self._floor.run(now)
        reason = admission.closed(self._prices, moment)
        if reason is not None:
            return Refused(reason)
        order = self._living(number)
        if order is None:
            return Refused(Refusal.UNKNOWN_ORDER)
        shares = order.remaining if quantity is None else quantity
        if not 1 <= shares <= order.remaining:
            return Refused(Refusal.NOTHING_LEFT)
        return moment, order, shares

    def _living(self, number: int) -> ExchangeOrder | None:
        """Return today's order of that number: a cancel row is none."""
        return next(
            (row for row in self._floor.today() if row.number == number and not row.is_cancel), None
        )

    def _take_off(self, order: ExchangeOrder, shares: int) -> None:
        """Take shares out of what waits, with the cash that they held back."""
        order.cancelled += shares
        order.reserved_won = self._floor.reserve(order) if order.is_buy else 0

    def orders(self, day: date) -> list[ExchangeOrder]:
        """Return the orders and cancel rows of `day` by number, as of the last instant seen."""
        return list(self._floor.state.orders.get(day, ()))

    def executions(self, day: date) -> list[Execution]:
        """Return the executions of `day` in the order they happened."""
        return list(self._floor.state.executions.get(day, ()))

    def _enter(self, order: ExchangeOrder) -> Placed:
        self._floor.state.orders.setdefault(order.day, []).append(order)
        if self._floor.orderable() < 0:
            raise InvariantBroken("more cash is reserved than there is")
        return Placed(order.number, order.placed_at)

    # Account

    def holdings(self, now: datetime) -> list[Holding]:
        """Return what is held, by symbol; a symbol sold out today stays with quantity 0."""
        self._floor.run(now)
        return [
            Holding(
                symbol=symbol,
                quantity=lot.quantity,
                sellable=self._floor.sellable(symbol),
                average_cost=lot.average_cost,
                bought_today=lot.bought_today,
                sold_today=lot.sold_today,
            )
            for symbol, lot in sorted(self._floor.state.books.lots.items())
            if lot.quantity or lot.sold_today
        ]

    def cash(self, now: datetime) -> CashBook:
        """Return cash by settlement day and the sums of today."""
        today, books = self._floor.run(now).date(), self._floor.state.books
        settled = partial(books.balance, today, is_session=self._prices.is_session)
        return CashBook(
            deposit=settled(0),
            d1=settled(1),
            d2=books.total,
            orderable=self._floor.orderable(),
            buys_today=books.buys_today,
            sells_today=books.sells_today,
            fees_today=books.fees_today,
            taxes_today=books.taxes_today,
        )

    def buying_power(
        self, now: datetime, symbol: str, price: int, *, is_market: bool
    ) -> tuple[int, int]:
        """Return (cash, shares) that may be bought without credit, fee included.

        A market order is counted at the upper limit; so is a price below 1. Zero shares for an
        unknown symbol.
        """
        day = self._floor.run(now).date()
        cash, base = self._floor.orderable(), self._floor.base(symbol, day)
        if not base:
            return cash, 0
        each = self._floor.limits(symbol, day)[1] if is_market or price < 1 else price
        quantity = int(cash / (each * (1 + self._terms.commission_rate)))
        # The commission is cut to whole won, so one more share may fit than the division says.
        while (quantity + 1) * each + self._floor.fee((quantity + 1) * each) <= cash:
            quantity += 1
        return cash, quantity

    def deposit(self, amount_won: int) -> None:
        """Pay settled cash in. Raises ValueError below zero."""
        if amount_won < 0:
            raise ValueError("a deposit must not be negative")
        self._floor.state.books.settled += amount_won

    def grant(self, symbol: str, quantity: int, average_cost: int) -> None:
        """Put shares into the account, bought for `average_cost` won each."""
        if symbol not in self._floor.symbols or quantity < 1 or average_cost < 1:
            raise ValueError(f"cannot grant {quantity} of {symbol!r} at {average_cost}")
        self._floor.state.books.lot(symbol).buy(quantity, quantity * average_cost)

    # Market

    def market(self, now: datetime, symbol: str) -> MarketView | None:
        """Return what a quote shows; None for an unknown or not yet listed symbol.

        Before the open and on other days: the base price and an empty book.
        """
        moment = self._floor.run(now)
        day = moment.date()
        base = self._floor.base(symbol, day)
        if not base:
            return None
        minute, is_open = quiet_day(base), False
        if self._prices.is_session(day):
            opens, closes = self._prices.hours(day)
            is_open = opens <= moment < closes
            if moment >= opens:
                minute = self._prices.minute(symbol, day, (moment - opens) // rules.MINUTE)
        lower, upper = self._floor.limits(symbol, day)
        tick = rules.etf_tick(minute.last, day)
        return MarketView(minute, base, upper, lower, tick, is_open)

    # State

    def dump(self) -> dict[str, object]:
        """Return everything but the prices, ready for JSON."""
        head = {
            "prices": self._prices.label,
            "commission_rate": str(self._terms.commission_rate),
            "fills_per_minute_percent": self._terms.fills_per_minute_percent,
            "taxed": sorted(self._terms.taxed),
            "multiples": dict(sorted(self._terms.multiples.items())),
        }
        return {**head, **state_to(self._floor.state)}

    @classmethod
    def restore(cls, prices: PriceSource, state: Mapping[str, object]) -> Exchange:
        """Return the exchange that `dump` described. Raises ValueError when it cannot be read."""
        try:
            exchange = cls(
                prices,
                opening_cash_won=0,
                commission_rate=Decimal(str(state["commission_rate"])),
                fills_per_minute_percent=int(str(state["fills_per_minute_percent"])),
                taxed=frozenset(map(str, state["taxed"])),  # type: ignore[call-overload]
                # Files of before the bands knew of leverage name none.
                multiples=dict(state.get("multiples", {})),  # type: ignore[call-overload]
            )
            exchange._floor.state = state_from(state)
        except (KeyError, TypeError, ArithmeticError) as error:
            raise ValueError(f"not the state of an exchange: {error!r}") from error
        return exchange
