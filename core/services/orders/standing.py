"""Stops approved in advance: offered with an entry, granted by its ✅, and used once or revoked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from core.domain.instrument import Symbol
from core.domain.journal import JournalEntry
from core.domain.krx import KST
from core.domain.orders import WAITING_STATES, Order, Side
from core.domain.standing import (
    Backing,
    StandingGap,
    StandingState,
    StandingStop,
    StandingTerms,
    StopReached,
    gap_of,
)
from core.domain.tickets import Ticket
from core.ports.ledger import LedgerTransaction
from core.services.orders.values import Click


async def offer_stops(tx: LedgerTransaction, ticket: Ticket, terms: StandingTerms | None) -> None:
    """Store, with a new ticket, the stop that may be approved with each of its buys."""
    if terms is None or not ticket.mode.may_send_orders:
        return
    until = ticket.created_at.astimezone(KST).date() + timedelta(days=terms.days)
    for leg in ticket.legs:
        if leg.envelope.side is Side.BUY:
            await tx.insert_standing_stop(
                StandingStop(
                    ticket_id=ticket.ticket_id,
                    leg=leg.number,
                    symbol=leg.envelope.symbol,
                    quantity_max=leg.envelope.quantity_max,
                    stop_bps=terms.stop_bps,
                    floor_bps=terms.floor_bps,
                    until=until,
                    state=StandingState.OFFERED,
                )
            )


async def offered_stops(tx: LedgerTransaction, ticket_id: str) -> tuple[StandingStop, ...]:
    """Return what the message of a ticket offers to approve in advance."""
    found = await tx.standing_stops_of(ticket_id)
    return tuple(item for item in found if item.state is StandingState.OFFERED)


async def grant_stops(
    tx: LedgerTransaction, stops: Sequence[StandingStop], click: Click, now: datetime
) -> None:
    """Let the person's press stand for the stops, too. Raises StaleState."""
    for stop in stops:
        granted = replace(
            stop,
            state=StandingState.GRANTED,
            actor_id=click.user_id,
            actor_name=click.user_name,
            granted_at=click.clicked_at,
        )
        await _move(tx, stop, granted, _entry("granted", granted, str(click.user_id), now))


async def covering_stops(
    tx: LedgerTransaction,
    ticket: Ticket,
    reached: StopReached,
    now: datetime,
    approvers: Collection[int],
) -> tuple[StandingStop, ...] | StandingGap:
    """Return the granted stops that approve an exit ticket in advance, or why none does.

    The ticket must sell exactly what `reached` names, and nothing else.
    """
    today = now.astimezone(KST).date()
    terms = [(leg.envelope.symbol, leg.envelope.side) for leg in ticket.legs]
    if terms != [(reached.symbol, Side.SELL)]:
        return StandingGap.NONE
    backings = await _backings(tx, reached.symbol)
    envelope = ticket.legs[0].envelope
    wanted = replace(reached, quantity=max(reached.quantity, envelope.quantity_max))
    gap = gap_of(backings, wanted, envelope.limit_won, today)
    if gap is not None:
        return gap
    good = tuple(item.stop for item in backings if item.holds(today))
    if not {item.actor_id for item in good} <= set(approvers):
        # Whoever granted it may not approve any more.
        return StandingGap.NOT_ALLOWED
    return good


async def use_stops(
    tx: LedgerTransaction, stops: Sequence[StandingStop], ticket: Ticket, now: datetime
) -> None:
    """Note that the stops approved `ticket`: none holds a second time. Raises StaleState."""
    for stop in stops:
        used = replace(stop, state=StandingState.USED, used_by=ticket.ticket_id)
        await _move(tx, stop, used, _entry("used", used, "desk", now))


async def revoke_stops(
    tx: LedgerTransaction, ticket_id: str, click: Click, now: datetime
) -> tuple[StandingStop, ...]:
    """End what was granted with an entry ticket, at once; return what was ended."""
    found = await tx.standing_stops_of(ticket_id)
    granted = tuple(
        item
        for item in found
        if item.ticket_id == ticket_id and item.state is StandingState.GRANTED
    )
    for stop in granted:
        revoked = replace(stop, state=StandingState.REVOKED)
        await _move(tx, stop, revoked, _entry("revoked", revoked, str(click.user_id), now))
    return granted


async def waiting_exits(tx: LedgerTransaction, ticket_id: str) -> tuple[Order, ...]:
    """Return the sales that the stops of an entry ticket approved and that were not sent yet."""
    exits = {item.used_by for item in await tx.standing_stops_of(ticket_id) if item.used_by}
    found = [order for name in sorted(exits) for order in await tx.orders_of(name)]
    return tuple(order for order in found if order.state in WAITING_STATES)


async def good_stops(tx: LedgerTransaction, today: date) -> tuple[StandingStop, ...]:
    """Return every granted stop that is still good on the KST day `today`, oldest first."""
    found = await _backings(tx, None)
    return tuple(item.stop for item in found if item.holds(today))


async def _backings(tx: LedgerTransaction, symbol: Symbol | None) -> tuple[Backing, ...]:
    made = []
    for stop in await tx.granted_stops():
        if symbol is not None and stop.symbol != symbol:
            continue
        order = await tx.order(f"{stop.ticket_id}-{stop.leg}")
        if order is None:
            # Granting makes the order: books without it were changed by somebody.
            continue
        # Its row was made when the stop was granted, by the clock that dates fills, too.
        is_sold = await tx.is_sold_since(stop.symbol, order.created_at)
        made.append(Backing(stop=stop, bought=order.filled, is_sold=is_sold))
    return tuple(made)


async def _move(
    tx: LedgerTransaction, old: StandingStop, new: StandingStop, entry: JournalEntry
) -> None:
    await tx.move_standing_stop(new, expected=old.state)
    await tx.touch_ticket(new.ticket_id)
    await tx.append_journal(entry)


def _entry(what: str, stop: StandingStop, actor: str, now: datetime) -> JournalEntry:
    return JournalEntry(
        at=now,
        kind=f"standing.{what}",
        actor=actor,
        subject=stop.ticket_id,
        facts={
            "leg": stop.leg,
            "symbol": stop.symbol,
            "quantity_max": stop.quantity_max,
            "stop_bps": stop.stop_bps,
            "floor_bps": stop.floor_bps,
            "until": stop.until.isoformat(),
            "name": stop.actor_name,
            "by": stop.used_by,
        },
    )
