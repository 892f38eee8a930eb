"""What one seed is: the hour, the account, the faults, the people, the crashes."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from core.domain.krx import KST
from tests.simulation.fence import CrashPlan

DAY = date(2026, 11, 16)  # a Monday
SYMBOLS = ("069500", "102110", "114260")
BASES = {"069500": 35_000, "102110": 30_000, "114260": 54_000}
OWNERS = (11, 12)
STRANGER, GUILD, OTHER_GUILD = 99, 7, 8
# Where a process may die, and how often each is chosen.
_CRASH_POINTS = (
    ("", 1, 900, 4),
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
    is_dedicated: bool
    orders_page: int
    proposals: tuple[float, ...]
    broker_skew: timedelta
    lives_max: int
    ends_at_close: bool


def plan_of(seed: int) -> Plan:
    """Draw the plan of a seed."""
    dice = random.Random(f"plan {seed}")
    hour, minute = dice.choice(((9, 3), (10, 0), (11, 30), (13, 0), (14, 50), (15, 8)))
    dedicated = dice.random() < 0.6
    busy = 60.0 + 120.0 * dice.random()
    return Plan(
        seed=seed,
        start=datetime.combine(DAY, time(hour, minute, dice.randrange(60)), tzinfo=KST),
        busy_seconds=busy,
        wildness=dice.choice((0, 1, 1, 3, 12)),
        cash_won=dice.choice((300_000, 1_000_000, 1_000_000, 3_000_000)),
        holdings={symbol: dice.choice((0, 0, 3, 9)) for symbol in SYMBOLS},
        morning_rows=dice.choice((0, 0, 0, 3, 17)),
        is_dedicated=dedicated,
        orders_page=15,
        proposals=tuple(
            sorted(2.0 + dice.random() * busy * 0.8 for _ in range(dice.choice((1, 1, 2, 3))))
        ),
        broker_skew=timedelta(0),
        lives_max=dice.choice((1, 2, 2, 3, 4)),
        ends_at_close=dice.random() < 0.3,
    )


def crash_plan(dice: random.Random) -> CrashPlan | None:
    """Draw where the next process dies; None for not by plan."""
    if dice.random() < 0.25:
        return None
    points = [point for point in _CRASH_POINTS for _ in range(point[3])]
    at, low, high, _ = dice.choice(points)
    # Small counts as often as large ones.
    count = round(low * (high / low) ** dice.random())
    return CrashPlan(at, count)
