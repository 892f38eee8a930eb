"""Which days are played: rotating sessions, the odd ones more often than they come."""

from __future__ import annotations

import csv
import gzip
import random
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

from brokers.sim import rules
from core.domain.special_days import SPECIAL_DAYS

# The strategy looks back 800 days; the tables begin in 2014.
FIRST_YEAR, LAST_YEAR = 2017, 2027
DATA = Path(__file__).parents[3] / "shared" / "data" / "krx"
RAW = DATA / "etf_raw_ohlcv_nav_2020_2024.csv.gz"
ADJUSTED = DATA / "etf_adjusted_ohlc_2014_2023.csv.gz"
FIRST_REAL, LAST_REAL, LAST_ADJUSTED = date(2021, 1, 4), date(2024, 12, 30), date(2023, 12, 28)
_KINDS = 4


def synthetic_day(seed: int) -> date:
    """Return the session of a seed: one in four opens a year, one in four is an exam day."""
    dice = random.Random(f"day {seed}")
    year = dice.randint(FIRST_YEAR, LAST_YEAR)
    if seed % _KINDS == 1:
        return rules.first_session(year)
    if seed % _KINDS == 3:
        return next(day for day in SPECIAL_DAYS if _is_examination(day, year))
    while True:
        day = date(year, 1, 1) + timedelta(days=dice.randint(0, 364))
        if rules.is_session(day):
            return day


def _is_examination(day: date, year: int) -> bool:
    hours = SPECIAL_DAYS[day].hours
    return day.year == year and hours is not None and hours.closes.hour > 15


def real_day(seed: int, *, adjusted: bool = False) -> date:
    """Return the session of a seed out of the file; one in four is the first one of a month."""
    last = LAST_ADJUSTED if adjusted else LAST_REAL
    days = [day for day in file_sessions(RAW) if FIRST_REAL <= day <= last]
    if seed % _KINDS == 2:
        months = pairwise(days)
        days = [after for before, after in months if before.month != after.month]
    return random.Random(f"real day {seed}").choice(days)


@cache
def file_sessions(path: Path) -> tuple[date, ...]:
    """Return the days that occur in a file of daily bars, oldest first."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        place = next(rows).index("date")
        texts = {row[place] for row in rows}
    return tuple(sorted(date.fromisoformat(text) for text in texts))


def missing_data(*paths: Path) -> str:
    """Return the reason to skip when one of these files is not there, else nothing."""
    absent = [path.name for path in paths if not path.exists()]
    return f"shared/data/krx/{absent[0]} is not beside this clone" if absent else ""
