"""Sentences about a whole ticket: its title and what happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from bot.chat.leg_words import NAME_MAX, name_and_code, side_word, state_word
from bot.chat.text import one_line
from core.domain.krx import KST
from core.domain.orders import END_STATES, IN_DOUBT_STATES, WAITING_STATES, Order, OrderState
from core.domain.tickets import Ticket, TicketState
from core.ports.phrases import Phrases
from core.ports.surface import TicketView

# A leg that was taken out may change the quantity of every other one.
CHANGE_MAX = 400
CHANGES_SHOWN = 3
# Nothing of these was ever on the wire: the ticket's own state says all there is.
_UNSENT = WAITING_STATES | {OrderState.BLOCKED, OrderState.EXPIRED}


def relative(instant: datetime) -> str:
    """Return Discord markup that shows `instant` as a distance from now."""
    return f"<t:{int(instant.timestamp())}:R>"


def expiry(ticket: Ticket, phrases: Phrases) -> str:
    """Return until when a ticket may be pressed, as a distance that counts down and as an hour."""
    at = f"{ticket.expires_at.astimezone(KST):%H:%M}"
    return phrases.say("embeds.expires", when=relative(ticket.expires_at), at=at)


def chosen(view: TicketView, phrases: Phrases) -> list[str]:
    """Return what people changed: terms of legs, and legs that are left out."""
    changes = [
        phrases.say("embeds.changed", change=one_line(change, CHANGE_MAX))
        for change in view.changes[-CHANGES_SHOWN:]
    ]
    out = [choice for choice in view.choices if not choice.is_in]
    if not out:
        return changes
    legs = ", ".join(
        f"{side_word(choice.leg.side, phrases)} {one_line(choice.name, NAME_MAX)}" for choice in out
    )
    return [*changes, phrases.say("embeds.left_out", legs=legs)]


def title(view: TicketView, phrases: Phrases) -> str:
    """Return verb + name(code), or the number of legs of a basket."""
    ticket = view.ticket
    if len(ticket.legs) != 1:
        return phrases.say("embeds.title_basket", count=len(ticket.legs))
    leg = ticket.legs[0]
    verb = side_word(leg.envelope.side, phrases)
    return f"{verb} {name_and_code(leg.envelope.symbol, leg.name)}"


def headline(view: TicketView, phrases: Phrases) -> str:
    """Return one sentence that says what happened. Accepted is never called filled."""
    orders = view.orders
    states = {order.state for order in orders}
    if not orders or (view.ticket.state is not TicketState.APPROVED and states <= _UNSENT):
        return phrases.say(f"embeds.ticket_{view.ticket.state.value.lower()}")
    if view.sends_at is not None and states <= WAITING_STATES:
        at = f"{view.sends_at.astimezone(KST):%H:%M}"
        return phrases.say("embeds.order_queued", at=at)
    if len(states) == 1:
        return phrases.say(
            f"embeds.order_{orders[0].state.value.lower()}",
            filled=sum(order.filled for order in orders),
            total=sum(_asked(order) for order in orders),
        )
    key = "mixed_ended" if states <= END_STATES else "mixed_live"
    if states & IN_DOUBT_STATES - {OrderState.SUBMITTING}:
        key = "mixed_doubt"
    return phrases.say(f"embeds.{key}", counts=_counts(orders, phrases))


def _asked(order: Order) -> int:
    return order.filled + order.remaining


def _counts(orders: Sequence[Order], phrases: Phrases) -> str:
    found = Counter(order.state for order in orders)
    return ", ".join(
        phrases.say("embeds.count", state=state_word(state, phrases), count=found[state])
        for state in OrderState
        if found[state]
    )
