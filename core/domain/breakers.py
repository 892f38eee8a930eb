"""Breakers: what stops trading by itself, and what is then still allowed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum

from core.domain.modes import TradingState
from core.domain.money import Won


class Breaker(Enum):
    """Every breaker. The locale files hold one sentence per member (``risk.breaker_…``)."""

    DAY_LOSS = "day_loss"
    LOSING_STREAK = "losing_streak"
    BROKER_ERRORS = "broker_errors"
    CLOCK_SKEW = "clock_skew"
    LAST_HOP = "last_hop"
    INVARIANT = "invariant"
    # No breaker of the bot's: a person who wants no more of today, and not to be talked out of it.
    COOLING_OFF = "cooling_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """A breaker that is out. `effect` is REDUCE_ONLY or HALTED.

    `until` is the first day on which it no longer counts; None waits for a person or for whatever
    tripped it to end it. `reason` is a sentence for people.
    """

    breaker: Breaker
    effect: TradingState
    at: datetime
    until: date | None
    reason: str


# Breakers that only an owner puts back in. The others end by themselves: with the day, or when
# whatever tripped them is well again.
OWNER_RELEASES = frozenset({Breaker.LOSING_STREAK, Breaker.LAST_HOP, Breaker.INVARIANT})

# How far the broker's clock may be from ours. From the first on people are told, and the breaker
# goes back in only within it; beyond the second nothing is armed: what was sent could not be found
# in the broker's list by its time, and expiries and sessions are judged by a clock that is wrong.
CLOCK_TOLD = timedelta(seconds=5)
CLOCK_SKEW_MAX = timedelta(seconds=30)
# One read proves nothing: its answer may have come while a clock was being set.
FAR_READS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerLimits:
    """Where the breakers stand. Percents of the opening net asset value, and of `broker_calls`.

    `nav_floor_won` 0 tells of no floor.
    """

    day_loss_percent: Decimal = Decimal(2)
    losing_trades: int = 3
    broker_error_percent: int = 10
    broker_calls: int = 50
    nav_floor_won: Won = Won(800_000)


_STRICTNESS = {TradingState.ACTIVE: 0, TradingState.REDUCE_ONLY: 1, TradingState.HALTED: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchRows:
    """The stored rows that decide whether trading is on, as one transaction reads them."""

    stored: str | None
    stopped_day: str | None
    stopped_reason: str
    trips: Collection[Trip]


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The strictest state, and why.

    `stored` is what a person set, `outside` what the halt file or the signal says, and
    `stopped_because` why the day is stopped (None when it is not); `trips` are those that count.
    """

    state: TradingState
    stopped_because: str | None
    trips: tuple[Trip, ...]
    stored: TradingState = TradingState.ACTIVE
    outside: TradingState = TradingState.ACTIVE

    @property
    def tripped_because(self) -> str:
        """Why the breakers ask for the state that is in force; empty when none does."""
        return " ".join(trip.reason for trip in self.trips if trip.effect is self.state)

    @property
    def waits_for_clock(self) -> bool:
        """Whether a wrong clock alone halts: an approved order waits for it, and is not dropped."""
        halting = [trip for trip in self.trips if trip.effect is TradingState.HALTED]
        others = (self.stored, self.outside)
        return (
            bool(halting)
            and all(trip.breaker is Breaker.CLOCK_SKEW for trip in halting)
            and self.stopped_because is None
            and TradingState.HALTED not in others
        )


def in_force(rows: SwitchRows, today: date, outside: TradingState = TradingState.ACTIVE) -> InForce:
    """Return what holds today. A stored state that cannot be read is a halt.

    `outside` is what is asked for outside the database: the halt file, the signal.
    """
    stored = _read(rows.stored)
    states = [stored, outside]
    stopped = rows.stopped_day == today.isoformat()
    if stopped:
        states.append(TradingState.HALTED)
    trips = tuple(trip for trip in rows.trips if trip.until is None or today < trip.until)
    states += [trip.effect for trip in trips]
    return InForce(
        state=max(states, key=_STRICTNESS.__getitem__),
        stopped_because=rows.stopped_reason if stopped else None,
        trips=trips,
        stored=stored,
        outside=outside,
    )


def _read(stored: str | None) -> TradingState:
    if stored is None:
        return TradingState.ACTIVE
    try:
        return TradingState(stored)
    except ValueError:
        return TradingState.HALTED
