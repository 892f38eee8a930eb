"""Rows of the ledger → frozen domain values, and back. No ORM, no identity map."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import RowMapping

from core.domain.journal import TradeRecord
from core.domain.orders import (
    Attempt,
    BrokerOrderRef,
    Envelope,
    FillObservation,
    Order,
    OrderRequest,
)
from core.domain.tickets import Approval, Ticket, TicketLeg

Values = dict[str, Any]

_MICROSECOND = timedelta(microseconds=1)
# More than the orders of a day.
KNOWN_LISTS_KEPT = 512


def texts_to_json(texts: Sequence[str]) -> str:
    """Return a list of texts as JSON."""
    return json.dumps(list(texts), ensure_ascii=True)


def texts_from_json(stored: str) -> tuple[str, ...]:
    """Read what `texts_to_json` wrote."""
    return tuple(str(item) for item in json.loads(stored))


@lru_cache(maxsize=KNOWN_LISTS_KEPT)
def _numbers_of(stored: str) -> frozenset[str]:
    """Read the numbers that an attempt knew of.

    It never changes and names all of its day's orders before it, and the day's attempts are read
    at every step of every order: read anew each time, a day would cost the square of its orders.
    """
    return frozenset(texts_from_json(stored))


def ticket_values(ticket: Ticket) -> Values:
    """Return the columns of a new ticket; no message shows it yet."""
    return {
        "ticket_id": ticket.ticket_id,
        "kind": ticket.kind,
        "author": ticket.author,
        "mode": ticket.mode,
        "account": ticket.account,
        "reason": ticket.reason,
        "notes": texts_to_json(ticket.notes),
        "created_at": ticket.created_at,
        "expires_at": ticket.expires_at,
        "state": ticket.state,
        "state_reason": ticket.state_reason,
        "channel_id": ticket.channel_id,
        "message_id": ticket.message_id,
        "version": ticket.version,
        "published_version": 0,
        "payload_hash": ticket.payload_hash,
    }


def leg_values(ticket_id: str, leg: TicketLeg) -> Values:
    """Return the columns of one leg."""
    return {
        "ticket_id": ticket_id,
        "number": leg.number,
        "name": leg.name,
        "quantity": leg.quantity,
        "price_won": leg.price_won,
        "fee_won": leg.fee_won,
        "tax_won": leg.tax_won,
        "reason": leg.reason,
        **_envelope_values(leg.envelope),
    }


def ticket_of(rows: Sequence[RowMapping]) -> Ticket:
    """Return the ticket of its rows: one per leg in order, or a single one without a leg."""
    row = rows[0]
    return Ticket(
        ticket_id=row["ticket_id"],
        kind=row["kind"],
        author=row["author"],
        mode=row["mode"],
        account=row["account"],
        legs=tuple(_leg_of(leg) for leg in rows if leg["number"] is not None),
        reason=row["reason"],
        notes=texts_from_json(row["notes"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        state=row["state"],
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        version=row["version"],
        state_reason=row["state_reason"],
        payload_hash=row["payload_hash"],
    )


def approval_values(approval: Approval) -> Values:
    """Return the columns of an approval."""
    return {
        "ticket_id": approval.ticket_id,
        "actor_id": approval.actor_id,
        "actor_name": approval.actor_name,
        "interaction_id": approval.interaction_id,
        "message_id": approval.message_id,
        "clicked_at": approval.clicked_at,
        "payload_hash": approval.payload_hash,
    }


def order_values(order: Order) -> Values:
    """Return all columns of an order."""
    request, ref = order.request, order.ref
    return {
        "order_id": order.order_id,
        "ticket_id": order.ticket_id,
        "leg": order.leg,
        **_envelope_values(order.envelope),
        "state": order.state,
        "request_symbol": request.symbol if request else None,
        "request_side": request.side if request else None,
        "request_type": request.order_type if request else None,
        "request_quantity": request.quantity if request else None,
        "request_price_won": request.price_won if request else None,
        "broker_number": ref.number if ref else None,
        "broker_branch": ref.branch if ref else None,
        "filled": order.filled,
        "average_price_won": order.average_price_won,
        "reason": order.reason,
        "created_at": order.created_at,
        "updated_at": order.updated_at,
    }


def order_of(row: RowMapping) -> Order:
    """Return the order of a row."""
    return Order(
        order_id=row["order_id"],
        ticket_id=row["ticket_id"],
        leg=row["leg"],
        envelope=_envelope_of(row),
        state=row["state"],
        request=_request_of(row),
        ref=_ref_of(row),
        filled=row["filled"],
        average_price_won=row["average_price_won"],
        reason=row["reason"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def attempt_values(attempt: Attempt) -> Values:
    """Return the columns of an attempt."""
    return {
        "order_id": attempt.order_id,
        "signature": attempt.signature,
        "session": attempt.session,
        "armed_at": attempt.armed_at,
        "known_numbers": texts_to_json(sorted(attempt.known_numbers)),
        "server_ahead_us": attempt.server_ahead // _MICROSECOND,
        "lease_epoch": attempt.lease_epoch,
    }


def attempt_of(row: RowMapping) -> Attempt:
    """Return the attempt of a row."""
    return Attempt(
        order_id=row["order_id"],
        signature=row["signature"],
        session=row["session"],
        armed_at=row["armed_at"],
        known_numbers=_numbers_of(row["known_numbers"]),
        server_ahead=row["server_ahead_us"] * _MICROSECOND,
        lease_epoch=row["lease_epoch"],
    )


def fill_of(row: RowMapping) -> FillObservation:
    """Return the fill of a row."""
    return FillObservation(
        order_id=row["order_id"],
        quantity=row["quantity"],
        price_won=row["price_won"],
        cumulative=row["cumulative"],
        observed_at=row["observed_at"],
    )


def trade_record_of(row: RowMapping) -> TradeRecord:
    """Return the trade record of a row."""
    return TradeRecord(**row)


def _envelope_values(envelope: Envelope) -> Values:
    return {
        "symbol": envelope.symbol,
        "side": envelope.side,
        "order_type": envelope.order_type,
        "quantity_max": envelope.quantity_max,
        "limit_won": envelope.limit_won,
        "good_until": envelope.good_until,
    }


def _envelope_of(row: RowMapping) -> Envelope:
    return Envelope(
        symbol=row["symbol"],
        side=row["side"],
        order_type=row["order_type"],
        quantity_max=row["quantity_max"],
        limit_won=row["limit_won"],
        good_until=row["good_until"],
    )


def _leg_of(row: RowMapping) -> TicketLeg:
    return TicketLeg(
        number=row["number"],
        name=row["name"],
        quantity=row["quantity"],
        price_won=row["price_won"],
        envelope=_envelope_of(row),
        fee_won=row["fee_won"],
        tax_won=row["tax_won"],
        reason=row["leg_reason"],
    )


def _request_of(row: RowMapping) -> OrderRequest | None:
    if row["request_symbol"] is None:
        return None
    return OrderRequest(
        symbol=row["request_symbol"],
        side=row["request_side"],
        quantity=row["request_quantity"],
        price_won=row["request_price_won"],
        order_type=row["request_type"],
    )


def _ref_of(row: RowMapping) -> BrokerOrderRef | None:
    if row["broker_number"] is None:
        return None
    return BrokerOrderRef(number=row["broker_number"], branch=row["broker_branch"] or "")
