from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from core.domain.breakers import Breaker, SwitchRows, Trip, in_force
from core.domain.krx import KST
from core.domain.modes import TradingState

DAY = date(2026, 11, 16)
NOON = datetime(2026, 11, 16, 12, tzinfo=KST)
ACTIVE, REDUCE, HALTED = TradingState.ACTIVE, TradingState.REDUCE_ONLY, TradingState.HALTED


def rows(
    stored: str | None = None, stopped: str | None = None, trips: tuple[Trip, ...] = ()
) -> SwitchRows:
    return SwitchRows(stored=stored, stopped_day=stopped, stopped_reason="why", trips=trips)


def trip(
    effect: TradingState, until: date | None = None, breaker: Breaker = Breaker.DAY_LOSS
) -> Trip:
    return Trip(breaker=breaker, effect=effect, at=NOON, until=until, reason="lost")


@pytest.mark.parametrize(
    ("given", "outside", "state"),
    [
        (rows(), ACTIVE, ACTIVE),
        (rows("ACTIVE"), ACTIVE, ACTIVE),
        (rows("REDUCE_ONLY"), ACTIVE, REDUCE),
        (rows("HALTED"), REDUCE, HALTED),
        (rows("nonsense"), ACTIVE, HALTED),
        (rows("ACTIVE"), REDUCE, REDUCE),
        (rows("ACTIVE"), HALTED, HALTED),
        (rows("REDUCE_ONLY", stopped=DAY.isoformat()), ACTIVE, HALTED),
        (rows(stopped="2026-11-13"), ACTIVE, ACTIVE),
        (rows(trips=(trip(REDUCE), trip(HALTED))), ACTIVE, HALTED),
        (rows(trips=(trip(REDUCE, DAY + timedelta(days=1)),)), ACTIVE, REDUCE),
        (rows(trips=(trip(REDUCE, DAY),)), ACTIVE, ACTIVE),
    ],
)
def test_the_strictest_counts(
    given: SwitchRows, outside: TradingState, state: TradingState
) -> None:
    found = in_force(given, DAY, outside)
    assert (found.state, found.outside) == (state, outside)


def test_it_says_why() -> None:
    out = trip(REDUCE)
    found = in_force(rows("REDUCE_ONLY", DAY.isoformat(), (out, trip(HALTED, DAY))), DAY)
    assert (found.stored, found.stopped_because, found.trips) == (REDUCE, "why", (out,))
    assert in_force(rows(), DAY).stopped_because is None


CLOCK = trip(HALTED, breaker=Breaker.CLOCK_SKEW)


@pytest.mark.parametrize(
    ("given", "outside", "waits"),
    [
        (rows(), ACTIVE, False),
        (rows(trips=(CLOCK,)), ACTIVE, True),
        (rows("REDUCE_ONLY", trips=(trip(REDUCE), CLOCK)), REDUCE, True),
        (rows(trips=(CLOCK, trip(HALTED, breaker=Breaker.LAST_HOP))), ACTIVE, False),
        (rows("HALTED", trips=(CLOCK,)), ACTIVE, False),
        (rows(trips=(CLOCK,)), HALTED, False),
        (rows(stopped=DAY.isoformat(), trips=(CLOCK,)), ACTIVE, False),
        (rows("HALTED"), ACTIVE, False),
    ],
)
def test_only_a_wrong_clock_alone_is_waited_for(
    given: SwitchRows, outside: TradingState, waits: bool
) -> None:
    assert in_force(given, DAY, outside).waits_for_clock is waits
