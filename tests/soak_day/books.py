"""The judge of a soak: the exchange's orders of a day beside what the bot has on its disk."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from brokers.sim.values import ExchangeOrder

IN_DOUBT = frozenset({"SUBMITTING", "UNKNOWN", "OPERATOR_HOLD"})
_QUERY = """
SELECT o.broker_session, o.broker_number, a.session, o.state, o.symbol, o.side,
       o.request_quantity, o.request_price_won, o.filled
FROM orders o JOIN attempts a ON a.order_id = o.order_id
"""

Terms = tuple[str, str, int, int]


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """One order that the bot sent, as it has it. Won and shares."""

    session: str
    number: str
    armed_on: str
    state: str
    terms: Terms
    filled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBooks:
    """What the two books of a day say of each other. Counts of orders."""

    sent: int
    filled: int
    in_doubt: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    unlike: tuple[str, ...]


def read_own(database: Path) -> list[OwnOrder]:
    """Return every order that left, as it lies on the disk."""
    address = f"file:{database}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        return [
            OwnOrder(
                str(session or ""),
                str(number or ""),
                str(armed),
                str(state),
                (symbol, side, quantity, price or 0),
                filled,
            )
            for session, number, armed, state, symbol, side, quantity, price, filled in (
                connection.execute(_QUERY)
            )
        ]


def judge(day: date, orders: Sequence[ExchangeOrder], own: Sequence[OwnOrder]) -> DayBooks:
    """Lay both books of a day beside each other.

    An order of the exchange that no row names is lost, unless a row of its terms is still in doubt;
    more orders of the same terms than were armed are doubled; other terms or another filled
    quantity under the same number is unlike.
    """
    text = day.isoformat()
    placed = [order for order in orders if not order.original]
    named = {one.number: one for one in own if one.session == text and one.number}
    doubted = Counter(
        one.terms for one in own if one.armed_on == text and not one.number and _doubts(one)
    )
    lost: list[str] = []
    unlike: list[str] = []
    for order in placed:
        row, terms = named.get(str(order.number)), _terms(order)
        if row is None:
            if doubted[terms]:
                doubted[terms] -= 1
            else:
                lost.append(f"{day} {order.number} {terms}: in no row")
        elif (row.terms, row.filled) != (terms, order.filled):
            unlike.append(f"{day} {order.number}: {row} beside {terms}, {order.filled} filled")
    armed = Counter(one.terms for one in own if one.armed_on == text)
    counts = Counter(map(_terms, placed))
    return DayBooks(
        sent=len(placed),
        filled=sum(order.filled == order.quantity for order in placed),
        in_doubt=sum(one.armed_on == text and _doubts(one) for one in own),
        lost=tuple(lost),
        doubled=tuple(
            f"{day} {terms}: {count} at the exchange, {armed[terms]} armed"
            for terms, count in counts.items()
            if count > armed[terms]
        ),
        unlike=tuple(unlike),
    )


def _doubts(one: OwnOrder) -> bool:
    return one.state in IN_DOUBT


def _terms(order: ExchangeOrder) -> Terms:
    return order.symbol, "buy" if order.is_buy else "sell", order.quantity, order.price
