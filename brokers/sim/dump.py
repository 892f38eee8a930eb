"""The whole state of the exchange as plain JSON values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from brokers.sim.books import Books, Lot
from brokers.sim.values import ExchangeOrder, Execution

_VERSION = 1


@dataclass(slots=True)
class ExchangeState:
    """Everything that must survive a restart.

    `next_minute` is the first minute of the current day that has not been matched; `unreported`
    are the executions that `Exchange.advance` has not returned yet.
    """

    books: Books
    now: datetime | None = None
    next_minute: int = 0
    orders: dict[date, list[ExchangeOrder]] = field(default_factory=dict)
    executions: dict[date, list[Execution]] = field(default_factory=dict)
    unreported: list[Execution] = field(default_factory=list)


def state_to(state: ExchangeState) -> dict[str, object]:
    """Return `state` as JSON values."""
    books = state.books
    return {
        "version": _VERSION,
        "now": state.now.isoformat() if state.now else None,
        "next_minute": state.next_minute,
        "settled": books.settled,
        "unsettled": [[day.isoformat(), amount] for day, amount in books.unsettled],
        "today": [books.buys_today, books.sells_today, books.fees_today, books.taxes_today],
        "lots": {
            symbol: [lot.quantity, str(lot.average_cost), lot.bought_today, lot.sold_today]
            for symbol, lot in sorted(books.lots.items())
        },
        "orders": [_order_to(order) for rows in state.orders.values() for order in rows],
        "executions": [_fill_to(fill) for rows in state.executions.values() for fill in rows],
        "unreported": [_fill_to(fill) for fill in state.unreported],
    }


def state_from(data: Mapping[str, Any]) -> ExchangeState:
    """Return the state that `state_to` described. Raises KeyError, TypeError or ValueError."""
    if data["version"] != _VERSION:
        raise ValueError(f"unknown version {data['version']!r} of the exchange's state")
    buys, sells, fees, taxes = data["today"]
    books = Books(
        settled=data["settled"],
        unsettled=[(date.fromisoformat(day), amount) for day, amount in data["unsettled"]],
        lots={
            symbol: Lot(quantity, Decimal(cost), bought, sold)
            for symbol, (quantity, cost, bought, sold) in data["lots"].items()
        },
        buys_today=buys,
        sells_today=sells,
        fees_today=fees,
        taxes_today=taxes,
    )
    state = ExchangeState(
        books=books,
        now=datetime.fromisoformat(data["now"]) if data["now"] else None,
        next_minute=data["next_minute"],
        unreported=[_fill_from(row) for row in data["unreported"]],
    )
    for row in data["orders"]:
        order = _order_from(row)
        state.orders.setdefault(order.day, []).append(order)
    for row in data["executions"]:
        fill = _fill_from(row)
        state.executions.setdefault(fill.at.date(), []).append(fill)
    return state


def _order_to(order: ExchangeOrder) -> dict[str, object]:
    placed = order.placed_at.isoformat()
    return {**asdict(order), "day": order.day.isoformat(), "placed_at": placed}


def _order_from(row: Mapping[str, Any]) -> ExchangeOrder:
    day, placed = date.fromisoformat(row["day"]), datetime.fromisoformat(row["placed_at"])
    return ExchangeOrder(**{**row, "day": day, "placed_at": placed})


def _fill_to(fill: Execution) -> dict[str, object]:
    return {**asdict(fill), "at": fill.at.isoformat()}


def _fill_from(row: Mapping[str, Any]) -> Execution:
    return Execution(**{**row, "at": datetime.fromisoformat(row["at"])})
