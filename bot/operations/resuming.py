"""What stands open before a resume, in words."""

from __future__ import annotations

from core.domain.modes import TradingState
from core.ports.phrases import Phrases
from core.services.orders.open_points import OpenPoints


def points_in_words(found: OpenPoints, phrases: Phrases) -> tuple[str, ...]:
    """Return one sentence per point, those that a resume lifts first."""
    say = phrases.say
    state = found.in_force
    said = [say("resuming.trip", reason=trip.reason) for trip in found.owner_trips]
    if state.stored is not TradingState.ACTIVE:
        said.append(say(f"resuming.stored_{state.stored.value.lower()}"))
    if state.stopped_because is not None:
        said.append(say("resuming.day_stopped", reason=state.stopped_because or "-"))
    if state.outside is not TradingState.ACTIVE:
        said.append(say("resuming.file"))
    said += [say("resuming.trip_stays", reason=trip.reason) for trip in found.other_trips]
    said += [
        say("resuming.doubt", id=order.order_id, symbol=order.envelope.symbol)
        for order in found.doubtful
    ]
    said += [say("resuming.hold", symbol=hold.symbol, reason=hold.reason) for hold in found.holds]
    if found.undelivered:
        said.append(say("resuming.undelivered", count=len(found.undelivered)))
    return tuple(said)
