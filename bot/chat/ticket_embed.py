"""One ticket as one Discord message, through its whole life. Numbers come only from the view."""

from __future__ import annotations

import discord

from bot.chat import leg_words, standing_words, ticket_words
from bot.chat.budget import AMBER, BLUE, GREY, RED, FittedEmbed
from bot.chat.leg_buttons import leg_buttons
from bot.chat.resolve_button import RESOLVABLE, resolve_buttons
from bot.chat.rows import button_row
from bot.chat.text import one_line
from bot.chat.ticket_buttons import TicketButton
from core.domain.orders import IN_DOUBT_STATES, WAITING_STATES, Order, OrderState, Side
from core.domain.standing import StandingState
from core.domain.tickets import Ticket, TicketAction, TicketLeg, TicketState
from core.ports.phrases import Phrases
from core.ports.surface import TicketView

REASON_MAX = 600
NOTE_MAX = 160
NOTES_SHOWN = 5
# Five rows of five.
BUTTONS_MAX = 25
# How much a leg says: what is approved, also its costs, also its reason.
_BOUNDS, _COSTS, _ALL = 0, 1, 2
# What can still be dropped before it is sent, or cancelled at the broker.
CANCELLABLE = WAITING_STATES | {OrderState.WORKING, OrderState.PARTIAL}


def possible_actions(view: TicketView) -> tuple[TicketAction, ...]:
    """Return the buttons that make sense now, in their order."""
    ticket = view.ticket
    if ticket.state is TicketState.PRESENTED:
        if not ticket.mode.may_send_orders:
            return (TicketAction.DECLINE,)
        anyway = (TicketAction.OVERRIDE,) if view.may_override else ()
        is_offered = any(item.state is StandingState.OFFERED for item in view.standing)
        stand = (TicketAction.STAND,) if is_offered else ()
        return (TicketAction.APPROVE, *stand, *anyway, TicketAction.EDIT, TicketAction.DECLINE)
    if any(order.state in CANCELLABLE for order in view.orders):
        return (TicketAction.CANCEL,)
    return ()


def ticket_buttons(view: TicketView, phrases: Phrases) -> discord.ui.View:
    """Return the buttons for this state; an empty view takes all buttons away."""
    ticket_id = view.ticket.ticket_id
    actions = [TicketButton.made(action, ticket_id, phrases) for action in possible_actions(view)]
    doubts = resolve_buttons(view.orders, phrases)[: BUTTONS_MAX - len(actions)]
    return button_row(*actions, *doubts, *leg_buttons(view, phrases))


def ticket_embed(view: TicketView, phrases: Phrases) -> discord.Embed:
    """Return the embed of a ticket, within every limit of Discord.

    A long basket first gives up the reasons of its legs, then their costs; the bounds that a
    person approves stay as long as there is room, and what is left out is counted.
    """
    fitted = FittedEmbed(
        phrases=phrases,
        title=ticket_words.title(view, phrases),
        mode=view.ticket.mode,
        description=_description(view, phrases),
        colour=_colour(view),
        footer=phrases.say("embeds.footer", ticket=view.ticket.ticket_id),
    )
    candidates = [
        [_leg_field(view, leg, phrases, detail=detail) for leg in view.ticket.legs]
        for detail in (_ALL, _COSTS, _BOUNDS)
    ]
    fields = next((found for found in candidates if fitted.fits(found)), candidates[-1])
    fitted.add_all(fields, phrases.say("embeds.more", count="{count}"))
    return fitted.embed


def _description(view: TicketView, phrases: Phrases) -> str:
    ticket = view.ticket
    lines = [f"**{ticket_words.headline(view, phrases)}**"]
    if ticket.state_reason:
        lines.append(f"└ {one_line(ticket.state_reason, NOTE_MAX)}")
    if ticket.state is TicketState.PRESENTED:
        lines.append(ticket_words.expiry(ticket, phrases))
        if not ticket.mode.may_send_orders:
            lines.append(phrases.say("embeds.observe_only"))
    lines += standing_words.lines(view, phrases)
    lines += ticket_words.chosen(view, phrases)
    lines += [f"• {one_line(note, NOTE_MAX)}" for note in ticket.notes[:NOTES_SHOWN]]
    if len(ticket.notes) > NOTES_SHOWN:
        lines.append(phrases.say("embeds.more", count=len(ticket.notes) - NOTES_SHOWN))
    if len(ticket.legs) > 1:
        lines.append(_total(ticket, phrases))
    author = phrases.say(f"embeds.author_{ticket.author.value}")
    reason = one_line(ticket.reason, REASON_MAX) or "-"
    lines.append(phrases.say("embeds.why", author=author, reason=reason))
    if view.approval is not None:
        how = "_in_advance" if view.approval.is_in_advance else ""
        lines.append(
            phrases.say(
                f"embeds.approved_by{how}",
                who=one_line(view.approval.actor_name, leg_words.NAME_MAX)
                if view.approval.actor_id
                else phrases.say("embeds.policy"),
                when=ticket_words.relative(view.approval.clicked_at),
            )
        )
    if any(order.state in RESOLVABLE for order in view.orders):
        lines.append(phrases.say("embeds.how_to_check"))
    return "\n".join(lines)


def _total(ticket: Ticket, phrases: Phrases) -> str:
    def amount(side: Side) -> int:
        return sum(
            (leg.price_won or 0) * leg.quantity for leg in ticket.legs if leg.envelope.side is side
        )

    return phrases.say(
        "embeds.basket_total",
        sell=amount(Side.SELL),
        buy=amount(Side.BUY),
        fee=sum(leg.fee_won for leg in ticket.legs),
        tax=sum(leg.tax_won for leg in ticket.legs),
    )


def _leg_field(
    view: TicketView, leg: TicketLeg, phrases: Phrases, *, detail: int
) -> tuple[str, str]:
    """Return (name, value) of a leg, with as much as `detail` asks for."""
    order = _order_of(view, leg)
    lines = [leg_words.terms(leg, phrases), leg_words.bounds(leg, order, phrases)]
    if detail >= _COSTS:
        lines.append(leg_words.costs(leg, phrases))
        lines.append(leg_words.outlook(view, leg, phrases))
    if order is not None:
        lines.append(leg_words.sent_terms(leg, order, phrases))
        lines.append(leg_words.progress(order, view.fills if detail else (), phrases))
        if detail >= _COSTS:
            lines.append(leg_words.reduced(view, order, phrases))
            lines.append(leg_words.waiting(view, order, phrases))
    if detail >= _ALL and leg.reason and leg.reason != view.ticket.reason:
        reason = one_line(leg.reason, leg_words.LEG_REASON_MAX)
        lines.append(phrases.say("embeds.leg_reason", reason=reason))
    return leg_words.leg_heading(leg, phrases), "\n".join(line for line in lines if line)


def _order_of(view: TicketView, leg: TicketLeg) -> Order | None:
    return next((order for order in view.orders if order.leg == leg.number), None)


def _colour(view: TicketView) -> int:
    if any(order.state in IN_DOUBT_STATES for order in view.orders):
        return AMBER
    if view.ticket.state not in {TicketState.PRESENTED, TicketState.APPROVED}:
        return GREY
    sides = {leg.envelope.side for leg in view.ticket.legs}
    if len(sides) != 1:
        return GREY
    return RED if Side.BUY in sides else BLUE
