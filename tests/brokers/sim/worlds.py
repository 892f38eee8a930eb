"""A hand-moved clock and small markets for the tests of the simulated exchange."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from pathlib import Path

from brokers.sim.intraday import quiet_day
from brokers.sim.prices_synthetic import SyntheticMarket
from brokers.sim.rules import KST, session_hours
from brokers.sim.values import DayBar, MinutePrice

NAMES = {"069500": "KODEX 200", "229200": "KODEX 코스닥150", "0080G0": "가상 ETF"}
DAY = date(2026, 11, 20)  # a Friday
BEFORE = date(2026, 11, 18)


class HandClock:
    """A Clock that stands still until a test moves it."""

    def __init__(self, now: datetime) -> None:
        self.instant = now

    def now(self) -> datetime:
        return self.instant

    async def sleep_until(self, instant: datetime) -> None:
        self.instant = max(self.instant, instant)

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError

    def host_seconds_until(self, instant: datetime) -> float:
        raise NotImplementedError

    def on_change(self, callback: Callable[[], None]) -> None:
        raise NotImplementedError


class Scripted:
    """A PriceSource of one symbol at 10,000 won, whose minutes a test writes down.

    Sessions are 16, 17, 18, 20, 23, 24, 25 and 26 November 2026 (the 19th left out on purpose).
    """

    label = "scripted"

    def __init__(self, minutes: dict[int, MinutePrice], base: int = 10_000) -> None:
        self.minutes = minutes
        self.base = base

    def symbols(self) -> tuple[str, ...]:
        return ("069500",)

    def name(self, symbol: str) -> str:
        return symbol

    def is_session(self, day: date) -> bool:
        return day in {date(2026, 11, d) for d in (16, 17, 18, 20, 23, 24, 25, 26)}

    def hours(self, day: date) -> tuple[datetime, datetime]:
        return session_hours(day)

    def base_price(self, symbol: str, day: date) -> int:
        return self.base

    def minute(self, symbol: str, day: date, minute: int) -> MinutePrice:
        known = [index for index in self.minutes if index <= minute]
        return self.minutes[max(known)] if known else quiet_day(self.base)

    def daily_bars(self, symbol: str, start: date, end: date, *, adjusted: bool) -> list[DayBar]:
        return []


def tick(last: int, bid: int, ask: int, volume: int = 1_000) -> MinutePrice:
    return MinutePrice(
        last=last,
        bid=bid,
        ask=ask,
        volume=volume,
        cumulative_volume=max(volume, 1),
        day_open=last,
        day_high=last,
        day_low=last,
    )


def market(seed: int = 7) -> SyntheticMarket:
    return SyntheticMarket(seed, NAMES, date(2026, 1, 2))


def at(hour: int, minute: int = 0, second: int = 0, day: date = DAY) -> datetime:
    return datetime.combine(day, time(hour, minute, second), KST)


def write_bars(path: Path, rows: Iterable[str], header: str = "") -> Path:
    titles = header or "date,symbol,open,high,low,close,volume"
    path.write_text("\n".join([titles, *rows]) + "\n", encoding="utf-8")
    return path


def read_sessions(path: Path) -> list[date]:
    with path.open(encoding="utf-8") as stream:
        return [date.fromisoformat(row["session"]) for row in csv.DictReader(stream)]
