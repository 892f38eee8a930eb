"""What was decided in a conversation: lines under its summary, and the name of its thread."""

from __future__ import annotations

from collections.abc import Sequence

from bot.chat.leg_words import name_and_code, side_word
from bot.chat.text import clip, label
from bot.chat.ticket_words import headline
from core.domain.tickets import TicketLeg, TicketState
from core.ports.phrases import Phrases
from core.ports.surface import TicketView

TITLE_MAX = 100
SHOWN_MAX = 8
_WORDS_MAX = 60


def decided(views: Sequence[TicketView]) -> tuple[TicketView, ...]:
    """Return the tickets that count: what came in place of another one stands for it."""
    return tuple(view for view in views if view.ticket.state is not TicketState.SUPERSEDED)


def decision_lines(views: Sequence[TicketView], phrases: Phrases) -> str:
    """Return a line for each ticket, the newest last: what it was, and where it stands; "" if none."""
    found = decided(views)
    if not found:
        return ""
    lines = [
        phrases.say(
            "chat.decision_open"
            if view.ticket.state is TicketState.PRESENTED
            else "chat.decision_line",
            ticket=view.ticket.ticket_id,
            what=", ".join(_what(leg, phrases, coded=True) for leg in view.ticket.legs),
            state=headline(view, phrases),
        )
        for view in found[-SHOWN_MAX:]
    ]
    return "\n".join([phrases.say("chat.decisions"), *lines])


def decided_title(title: str, views: Sequence[TicketView], phrases: Phrases) -> str:
    """Return the name of a thread that says what was decided; `title` itself where nothing was."""
    found = decided(views)
    if not found:
        return title
    last = found[-1]
    leg = last.ticket.legs[0]
    more = len(last.ticket.legs) - 1
    what = _what(leg, phrases, coded=False)
    if more:
        what = phrases.say("chat.decided_more", what=what, count=more)
    word = headline(last, phrases).partition(":")[0]
    text = phrases.say("chat.decided_title", word=word, what=what, title=title)
    return label(text, TITLE_MAX)


def _what(leg: TicketLeg, phrases: Phrases, *, coded: bool) -> str:
    """Return side, name and shares of a leg; with its code where markup is made harmless."""
    envelope = leg.envelope
    name = name_and_code(envelope.symbol, leg.name) if coded else clip(leg.name, _WORDS_MAX)
    side = side_word(envelope.side, phrases)
    return phrases.say("chat.decided_what", side=side, name=name, quantity=leg.quantity)
