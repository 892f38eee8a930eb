"""Judges of a day with kills: the exchange's books against the bot's database."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from brokers.sim.values import ExchangeOrder

_WAITING = frozenset({"CREATED", "GATED"})
_IN_DOUBT = frozenset({"SUBMITTING", "UNKNOWN", "OPERATOR_HOLD"})
_LIVE = _IN_DOUBT | {"WORKING", "PARTIAL", "CANCEL_PENDING"}
_ENDED = frozenset(
    (
        "FILLED",
        "BLOCKED",
        "EXPIRED",
        "NOT_SENT",
        "REJECTED",
        "CANCELLED",
        "PARTIAL_CANCELLED",
        "VOID",
    )
)
_SAYS_DOUBT = "미확인"


@dataclass(frozen=True, slots=True)
class Row:
    """One order as the bot stored it."""

    order_id: str
    symbol: str
    side: str
    state: str
    number: str
    filled: int

    @property
    def key(self) -> tuple[str, str]:
        """Symbol and side."""
        return self.symbol, self.side


@dataclass(frozen=True, slots=True)
class Sent:
    """One order as the exchange has it."""

    number: str
    symbol: str
    side: str
    quantity: int
    price: int
    filled: int

    @property
    def key(self) -> tuple[str, str]:
        """Symbol and side."""
        return self.symbol, self.side


@dataclass(frozen=True, slots=True)
class Bound:
    """One leg as it was approved."""

    symbol: str
    side: str
    quantity: int
    price: int

    @property
    def key(self) -> tuple[str, str]:
        """Symbol and side."""
        return self.symbol, self.side


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Both sides of a day, and what the ticket said last."""

    rows: Sequence[Row]
    sent: Sequence[Sent]
    bounds: Sequence[Bound]
    headline: str = ""


def read_books(
    database: Path,
    orders: Sequence[ExchangeOrder],
    legs: Sequence[Mapping[str, object]],
    headline: str,
) -> Books:
    """Read the bot's database as it lies on the disk, beside the exchange's own list."""
    query = "SELECT order_id, symbol, side, state, coalesce(broker_number, ''), filled FROM orders"
    address = f"file:{database}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        rows = [Row(*line) for line in connection.execute(query)]
    sent = [
        Sent(
            str(order.number),
            order.symbol,
            "buy" if order.is_buy else "sell",
            order.quantity,
            order.price,
            order.filled,
        )
        for order in orders
        if not order.original
    ]
    bounds = [
        Bound(
            str(leg["symbol"]), str(leg["side"]), int(str(leg["quantity"])), int(str(leg["price"]))
        )
        for leg in legs
    ]
    return Books(rows=rows, sent=sent, bounds=bounds, headline=headline)


def judge_books(books: Books) -> list[str]:
    """Return every disagreement."""
    return [*_doubles(books), *_outside(books), *_disagreements(books), *_stuck(books)]


def _doubles(books: Books) -> list[str]:
    approved = Counter(bound.key for bound in books.bounds)
    sent = Counter(order.key for order in books.sent)
    return [
        f"{count} orders of {key[0]} {key[1]} for {approved[key]} approved legs"
        for key, count in sent.items()
        if count > approved[key]
    ]


def _outside(books: Books) -> list[str]:
    faults: list[str] = []
    for order in books.sent:
        bounds = [bound for bound in books.bounds if bound.key == order.key]
        if not any(_is_inside(order, bound) for bound in bounds):
            terms = f"{order.symbol} {order.side} {order.quantity} @ {order.price}"
            faults.append(f"{terms} lies outside what was approved")
    return faults


def _is_inside(order: Sent, bound: Bound) -> bool:
    kept = order.price <= bound.price if order.side == "buy" else order.price >= bound.price
    return kept and order.quantity <= bound.quantity


def _disagreements(books: Books) -> list[str]:
    """Compare by number; an order that no row names must be in doubt, and said to be."""
    known = {row.number: row for row in books.rows if row.number}
    faults: list[str] = []
    for order in books.sent:
        row = known.pop(order.number, None)
        if row is not None:
            if row.filled != order.filled or row.key != order.key:
                faults.append(
                    f"{row.order_id} {row.state}: {row.filled} filled, exchange {order.filled}"
                )
            continue
        doubt = [r for r in books.rows if r.key == order.key and r.state in _IN_DOUBT]
        if not doubt:
            states = [r.state for r in books.rows if r.key == order.key]
            faults.append(f"order {order.number} {order.symbol} is in no book; rows say {states}")
        elif _SAYS_DOUBT not in books.headline:
            faults.append(f"{doubt[0].order_id} is in doubt and the ticket says {books.headline!r}")
    faults += [f"{row.order_id} names order {number}, unknown" for number, row in known.items()]
    return faults


def _stuck(books: Books) -> list[str]:
    return [
        f"{row.order_id} is {row.state} after the close"
        for row in books.rows
        if row.state in _WAITING or row.state not in _LIVE | _ENDED
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Both sides after the last life, which had read the exchange's list to its end."""

    rows: Sequence[Row]
    sent: Sequence[Sent]
    bounds: Sequence[Bound]
    ticket: str
    armed: int


def read_ended(database: Path, orders: Sequence[ExchangeOrder]) -> Ended:
    """Read the database as it lies on the disk; the bounds are those of its only ticket."""
    address = f"file:{database}?mode=ro"
    bounds = "SELECT symbol, side, quantity_max, limit_won FROM ticket_legs"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        legs = [
            {"symbol": line[0], "side": line[1], "quantity": line[2], "price": line[3]}
            for line in connection.execute(bounds)
        ]
        ticket = connection.execute("SELECT state FROM tickets").fetchone()
        armed = connection.execute("SELECT count(*) FROM attempts").fetchone()
    books = read_books(database, orders, legs, "")
    return Ended(
        rows=books.rows,
        sent=books.sent,
        bounds=books.bounds,
        ticket=ticket[0] if ticket else "none",
        armed=armed[0],
    )


def judge_ended(ended: Ended) -> list[str]:
    """Return every disagreement; nothing at the exchange may be in doubt by now."""
    books = Books(rows=ended.rows, sent=ended.sent, bounds=ended.bounds, headline=_SAYS_DOUBT)
    faults = [*_doubles(books), *_outside(books), *_disagreements(books)]
    numbers = {row.number for row in ended.rows if row.number}
    faults += [
        f"order {order.number} {order.symbol} {order.side} was taken and is still in doubt"
        for order in ended.sent
        if order.number not in numbers
    ]
    if ended.ticket != "APPROVED" or len(ended.rows) != len(ended.bounds):
        faults.append(f"ticket {ended.ticket}: {len(ended.rows)} orders, {len(ended.bounds)} legs")
    if len(ended.sent) > ended.armed:
        faults.append(f"{len(ended.sent)} orders at the exchange, {ended.armed} attempts")
    return faults
