"""A small honest broker at the `Broker` port: it holds cash and shares and keeps an order list.

What it answers is scripted; what it does is counted. Nothing is filled until a test fills it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum

from core.domain.account import AccountSnapshot, BuyingPower, Position
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.market import BarSeries, Quote
from core.domain.modes import Mode
from core.domain.money import Won
from core.domain.orders import (
    Accepted,
    BrokerOrder,
    BrokerOrderRef,
    NotSent,
    OrderHistory,
    OrderRequest,
    OrderType,
    Rejected,
    Side,
    SubmitOutcome,
    Unresolved,
)
from core.domain.unsent import Unsent
from core.errors import BrokerError, BrokerUnavailable
from core.ports.broker import BrokerIdentity
from core.ports.clock import Clock
from tests.fakes.quotes import quote_of


class Answer(Enum):
    """How the next post is answered."""

    ACCEPT = "accept"
    REJECT = "reject"
    NOT_SENT = "not sent"
    SILENT_AND_TAKEN = "the order exists, nobody says so"
    SILENT_AND_LOST = "no order, nobody says so"
    RAISE = "raises"
    BREAK = "raises what no adapter should"


class Broken(Exception):
    """A defect, not a fault."""


@dataclass
class ScriptedBroker:
    clock: Clock
    mode: Mode = Mode.SIM
    cash_won: int = 1_000_000
    holdings: dict[Symbol, int] = field(default_factory=dict)
    # Shares that an open sale of somebody else holds back.
    held_back: dict[Symbol, int] = field(default_factory=dict)
    prices: dict[Symbol, int] = field(default_factory=dict)
    costs: dict[Symbol, int] = field(default_factory=dict)
    books: dict[Symbol, tuple[int | None, int | None]] = field(default_factory=dict)
    rows: list[BrokerOrder] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    answers: deque[Answer] = field(default_factory=deque)
    cancel_answers: deque[Answer] = field(default_factory=deque)
    posts: list[OrderRequest] = field(default_factory=list)
    cancels: list[str] = field(default_factory=list)
    history_reads: list[date] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    unreadable_days: set[date] = field(default_factory=set)
    halted: bool = False
    quote_age_seconds: float = 0.0
    hook: Callable[[str], Awaitable[None]] | None = None

    @property
    def identity(self) -> BrokerIdentity:
        return BrokerIdentity(
            broker="scripted",
            mode=self.mode,
            base_url="http://127.0.0.1",
            account_masked="****5678-01",
            account_hash="hash",
        )

    async def _enter(self, call: str) -> None:
        if self.hook is not None:
            await self.hook(call)
        if call in self.broken:
            raise BrokerUnavailable(f"{call}: no answer")

    async def place_order(self, request: OrderRequest) -> SubmitOutcome:
        self.posts.append(request)
        await self._enter("place_order")
        answer = self.answers.popleft() if self.answers else Answer.ACCEPT
        outcome = self._answer(answer, lambda: self.list_order(request).ref)
        await self._enter("place_order done")
        return outcome

    async def cancel_order(self, ref: BrokerOrderRef) -> SubmitOutcome:
        self.cancels.append(ref.number)
        await self._enter("cancel_order")
        answer = self.cancel_answers.popleft() if self.cancel_answers else Answer.ACCEPT
        return self._answer(answer, lambda: self.end(ref.number).ref)

    def _answer(self, answer: Answer, act: Callable[[], BrokerOrderRef]) -> SubmitOutcome:
        match answer:
            case Answer.ACCEPT:
                return Accepted(ref=act(), accepted_at=self.clock.now(), code="0")
            case Answer.REJECT:
                return Rejected(code="APBK0952", text="주문가능금액을 초과 했습니다")
            case Answer.NOT_SENT:
                return NotSent(reason="connection refused", cause=Unsent.NO_CONNECTION)
            case Answer.SILENT_AND_TAKEN:
                act()
                return Unresolved(reason="timed out")
            case Answer.SILENT_AND_LOST:
                return Unresolved(reason="timed out")
            case Answer.RAISE:
                act()
                raise BrokerError("an adapter that raises")
            case Answer.BREAK:
                raise Broken("a defect")

    async def order_history(self, day: date) -> OrderHistory:
        self.history_reads.append(day)
        await self._enter("order_history")
        if day in self.unreadable_days:
            raise BrokerUnavailable("page 2 did not come")
        rows = (row for row in self.rows if row.placed_at.astimezone(KST).date() == day)
        shown = tuple(row for row in rows if row.ref.number not in self.hidden)
        return OrderHistory(day=day, read_at=self.clock.now(), orders=shown)

    async def account(self) -> AccountSnapshot:
        await self._enter("account")
        positions = tuple(
            Position(
                symbol=symbol,
                name=str(symbol),
                quantity=quantity,
                sellable=quantity - self.held_back.get(symbol, 0),
                average_cost_won=Decimal(self.costs.get(symbol, self.prices[symbol] - 1_000)),
                price_won=Won(self.prices[symbol]),
            )
            for symbol, quantity in self.holdings.items()
        )
        cash = Won(self.cash_won)
        return AccountSnapshot(
            deposit_won=cash,
            settled_d2_won=cash,
            positions=positions,
            taken_at=self.clock.now(),
        )

    async def buying_power(
        self, symbol: Symbol, price_won: Won, order_type: OrderType
    ) -> BuyingPower:
        await self._enter("buying_power")
        cash = max(self.cash_won - self._reserved(), 0)
        return BuyingPower(cash_won=Won(cash), quantity_max=cash // price_won)

    def _reserved(self) -> int:
        return sum(row.price_won * row.remaining for row in self.rows if row.side is Side.BUY)

    async def sellable(self, symbol: Symbol) -> int:
        await self._enter("sellable")
        return self.holdings.get(symbol, 0) - self.held_back.get(symbol, 0)

    async def quote(self, symbol: Symbol) -> Quote:
        await self._enter("quote")
        ask, bid = self.books.get(symbol, (None, None))
        return quote_of(
            symbol,
            self.prices[symbol],
            self.clock.now() - timedelta(seconds=self.quote_age_seconds),
            best_ask_won=ask,
            best_bid_won=bid,
            is_halted=self.halted,
        )

    async def daily_bars(
        self, symbol: Symbol, start: date, end: date, *, adjusted: bool
    ) -> BarSeries:
        raise BrokerUnavailable("no bars here")

    async def is_open_day(self, day: date) -> bool:
        return True

    def list_order(self, request: OrderRequest) -> BrokerOrder:
        """Take an order as a person at the broker's app would place it."""
        row = BrokerOrder(
            ref=BrokerOrderRef(number=f"{len(self.rows) + 1:010d}", branch="00950"),
            original_number="",
            symbol=request.symbol,
            side=request.side,
            order_type=request.order_type,
            ordered=request.quantity,
            price_won=request.price_won or 0,
            filled=0,
            remaining=request.quantity,
            cancelled=0,
            rejected=0,
            average_price_won=None,
            placed_at=self.clock.now(),
        )
        self.rows.append(row)
        return row

    def row(self, number: str) -> BrokerOrder:
        return next(row for row in self.rows if row.ref.number == number)

    def change(self, number: str, **values: object) -> BrokerOrder:
        changed = replace(self.row(number), **values)  # type: ignore[arg-type]
        self.rows = [changed if row.ref.number == number else row for row in self.rows]
        return changed

    def fill(self, number: str, filled: int, price_won: int | None = None) -> BrokerOrder:
        """Let the cumulative quantity be `filled`, at one price."""
        row = self.row(number)
        price = Decimal(price_won or row.price_won or self.prices[row.symbol])
        return self.change(
            number,
            filled=filled,
            remaining=max(row.ordered - filled - row.cancelled, 0),
            average_price_won=price if filled else None,
        )

    def end(self, number: str) -> BrokerOrder:
        """Cancel all that remains."""
        row = self.row(number)
        return self.change(number, cancelled=row.remaining, remaining=0)

    def refuse(self, number: str) -> BrokerOrder:
        """Let the exchange reject what remains after the broker had accepted it."""
        row = self.row(number)
        return self.change(number, rejected=row.remaining, remaining=0)
