"""What the message of a ticket shows beside the terms that are approved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from core.domain.account import AccountSnapshot
from core.domain.instrument import Symbol
from core.domain.market import Quote
from core.domain.orders import OrderRequest, Side
from core.domain.shown import LegChoice, Outlook, ShownWith, outlook_of
from core.domain.tickets import Ticket, TicketLeg
from core.ports.phrases import Phrases
from core.services.orders.context import DeskPolicy
from core.services.orders.values import Revision


def outlook(
    request: OrderRequest, quote: Quote, account: AccountSnapshot | None, policy: DeskPolicy
) -> Outlook:
    """Return what a leg leads to, by the account that it was judged on; nothing without one."""
    if account is None:
        return Outlook()
    held = account.position(request.symbol)
    return outlook_of(
        request.side,
        request.quantity,
        request.price_won or quote.last_won,
        held=held.quantity if held else 0,
        cost_won=held.average_cost_won if held else Decimal(0),
        nav_won=account.nav_won,
        stop_bps=policy.stop_bps,
    )


def beside(
    ticket: Ticket,
    choices: tuple[LegChoice, ...],
    outlooks: Mapping[int, Outlook],
    revision: Revision | None,
    phrases: Phrases,
) -> ShownWith:
    """Return everything; what a `revision` took over counts, else the `choices` of a new ticket."""
    if revision is None:
        return ShownWith(choices=choices, outlooks=outlooks)
    changes = (
        *revision.changes,
        *_edited(ticket, revision, phrases),
        *_toggled(ticket, revision, phrases),
    )
    return ShownWith(choices=revision.choices, changes=changes, outlooks=outlooks)


def _edited(ticket: Ticket, revision: Revision, phrases: Phrases) -> tuple[str, ...]:
    """Say what a person made of the leg they edited; nothing where none was."""
    before = revision.edited
    after = next((leg for leg in ticket.legs if before and leg.is_of(before.envelope)), None)
    if before is None or after is None:
        return ()
    words = {"before": _terms(before, phrases), "after": _terms(after, phrases)}
    return (phrases.say("orders.note_edited", who=revision.who, name=after.name, **words),)


def _toggled(ticket: Ticket, revision: Revision, phrases: Phrases) -> tuple[str, ...]:
    """Say which leg a person took out or put back, and every other quantity that it changed."""
    choice = revision.toggled
    if choice is None:
        return ()
    how = "put_back" if choice.is_in else "taken_out"
    side = phrases.say(f"orders.side_{choice.leg.side.value.lower()}")
    said = phrases.say(f"orders.note_{how}", who=revision.who, side=side, name=choice.name)
    before, after = _quantities(revision.before), _quantities(ticket.legs)
    names = {_key(leg): leg.name for leg in (*revision.before, *ticket.legs)}
    moved = ", ".join(
        phrases.say(
            "orders.note_quantity",
            side=phrases.say(f"orders.side_{key[1].value.lower()}"),
            name=name,
            before=before.get(key, 0),
            after=after.get(key, 0),
        )
        for key, name in names.items()
        if before.get(key) != after.get(key) and key != (choice.leg.symbol, choice.leg.side)
    )
    return (f"{said} ({moved})" if moved else said,)


def _quantities(legs: Sequence[TicketLeg]) -> dict[tuple[Symbol, Side], int]:
    return {_key(leg): leg.quantity for leg in legs}


def _key(leg: TicketLeg) -> tuple[Symbol, Side]:
    return leg.envelope.symbol, leg.envelope.side


def _terms(leg: TicketLeg, phrases: Phrases) -> str:
    if leg.price_won is None:
        return phrases.say("orders.terms_market", quantity=leg.quantity)
    return phrases.say("orders.terms", quantity=leg.quantity, price=leg.price_won)
