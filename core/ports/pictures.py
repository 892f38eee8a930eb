"""Charts, drawn outside the event loop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from core.domain.market import BarSeries
from core.domain.plan import Ranking


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfitLine:
    """One way the money could have gone: profit in won by day, None where it is unknown.

    `more_won` is what it made beyond the first line in the end, `band` between which bounds that
    may lie. `style` is how the line is drawn, as matplotlib names it.
    """

    name: str
    won: tuple[int | None, ...]
    more_won: int | None = None
    band: tuple[int, int] | None = None
    style: str = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfitChart:
    """Lines over the same days, the one that was really taken first."""

    days: tuple[date, ...]
    lines: tuple[ProfitLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One part of the account: a holding, or its cash."""

    name: str
    won: int
    is_cash: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How the account went beside KODEX 200, in percent since the first of `days`.

    None is a day without a value.
    """

    days: tuple[date, ...]
    account: tuple[float | None, ...]
    benchmark: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A trade on the candles of its session, at its price in won."""

    session: date
    price_won: int
    is_buy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeStep:
    """One step of an order, already worded; `is_end` is where it stands now."""

    at: str
    words: str
    is_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartSpec:
    """What a chart shows. `nav` is (ISO instant, won); any part may be empty.

    `marks` are trades of the lone series of `series`. `locale` is the language of the panels' own
    words, that of `title`; empty is the painter's, which is everybody's.
    """

    title: str
    subtitle: str
    rankings: tuple[Ranking, ...] = ()
    nav: tuple[tuple[str, int], ...] = ()
    series: tuple[BarSeries, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    profits: ProfitChart | None = None
    slices: tuple[Slice, ...] = ()
    course: Course | None = None
    marks: tuple[Mark, ...] = ()
    life: tuple[LifeStep, ...] = ()
    locale: str = ""


class ChartPainter(Protocol):
    """Draws a chart in a child process."""

    async def paint(self, spec: ChartSpec) -> bytes:
        """Return a PNG. Raises DataError when it cannot be drawn in time."""
