"""The sentences about whether orders can be sent, and everything that keeps them from it."""

from __future__ import annotations

from bot.chat.budget import AMBER, GREY, FittedEmbed, lines_within
from bot.chat.leg_words import side_word, state_word
from bot.chat.text import label, one_line
from core.domain.breakers import OWNER_RELEASES, InForce, Trip
from core.domain.modes import TradingState
from core.ports.phrases import Phrases
from core.services.orders.open_points import OpenPoints

REASON_MAX = 300
LINE_MAX = 160


def standing(found: InForce, phrases: Phrases) -> str:
    """Return what is in force, then each cause: a stopped day, the halt file, the breakers.

    A stopped day alone is not called a halt by a person; whatever else holds adds to it.
    """
    lines: list[str] = []
    by_day_only = (
        found.stopped_because is not None
        and TradingState.HALTED not in {found.stored, found.outside}
        and all(trip.effect is not TradingState.HALTED for trip in found.trips)
    )
    if not by_day_only:
        lines.append(phrases.say(f"chat.state_{found.state.value.lower()}"))
    if found.stopped_because is not None:
        reason = label(found.stopped_because, REASON_MAX) or phrases.say("chat.no_reason")
        lines.append(phrases.say("chat.state_day_stopped", reason=reason))
    if found.outside is not TradingState.ACTIVE:
        lines.append(phrases.say("chat.state_outside"))
    lines += [trip_line(trip, phrases) for trip in found.trips]
    return "\n".join(lines)


def trip_line(trip: Trip, phrases: Phrases) -> str:
    """Return why a breaker is out, and who or what puts it back in."""
    if trip.breaker in OWNER_RELEASES:
        how = phrases.say("chat.trip_owner")
    elif trip.until is not None:
        how = phrases.say("chat.trip_until", day=trip.until.isoformat())
    else:
        how = phrases.say("chat.trip_itself")
    return phrases.say("chat.trip", reason=one_line(trip.reason, REASON_MAX), how=how)


def open_points_embed(points: OpenPoints, phrases: Phrases) -> FittedEmbed:
    """Return what stands open before a resume: each point, what it means, how it is settled."""
    has_points = bool(points.doubtful or points.holds or points.undelivered or points.not_ready)
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("chat.resume_title"),
        description=standing(points.in_force, phrases),
        colour=AMBER if has_points or points.in_force.trips else GREY,
        footer=phrases.say("chat.resume_footer") if points.can_be_lifted else "",
    )
    more = phrases.say("embeds.more", count="{count}")

    def add(key: str, lines: list[str]) -> None:
        if lines:
            name = phrases.say(f"chat.open_{key}", count=len(lines))
            meaning = phrases.say(f"chat.open_{key}_means")
            fitted.add(name, f"{meaning}\n{lines_within(lines, more, 700)}")

    add("not_ready", [points.not_ready] if points.not_ready else [])
    add("doubtful", [
        phrases.say(
            "chat.open_order",
            order=order.order_id,
            side=side_word(order.envelope.side, phrases),
            symbol=order.envelope.symbol,
            state=state_word(order.state, phrases),
        )
        for order in points.doubtful
    ])  # fmt: skip
    add("holds", [
        phrases.say("chat.open_hold", symbol=hold.symbol, reason=one_line(hold.reason, LINE_MAX))
        for hold in points.holds
    ])  # fmt: skip
    add("undelivered", [f"• {one_line(item.title, LINE_MAX)}" for item in points.undelivered])
    if not has_points and not points.in_force.trips:
        fitted.add(phrases.say("chat.open_none"), phrases.say("chat.open_none_means"))
    return fitted
