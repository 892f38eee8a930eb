"""What stands in the ledger about leaving one holding: open tickets, offers, and what came of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from core.domain.exit_offers import ExitKind, ExitOffer
from core.domain.instrument import Symbol
from core.domain.orders import END_STATES, Order, OrderState, Side
from core.domain.tickets import Ticket, TicketKind, TicketState
from core.ports.ledger import LedgerTransaction
from core.services.watch.context import LineOf

# A fresh ticket, or a reminder of the one that waits, comes no more often than this.
AGAIN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """As of one transaction.

    `open_tickets` wait for an answer and sell this symbol as an exit or in a basket; `is_leaving`
    tells of approved ones of which an order has not ended. `offers` are those of the session, oldest first.
    `declined` are the kinds somebody said no to. `half_taken` tells of a filled half since the
    position began, `sold_today` of any fill of a sale today.
    """

    open_tickets: tuple[Ticket, ...]
    is_leaving: bool
    offers: tuple[ExitOffer, ...]
    declined: frozenset[ExitKind]
    half_taken: bool
    sold_today: bool

    def number_of(self, kind: ExitKind) -> int:
        """Return the number that the next offer of `kind` gets."""
        return 1 + sum(item.kind is kind for item in self.offers)

    @property
    def own_ticket(self) -> Ticket | None:
        """Return the offer that still waits; it alone may be replaced."""
        ours = {item.ticket_id for item in self.offers}
        return next((item for item in self.open_tickets if item.ticket_id in ours), None)


class NextStep(Enum):
    """What to do about an exit that is due."""

    WAIT = "wait"
    REMIND = "remind"
    OFFER = "offer"


def next_step(
    standing: Standing, symbol: Symbol, kind: ExitKind, quantity: int, now: datetime
) -> NextStep:
    """Decide on an exit of `quantity` shares: at most one open exit ticket per symbol.

    The first ticket of a kind lives its whole life, and people are reminded of it every
    `AGAIN_AFTER`. Those after it make room for a fresh one as often. A ticket that sells less than
    is due (half, where now all must go) makes room at once. A no holds for the session.
    """
    own = standing.own_ticket
    others = [item for item in standing.open_tickets if item is not own]
    is_taken = any(
        item.kind is TicketKind.EXIT or sells(item, symbol) >= quantity for item in others
    )
    if standing.is_leaving or is_taken or kind in standing.declined:
        return NextStep.WAIT
    if kind is ExitKind.TAKE_PROFIT and (standing.half_taken or standing.sold_today):
        return NextStep.WAIT
    offered = [item.offered_at for item in standing.offers if item.kind is kind]
    is_covered = own is not None and sells(own, symbol) >= quantity
    if not offered or (own is not None and not is_covered):
        return NextStep.WAIT if is_covered else NextStep.OFFER
    if now - offered[-1] < AGAIN_AFTER:
        return NextStep.WAIT
    return NextStep.REMIND if is_covered and len(offered) == 1 else NextStep.OFFER


def sells(ticket: Ticket, symbol: Symbol) -> int:
    """Return how many shares of `symbol` a ticket sells."""
    return sum(
        leg.envelope.quantity_max
        for leg in ticket.legs
        if leg.envelope.symbol == symbol and leg.envelope.side is Side.SELL
    )


async def standing_of(
    tx: LedgerTransaction, line_of: LineOf, symbol: Symbol, session: date, *, begun_on: date
) -> Standing:
    """Read what stands about `symbol`, whose position began on `begun_on`."""
    shown = await tx.tickets_in({TicketState.PRESENTED})
    waiting = [item for item in shown if item.kind is not TicketKind.CHAT and sells(item, symbol)]
    offers = await tx.exit_offers_of(symbol, min(begun_on, session))
    # After a no, or after a half was filled, none of that kind follows: the newest tells.
    newest = {item.kind: item for item in offers if item.session == session}
    declined = set()
    for kind, offer in newest.items():
        if _is_declined(await line_of(tx, offer.ticket_id)):
            declined.add(kind)
    halves = [item for item in offers if item.kind is ExitKind.TAKE_PROFIT][-1:]
    half_taken = False
    for offer in halves:
        half_taken = symbol in await sold_by(tx, await line_of(tx, offer.ticket_id))
    return Standing(
        open_tickets=tuple(waiting),
        is_leaving=await _is_leaving(tx, symbol),
        offers=tuple(item for item in offers if item.session == session),
        declined=frozenset(declined),
        half_taken=half_taken,
        sold_today=symbol in _sold(await tx.orders_created_on(session)),
    )


async def sold_by(tx: LedgerTransaction, line: Collection[Ticket]) -> frozenset[Symbol]:
    """Return the symbols of which some ticket of `line` sold a share."""
    return _sold([order for ticket in line for order in await tx.orders_of(ticket.ticket_id)])


def _sold(orders: Collection[Order]) -> frozenset[Symbol]:
    return frozenset(
        order.envelope.symbol
        for order in orders
        if order.envelope.side is Side.SELL and order.filled > 0
    )


async def _is_leaving(tx: LedgerTransaction, symbol: Symbol) -> bool:
    """Whether an approved exit is on its way. What a person sells in a chat is no exit."""
    for order in await tx.orders_in(set(OrderState) - END_STATES):
        if order.envelope.symbol == symbol and order.envelope.side is Side.SELL:
            ticket = await tx.ticket(order.ticket_id)
            if ticket is not None and ticket.kind is not TicketKind.CHAT:
                return True
    return False


def _is_declined(line: Collection[Ticket]) -> bool:
    return any(ticket.state is TicketState.DECLINED for ticket in line)
