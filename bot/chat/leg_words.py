"""Sentences about one leg of a ticket: what was shown, what is allowed, what was sent, where it is."""

from __future__ import annotations

from collections.abc import Sequence

from bot.chat.text import one_line
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.money import round_won
from core.domain.orders import (
    IN_DOUBT_STATES,
    WAITING_STATES,
    Envelope,
    FillObservation,
    Order,
    OrderRequest,
    OrderState,
    OrderType,
    Side,
)
from core.domain.tickets import TicketLeg, TicketState
from core.ports.desk import MarketReader
from core.ports.phrases import Phrases
from core.ports.surface import TicketView

NAME_MAX = 60
LEG_REASON_MAX = 160
# Their words say that something was filled; a quantity beside them need not say it again.
_SAY_FILLED = frozenset({OrderState.PARTIAL, OrderState.FILLED})
_NEVER_LEFT = frozenset({OrderState.BLOCKED, OrderState.EXPIRED, OrderState.NOT_SENT})
# A price change below this many percent would be shown as 0.0 %.
_SMALL_PERCENT = 0.05


def side_word(side: Side, phrases: Phrases) -> str:
    """Return 매수 or 매도."""
    return phrases.say(f"embeds.side_{side.value}")


def state_word(state: OrderState, phrases: Phrases) -> str:
    """Return a state as one word (접수, 부분체결, 체결 …)."""
    return phrases.say(f"embeds.state_{state.value.lower()}")


def name_and_code(symbol: str, name: str) -> str:
    """Return ``name(code)`` for a message, or the code alone where no name is known."""
    return f"{one_line(name, NAME_MAX)}({symbol})" if name else symbol


def listed(symbol: Symbol, market: MarketReader) -> str:
    """Return ``name(code)`` of a symbol of the universe, or the code alone."""
    known = market.instrument(symbol)
    return name_and_code(symbol, known.name if known else "")


def leg_heading(leg: TicketLeg, phrases: Phrases) -> str:
    """Return number, verb, name and code of a leg."""
    name = name_and_code(leg.envelope.symbol, leg.name)
    return f"{leg.number}. {side_word(leg.envelope.side, phrases)} {name}"


def terms(leg: TicketLeg, phrases: Phrases) -> str:
    """Return quantity × price = amount, or the quantity at market price."""
    if leg.price_won is None:
        return phrases.say("embeds.terms_market", quantity=leg.quantity)
    amount = leg.price_won * leg.quantity
    return phrases.say("embeds.terms", quantity=leg.quantity, price=leg.price_won, amount=amount)


def bounds(leg: TicketLeg, order: Order | None, phrases: Phrases) -> str:
    """Return the envelope in words: at most how many, to which price, until when (KST).

    `order` is what the approval made of the leg; one given in advance lets it end earlier.
    """
    envelope = leg.envelope
    until = _hour(envelope if order is None else order.envelope)
    if envelope.order_type is OrderType.MARKET or envelope.limit_won is None:
        return phrases.say("embeds.envelope_market", quantity=envelope.quantity_max, until=until)
    return phrases.say(
        f"embeds.envelope_{envelope.side.value}",
        quantity=envelope.quantity_max,
        limit=envelope.limit_won,
        until=until,
    )


def _hour(envelope: Envelope) -> str:
    return f"{envelope.good_until.astimezone(KST):%H:%M}"


def costs(leg: TicketLeg, phrases: Phrases) -> str:
    """Return the expected fee and tax."""
    return phrases.say("embeds.costs", fee=leg.fee_won, tax=leg.tax_won)


def outlook(view: TicketView, leg: TicketLeg, phrases: Phrases) -> str:
    """Return the weight and the stop that a leg leads to, while it can still be pressed."""
    found = view.outlooks.get(leg.number)
    if found is None or view.ticket.state is not TicketState.PRESENTED:
        return ""
    parts = []
    if found.weight_bps is not None:
        parts.append(phrases.say("embeds.weight_after", percent=found.weight_bps / 100))
    if found.stop_won is not None:
        parts.append(phrases.say("embeds.stop_after", price=found.stop_won))
    return " · ".join(parts)


def sent_terms(leg: TicketLeg, order: Order, phrases: Phrases) -> str:
    """Return what was (or will be) sent and how it differs from what was shown; "" before that."""
    request = order.request
    if request is None:
        return ""
    stage = phrases.say(f"embeds.stage_{_stage(order)}")
    changes = _changes(leg, request, phrases)
    if request.price_won is None:
        return phrases.say(
            "embeds.sent_market", stage=stage, quantity=request.quantity, changes=changes
        )
    return phrases.say(
        "embeds.sent",
        stage=stage,
        quantity=request.quantity,
        price=request.price_won,
        changes=changes,
    )


def _stage(order: Order) -> str:
    """Return how sure it is that these terms went out: next, unsent, doubt, refused or sent."""
    if order.state in WAITING_STATES:
        return "next"
    if order.state in _NEVER_LEFT:
        return "unsent"
    if order.ref is not None:
        return "sent"
    if order.state in IN_DOUBT_STATES:
        return "doubt"
    if order.state is OrderState.VOID:
        return "unsent"
    return "refused" if order.state is OrderState.REJECTED else "sent"


def _changes(leg: TicketLeg, request: OrderRequest, phrases: Phrases) -> str:
    found: list[str] = []
    if leg.price_won and request.price_won and request.price_won != leg.price_won:
        percent = (request.price_won - leg.price_won) * 100 / leg.price_won
        found.append(f"{percent:+.{2 if abs(percent) < _SMALL_PERCENT else 1}f}%")
    if request.quantity != leg.quantity:
        found.append(
            phrases.say("embeds.sent_quantity", shown=leg.quantity, quantity=request.quantity)
        )
    return f" ({', '.join(found)})" if found else ""


def reduced(view: TicketView, order: Order, phrases: Phrases) -> str:
    """Return "수량 조정 a → b" with the limits that made it so; "" where nothing was cut."""
    rules = view.reduced_by.get(order.order_id, ())
    if order.request is None or not rules:
        return ""
    return phrases.say(
        "embeds.reduced",
        asked=order.envelope.quantity_max,
        quantity=order.request.quantity,
        why=", ".join(_short(rule, phrases) for rule in rules),
    )


def _short(rule: str, phrases: Phrases) -> str:
    key, _, because = rule.partition(":")
    return phrases.say(f"risk.short_{key}", because=because)


def waiting(view: TicketView, order: Order, phrases: Phrases) -> str:
    """Return why an approved order is not sent yet and until when it waits; "" for any other."""
    if order.state not in WAITING_STATES:
        return ""
    until = _hour(order.envelope)
    if order.reason:
        why = one_line(order.reason, LEG_REASON_MAX)
        return phrases.say("embeds.waiting", reason=why, until=until)
    if view.sends_at is not None:
        at = f"{view.sends_at.astimezone(KST):%H:%M}"
        return phrases.say("embeds.waiting_window", at=at, until=until)
    return phrases.say("embeds.waiting_turn", until=until)


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
        total = order.filled + order.remaining
        line += phrases.say(f"embeds.{key}", filled=order.filled, total=total)
        line += average(order, phrases)
    own = [fill.observed_at for fill in fills if fill.order_id == order.order_id]
    if own:
        line += f" · <t:{int(max(own).timestamp())}:R>"
    if order.reason and order.state not in WAITING_STATES:
        # The mark keeps a broker's text from standing where our own lines begin.
        line += f"\n└ {one_line(order.reason, LEG_REASON_MAX)}"
    return line
