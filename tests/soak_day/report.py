"""The figures of a soak, as lines and as JSON, and whether they are good enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from tests.soak_day.books import DayBooks

GROWTH_MAX = 0.05
DAYS_FOR_GROWTH = 3
"""The first day fills caches that stay; growth is counted from the end of the second on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """One day. Seconds of the host, frames per second of open market, MiB of the bot, counts."""

    day: date
    seconds: float
    frames_per_second: float
    clicks: int
    unanswered: int
    late: int
    answer_p50: float
    answer_p99: float
    answer_worst: float
    memory_mib: float
    books: DayBooks

    def line(self) -> str:
        """Return the day in one line."""
        books = self.books
        return (
            f"{self.day}  {self.seconds:5.0f} s  {self.frames_per_second:6.0f} frames/s  "
            f"{self.clicks:6} clicks ({self.clicks / self.seconds:.0f}/s): p50 "
            f"{self.answer_p50 * 1000:.0f} ms, p99 {self.answer_p99 * 1000:.0f} ms, worst "
            f"{self.answer_worst * 1000:.0f} ms, {self.unanswered} without answer, {self.late} put "
            f"off  {self.memory_mib:.0f} MiB  orders {books.sent}, filled {books.filled}, in doubt "
            f"{books.in_doubt}, lost {len(books.lost)}, doubled {len(books.doubled)}, unlike "
            f"{len(books.unlike)}"
        )


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which `share` of the ordered values lie (0 for none)."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def growth(days: Sequence[DayFigures]) -> float | None:
    """Return by which share memory grew after the second day; None for too few days."""
    if len(days) < DAYS_FOR_GROWTH:
        return None
    return days[-1].memory_mib / days[1].memory_mib - 1


def misses(days: Sequence[DayFigures]) -> list[str]:
    """Return what must not have been."""
    found = [text for one in days for text in one.books.lost + one.books.doubled + one.books.unlike]
    found += [
        f"{one.day}: {one.unanswered} clicks without an answer" for one in days if one.unanswered
    ]
    if not any(one.books.sent for one in days):
        found.append("not one order was sent: nothing is shown")
    grown = growth(days)
    if grown is not None and grown >= GROWTH_MAX:
        found.append(f"memory grew by {grown:.1%} after the second day (goal {GROWTH_MAX:.0%})")
    return found


def as_json(days: Sequence[DayFigures]) -> dict[str, object]:
    """Return everything as JSON."""
    return {
        "days": [asdict(one) | {"day": one.day.isoformat()} for one in days],
        "memory_growth": growth(days),
        "missed": misses(days),
    }
