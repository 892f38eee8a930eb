"""Rows of our books, of the breakers and of the outbox → frozen domain values, and back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping

from core.domain.books import Adjustment, ArmedTerms, ExternalOrder, Reservation, SymbolHold
from core.domain.breakers import Trip
from core.domain.lease import Lease
from core.domain.orders import BrokerOrder, BrokerOrderRef
from core.domain.outbox import OutboxMessage

Values = dict[str, Any]


def reservation_of(row: RowMapping) -> Reservation:
    """Return the reservation of a row."""
    return Reservation(**row)


def armed_terms_of(row: RowMapping) -> ArmedTerms:
    """Return the terms of an order and its attempt: those sent, or the envelope's before that."""
    quantity = row["request_quantity"]
    is_fixed = quantity is not None
    return ArmedTerms(
        order_id=row["order_id"],
        side=row["side"],
        state=row["state"],
        quantity=quantity if is_fixed else row["quantity_max"],
        price_won=row["request_price_won"] if is_fixed else row["limit_won"],
        number=row["broker_number"],
        signature=row["signature"],
        armed_at=row["armed_at"],
    )


def external_values(order: ExternalOrder) -> Values:
    """Return the columns of an EXTERNAL order."""
    row = order.row
    return {
        "session": order.session,
        "number": row.ref.number,
        "branch": row.ref.branch,
        "original_number": row.original_number,
        "symbol": row.symbol,
        "side": row.side,
        "order_type": row.order_type,
        "ordered": row.ordered,
        "price_won": row.price_won,
        "filled": row.filled,
        "remaining": row.remaining,
        "cancelled": row.cancelled,
        "rejected": row.rejected,
        "average_price_won": row.average_price_won,
        "placed_at": row.placed_at,
        "is_cancel_row": row.is_cancel_row,
        "first_seen_at": order.first_seen_at,
        "updated_at": order.updated_at,
    }


def external_of(row: RowMapping) -> ExternalOrder:
    """Return the EXTERNAL order of a row."""
    return ExternalOrder(
        session=row["session"],
        row=BrokerOrder(
            ref=BrokerOrderRef(number=row["number"], branch=row["branch"]),
            original_number=row["original_number"],
            symbol=row["symbol"],
            side=row["side"],
            order_type=row["order_type"],
            ordered=row["ordered"],
            price_won=row["price_won"],
            filled=row["filled"],
            remaining=row["remaining"],
            cancelled=row["cancelled"],
            rejected=row["rejected"],
            average_price_won=row["average_price_won"],
            placed_at=row["placed_at"],
            is_cancel_row=row["is_cancel_row"],
        ),
        first_seen_at=row["first_seen_at"],
        updated_at=row["updated_at"],
    )


def adjustment_of(row: RowMapping) -> Adjustment:
    """Return the adjustment of a row."""
    values = dict(row)
    values.pop("adjustment_id")
    return Adjustment(**values)


def hold_of(row: RowMapping) -> SymbolHold:
    """Return the hold of a row."""
    return SymbolHold(**row)


def trip_of(row: RowMapping) -> Trip:
    """Return the trip of a row."""
    return Trip(
        breaker=row["breaker"],
        effect=row["effect"],
        at=row["at"],
        until=row["until"],
        reason=row["reason"],
    )


def lease_of(row: RowMapping) -> Lease:
    """Return the lease of a row."""
    return Lease(epoch=row["epoch"], holder=row["holder"], renewed_at=row["renewed_at"])


def message_of(row: RowMapping) -> OutboxMessage:
    """Return the message of a row."""
    values = dict(row)
    values.pop("message_id")
    return OutboxMessage(**values)
