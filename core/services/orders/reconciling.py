"""Compares our books with the broker's, and changes nothing: it is given nothing to change with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from core.domain.account import AccountSnapshot
from core.domain.books import Difference
from core.domain.costs import CostModel
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.money import round_won
from core.domain.orders import (
    END_STATES,
    LIVE_STATES,
    Attempt,
    Order,
    OrderHistory,
    Side,
)
from core.domain.reconciliation import CashComparison, OrderDifference, Reconciliation
from core.errors import BrokerError
from core.ports.broker import WatchedBroker
from core.ports.clock import Clock
from core.ports.ledger import BooksReader, BooksReading

CASH_MARK = "books_cash"
# An older mark explains nothing: too much may have happened that no list shows any more.
CASH_MARK_DAYS_MAX = 14


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Makes comparisons. Has no way to order, to cancel or to write."""

    broker: WatchedBroker
    books: BooksReader
    clock: Clock
    costs: CostModel

    async def compare(self) -> Reconciliation:
        """Read both sides now. Raises StorageError when our own side cannot be read."""
        now = self.clock.now()
        day = now.astimezone(KST).date()
        unread: list[str] = []
        history = await self._history(day, unread)
        account = await self._account(unread)
        async with self.books.reading() as tx:
            armed = await tx.armed_on(day)
            externals = await tx.externals_on(day)
            live = await tx.orders_in(LIVE_STATES)
            shares = await tx.book_shares()
            holds = await tx.symbol_holds()
            cash = None if account is None else await cash_since(tx, account, self.costs)
        known = {item.row.ref.number for item in externals}
        return Reconciliation(
            day=day,
            made_at=now,
            orders_ours=len(armed),
            orders_theirs=0
            if history is None
            else sum(not r.is_cancel_row for r in history.orders),
            orders=() if history is None else order_differences(armed, known, history),
            externals=externals,
            positions=() if account is None else differences(shares, account),
            live=frozenset(order.envelope.symbol for order in live),
            cash=cash,
            holds=holds,
            unread=tuple(unread),
        )

    async def _history(self, day: date, unread: list[str]) -> OrderHistory | None:
        try:
            return await self.broker.order_history(day)
        except BrokerError:
            unread.append("orders")
            return None

    async def _account(self, unread: list[str]) -> AccountSnapshot | None:
        try:
            return await self.broker.account()
        except BrokerError:
            unread.append("account")
            return None


def order_differences(
    armed: Collection[tuple[Order, Attempt]], known: Collection[str], history: OrderHistory
) -> tuple[OrderDifference, ...]:
    """Return where the list and our orders of that day do not agree; `known` are EXTERNAL."""
    rows = {row.ref.number: row for row in history.orders if not row.is_cancel_row}
    found: list[OrderDifference] = []
    for order, _ in armed:
        number = order.ref.number if order.ref else ""
        row = rows.pop(number, None)
        theirs = f"{row.state().value} {row.filled}" if row is not None else ""
        ours = f"{order.state.value} {order.filled}"
        if row is None and not number and order.state in END_STATES:
            continue  # it never stood there, and it does not
        same = row is not None and (row.filled, row.state() in END_STATES) == (
            order.filled,
            order.state in END_STATES,
        )
        if not same:
            found.append(
                OrderDifference(
                    order_id=order.order_id,
                    number=number,
                    symbol=order.envelope.symbol,
                    ours=ours,
                    theirs=theirs,
                )
            )
    found += [
        OrderDifference(
            order_id="",
            number=number,
            symbol=row.symbol,
            ours="",
            theirs=f"{row.state().value} {row.filled}",
        )
        for number, row in rows.items()
        if number not in known
    ]
    return tuple(found)


def differences(shares: Mapping[str, int], account: AccountSnapshot) -> tuple[Difference, ...]:
    """Return the symbols whose shares differ between our books and the broker."""
    theirs = {str(item.symbol): item.quantity for item in account.positions}
    return tuple(
        Difference(symbol=Symbol(symbol), ours=shares.get(symbol, 0), theirs=theirs.get(symbol, 0))
        for symbol in sorted({*shares, *theirs})
        if shares.get(symbol, 0) != theirs.get(symbol, 0)
    )


async def traded_won(tx: BooksReading, day: date, costs: CostModel) -> int:
    """Return what one day's trades brought in (sales) less what they cost, fees taken off."""
    amounts: dict[str, int] = {}
    for fill in await tx.fills_on(day):
        order = await tx.order(fill.order_id)
        sold = order is not None and order.envelope.side is Side.SELL
        amount = fill.price_won * fill.quantity
        amounts[fill.order_id] = amounts.get(fill.order_id, 0) + (amount if sold else -amount)
    for item in await tx.externals_on(day):
        row = item.row
        amount = round_won((row.average_price_won or Decimal(0)) * row.filled)
        amounts[f"external {row.ref.number}"] = amount if row.side is Side.SELL else -amount
    return sum(amount - costs.fee_won(abs(amount)) for amount in amounts.values())


async def cash_since(
    tx: BooksReading, account: AccountSnapshot, costs: CostModel
) -> CashComparison | None:
    """Compare the deposit after settlement with the last mark and the trades since, if there is one."""
    mark = parse_mark(await tx.setting(CASH_MARK))
    today = account.taken_at.astimezone(KST).date()
    if mark is None or today - mark[0].astimezone(KST).date() > timedelta(days=CASH_MARK_DAYS_MAX):
        return None
    at, settled, traded = mark
    day = at.astimezone(KST).date()
    expected = settled - traded
    while day <= today:
        expected += await traded_won(tx, day, costs)
        day += timedelta(days=1)
    return CashComparison(since=at, expected_won=expected, broker_won=account.settled_d2_won)


def parse_mark(text: str | None) -> tuple[datetime, int, int] | None:
    """Return (instant, deposit, traded that day until then) of a stored mark; None if there is none."""
    if not text:
        return None
    at, settled, traded = text.split()
    return datetime.fromisoformat(at), int(settled), int(traded)


async def mark_of(tx: BooksReading, account: AccountSnapshot, costs: CostModel) -> str:
    """Return the mark to compare the next reading with."""
    traded = await traded_won(tx, account.taken_at.astimezone(KST).date(), costs)
    return f"{account.taken_at.isoformat()} {account.settled_d2_won} {traded}"
