"""Sentences about a ticket: what happened, and what each leg allows and costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from bot.chat.text import one_line
from core.domain.modes import Mode
from core.domain.money import round_won
from core.domain.orders import (
    END_STATES,
    IN_DOUBT_STATES,
    FillObservation,
    Order,
    OrderState,
    OrderType,
    Side,
)
from core.domain.tickets import TicketLeg, TicketState
from core.ports.phrases import Phrases
from core.ports.surface import TicketView

NAME_MAX = 60
LEG_REASON_MAX = 160
# Their words say that something was filled; a quantity beside them need not say it again.
_SAY_FILLED = frozenset({OrderState.PARTIAL, OrderState.FILLED})


def mode_tag(mode: Mode, phrases: Phrases) -> str:
    """Return the mode as titles carry it, for example ``[모의투자]``."""
    return f"[{phrases.say(f'embeds.mode_{mode.value}')}]"


def relative(instant: datetime) -> str:
    """Return Discord markup that shows `instant` as a distance from now."""
    return f"<t:{int(instant.timestamp())}:R>"


def side_word(side: Side, phrases: Phrases) -> str:
    """Return 매수 or 매도."""
    return phrases.say(f"embeds.side_{side.value}")


def title(view: TicketView, phrases: Phrases) -> str:
    """Return mode + verb + name(code), or mode + number of legs for a basket."""
    ticket = view.ticket
    tag = mode_tag(ticket.mode, phrases)
    if len(ticket.legs) != 1:
        return f"{tag} {phrases.say('embeds.title_basket', count=len(ticket.legs))}"
    leg = ticket.legs[0]
    verb = side_word(leg.envelope.side, phrases)
    return f"{tag} {verb} {one_line(leg.name, NAME_MAX)}({leg.envelope.symbol})"


def headline(view: TicketView, phrases: Phrases) -> str:
    """Return one sentence that says what happened. Accepted is never called filled."""
    state = view.ticket.state
    orders = view.orders
    if state is not TicketState.APPROVED or not orders:
        return phrases.say(f"embeds.ticket_{state.value.lower()}")
    states = {order.state for order in orders}
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


def state_word(state: OrderState, phrases: Phrases) -> str:
    """Return a state as one word (접수, 부분체결, 체결 …)."""
    return phrases.say(f"embeds.state_{state.value.lower()}")


def leg_heading(leg: TicketLeg, phrases: Phrases) -> str:
    """Return number, verb, name and code of a leg."""
    name = f"{one_line(leg.name, NAME_MAX)}({leg.envelope.symbol})"
    return f"{leg.number}. {side_word(leg.envelope.side, phrases)} {name}"


def terms(leg: TicketLeg, phrases: Phrases) -> str:
    """Return quantity × price = amount, or the quantity at market price."""
    if leg.price_won is None:
        return phrases.say("embeds.terms_market", quantity=leg.quantity)
    amount = leg.price_won * leg.quantity
    return phrases.say("embeds.terms", quantity=leg.quantity, price=leg.price_won, amount=amount)


def bounds(leg: TicketLeg, phrases: Phrases) -> str:
    """Return the envelope in words: at most how many, to which price, until when."""
    envelope = leg.envelope
    until = envelope.good_until.strftime("%H:%M")
    if envelope.order_type is OrderType.MARKET or envelope.limit_won is None:
        return phrases.say("embeds.envelope_market", quantity=envelope.quantity_max, until=until)
    return phrases.say(
        f"embeds.envelope_{envelope.side.value}",
        quantity=envelope.quantity_max,
        limit=envelope.limit_won,
        until=until,
    )


def costs(leg: TicketLeg, phrases: Phrases) -> str:
    """Return the expected fee and tax."""
    return phrases.say("embeds.costs", fee=leg.fee_won, tax=leg.tax_won)


def average(order: Order, phrases: Phrases) -> str:
    """Return the mean price of what was filled, as the end of a line; nothing when unknown."""
    if order.average_price_won is None:
        return ""
    return phrases.say("embeds.order_average", price=round_won(order.average_price_won))


def progress(order: Order, fills: Sequence[FillObservation], phrases: Phrases) -> str:
    """Return state, filled quantity, mean price and last fill of one order."""
    line = phrases.say("embeds.progress", state=state_word(order.state, phrases))
    if order.filled:
        key = "progress_quantity" if order.state in _SAY_FILLED else "progress_filled"
        line += phrases.say(f"embeds.{key}", filled=order.filled, total=_asked(order))
        line += average(order, phrases)
    own = [fill.observed_at for fill in fills if fill.order_id == order.order_id]
    if own:
        line += f" · {relative(max(own))}"
    if order.reason:
        line += f"\n{one_line(order.reason, LEG_REASON_MAX)}"
    return line
