"""What one seed is: the hour, the account, the faults, the people, the crashes."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from core.domain.krx import KST
from tests.simulation.fence import CrashPlan

DAY = date(2026, 11, 16)  # a Monday
SYMBOLS = ("069500", "229200", "091180")
BASES = {"069500": 11_000, "229200": 8_000, "091180": 17_000}
OWNERS = (11, 12)
STRANGER, GUILD, OTHER_GUILD = 99, 7, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The documented defaults, written out once more."""

    order_won: int = 400_000
    day_won: int = 1_000_000
    minute_count: int = 3


LIMITS = Limits()
# Before the window opens, within it, and where it closes meanwhile.
_STARTS = ((9, 4), (10, 0), (10, 0), (11, 30), (11, 30), (13, 0), (13, 0), (15, 12))
# Where a process may die, and how often each is chosen.
_CRASH_POINTS = (
    ("", 1, 500, 4),
    ("db.commit", 1, 60, 3),
    ("db.committed", 1, 60, 4),
    ("net.send.order-cash", 1, 2, 4),
    ("net.sent.order-cash", 1, 2, 5),
    ("net.answer.order-cash", 1, 2, 5),
    ("net.sent.order-rvsecncl", 1, 1, 1),
    ("net.answer.inquire-daily-ccld", 1, 8, 2),
    ("file.writ", 1, 3, 1),
    ("chat.sent", 1, 6, 1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One seed, drawn once at the start."""

    seed: int
    start: datetime
    busy_seconds: float
    wildness: int
    cash_won: int
    holdings: dict[str, int]
    morning_rows: int
    day_count: int
    is_dedicated: bool
    orders_page: int
    proposals: tuple[float, ...]
    broker_skew: timedelta
    skew: timedelta
    rival: str
    trades_by_hand: bool
    has_twins: bool
    lives_max: int
    ends_at_close: bool
    has_rough_evening: bool
    has_stops: bool


def plan_of(seed: int) -> Plan:
    """Draw the plan of a seed."""
    dice = random.Random(f"plan {seed}")
    hour, minute = dice.choice(_STARTS)
    dedicated = dice.random() < 0.6
    busy = 60.0 + 90.0 * dice.random()
    morning_rows = dice.choice((0, 0, 0, 3, 17))
    return Plan(
        seed=seed,
        start=datetime.combine(DAY, time(hour, minute, dice.randrange(60)), tzinfo=KST),
        busy_seconds=busy,
        wildness=dice.choice((0, 1, 1, 3, 12)),
        cash_won=dice.choice((1_000_000, 1_000_000, 3_000_000)),
        holdings={symbol: dice.choice((0, 3, 3, 6)) for symbol in SYMBOLS},
        morning_rows=morning_rows,
        # A long list has several pages; it counts against the day's limit, too.
        day_count=40 if morning_rows > 10 else 10,
        is_dedicated=dedicated,
        orders_page=15,
        proposals=tuple(
            sorted(2.0 + dice.random() * busy * 0.6 for _ in range(dice.choice((2, 3, 4, 6))))
        ),
        broker_skew=timedelta(0),
        skew=_skew(dice),
        rival=dice.choice(("",) * 12 + ("refused", "takes over")),
        trades_by_hand=dice.random() < 0.25,
        has_twins=not dedicated and dice.random() < 0.4,
        lives_max=dice.choice((1, 2, 2, 3, 4)),
        ends_at_close=dice.random() < 0.4,
        has_rough_evening=dice.random() < 0.3,
        # Where stops may be approved with their entries.
        has_stops=dice.random() < 0.3,
    )


def _skew(dice: random.Random) -> timedelta:
    """How far off the clock is. Above 30 s nothing is sent: such a day teaches little."""
    most = dice.choice((29, 29, 29, 90))
    return timedelta(seconds=dice.choice((0, 0, 0, 0, 1, -1)) * round(most * dice.random(), 3))


@dataclass(frozen=True, slots=True)
class Ending:
    """How one life is to end: at a step, at a moment, by SIGTERM, or not at all."""

    step: CrashPlan | None = None
    crash_after: float = 0.0
    stop_after: float = 0.0


def ending(dice: random.Random, busy_seconds: float) -> Ending:
    """Draw how the next life ends."""
    how = dice.random()
    if how < 0.15:
        return Ending()
    if how < 0.4:
        return Ending(crash_after=1 + busy_seconds * 0.8 * dice.random())
    if how < 0.5:
        return Ending(stop_after=1 + busy_seconds * 0.8 * dice.random())
    points = [point for point in _CRASH_POINTS for _ in range(point[3])]
    at, low, high, _ = dice.choice(points)
    # Small counts as often as large ones.
    return Ending(step=CrashPlan(at, round(low * (high / low) ** dice.random())))
