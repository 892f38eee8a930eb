"""A stop that a person approved in advance, together with the entry, and what it covers.

Bounds are fixed when the entry is shown: shares, a fall against the average cost that calls for
it, a deeper one below which it does not hold any more, and a last day. It holds once, for what the
entry bought, and only while nothing of the symbol was sold since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from core.domain.instrument import Symbol

WHOLE_BPS = 10_000
_FLOOR_BPS_MAX = 9_900


class StandingState(Enum):
    """Where one stands. Only a GRANTED one sells."""

    OFFERED = "offered"
    GRANTED = "granted"
    REVOKED = "revoked"
    USED = "used"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingTerms:
    """What is offered with an entry: for how many days, from which fall on, and down to which.

    Both falls are against the average cost, in hundredths of a percent.
    """

    days: int
    stop_bps: int
    floor_bps: int


def standing_terms(days: int, stop_percent: int) -> StandingTerms | None:
    """Return the terms for a stop of `stop_percent` (below zero), or None where `days` is 0.

    They hold down to twice the stop: a deeper fall is news that somebody should look at first.
    """
    if not days:
        return None
    stop_bps = -stop_percent * 100
    floor_bps = min(2 * stop_bps, _FLOOR_BPS_MAX)
    return StandingTerms(days=days, stop_bps=stop_bps, floor_bps=floor_bps)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingStop:
    """One leg of an entry ticket with the stop that was offered with it.

    `until` is the last KST day. `granted_at` is when the person pressed, `used_by` the exit ticket
    that it approved.
    """

    ticket_id: str
    leg: int
    symbol: Symbol
    quantity_max: int
    stop_bps: int
    floor_bps: int
    until: date
    state: StandingState
    actor_id: int = 0
    actor_name: str = ""
    granted_at: datetime | None = None
    used_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backing:
    """A granted stop and what came of its entry: shares bought, and whether any were sold since."""

    stop: StandingStop
    bought: int
    is_sold: bool

    def holds(self, today: date) -> bool:
        """Whether it is still good on the KST day `today`."""
        return self.stop.state is StandingState.GRANTED and not self.is_sold and self.in_time(today)

    def in_time(self, today: date) -> bool:
        """Whether its last day is not over."""
        return today <= self.stop.until

    @property
    def shares(self) -> int:
        """How many shares it covers: what was bought, never more than what was approved."""
        return min(self.bought, self.stop.quantity_max)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopReached:
    """What calls for a stop now: all shares held, their average cost, and the price, in won."""

    symbol: Symbol
    quantity: int
    cost_won: Decimal
    price_won: int


class StandingGap(Enum):
    """Why a sale needs a ✅ of its own. The locale files hold words (``watch.standing_gap_…``).

    NONE is where nothing was approved in advance: nobody has to be told.
    """

    NONE = "none"
    HALTED = "halted"
    NOT_ALLOWED = "not_allowed"
    OVER = "over"
    SOLD = "sold"
    QUANTITY = "quantity"
    NOT_REACHED = "not_reached"
    BELOW_FLOOR = "below_floor"


def gap_of(
    backings: Sequence[Backing], reached: StopReached, limit_won: int | None, today: date
) -> StandingGap | None:
    """Return why `backings` do not cover the sale of all that is held, or None when they do.

    `limit_won` is the lowest price at which the sale may happen; a market sale has none.
    """
    good = [item for item in backings if item.holds(today)]
    if not good:
        return _why_none(backings, today)
    if sum(item.shares for item in good) < reached.quantity:
        return StandingGap.QUANTITY
    reach = min(_below(reached.cost_won, item.stop.stop_bps) for item in good)
    if reached.price_won > reach:
        return StandingGap.NOT_REACHED
    floor = max(_below(reached.cost_won, item.stop.floor_bps) for item in good)
    return StandingGap.BELOW_FLOOR if limit_won is None or limit_won < floor else None


def _why_none(backings: Sequence[Backing], today: date) -> StandingGap:
    granted = [item for item in backings if item.stop.state is StandingState.GRANTED]
    if not granted:
        return StandingGap.NONE
    in_time = any(item.in_time(today) for item in granted)
    return StandingGap.SOLD if in_time else StandingGap.OVER


def _below(cost_won: Decimal, bps: int) -> Decimal:
    return cost_won * (WHOLE_BPS - bps) / WHOLE_BPS
