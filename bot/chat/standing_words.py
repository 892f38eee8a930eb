"""Stops approved in advance in words: on the messages of entry and exit, in /market alerts."""

from __future__ import annotations

from collections.abc import Sequence

from bot.chat.leg_words import listed
from bot.chat.text import one_line
from core.domain.standing import StandingState, StandingStop
from core.domain.tickets import TicketState
from core.ports.desk import MarketReader
from core.ports.phrases import Phrases
from core.ports.surface import TicketView

_NAME_MAX = 40
_TOLD = (StandingState.GRANTED, StandingState.REVOKED, StandingState.USED)


def lines(view: TicketView, phrases: Phrases) -> list[str]:
    """Return what a ticket says of its stops: what 🛡️ would approve, or what became of it.

    An exit that was approved in advance names the entries whose approval it was.
    """
    ticket = view.ticket
    own = [item for item in view.standing if item.ticket_id == ticket.ticket_id]
    entries = [item.ticket_id for item in view.standing if item.used_by == ticket.ticket_id]
    if entries:
        until = ticket.expires_at
        return [phrases.say("embeds.standing_source", tickets=", ".join(entries), until=until)]
    if ticket.state is TicketState.PRESENTED:
        offered = [item for item in own if item.state is StandingState.OFFERED]
        return [_said("offered", offered, phrases)] if offered else []
    told = ((state, [item for item in own if item.state is state]) for state in _TOLD)
    return [_said(state.value, found, phrases) for state, found in told if found]


def stop_lines(stops: Sequence[StandingStop], market: MarketReader, phrases: Phrases) -> list[str]:
    """Return one line for each granted stop that is still good."""
    return [stop_line(item, market, phrases) for item in stops]


def stop_line(stop: StandingStop, market: MarketReader, phrases: Phrases) -> str:
    """Return what a granted stop allows, to whom it is owed, and until when."""
    return phrases.say(
        "watch.standing_line",
        ticket=stop.ticket_id,
        name=listed(stop.symbol, market),
        quantity=stop.quantity_max,
        stop=_percent(stop.stop_bps),
        floor=_percent(stop.floor_bps),
        until=stop.until,
        who=one_line(stop.actor_name, _NAME_MAX),
    )


def _said(what: str, stops: Sequence[StandingStop], phrases: Phrases) -> str:
    """Return a sentence about stops of one ticket: they share their terms, not their exits."""
    stop = stops[0]
    return phrases.say(
        f"embeds.standing_{what}",
        stop=_percent(stop.stop_bps),
        floor=_percent(stop.floor_bps),
        until=stop.until,
        exit=", ".join(dict.fromkeys(item.used_by for item in stops)),
    )


def _percent(bps: int) -> str:
    return f"{bps / 100:g}"
