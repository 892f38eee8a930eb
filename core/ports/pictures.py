"""Charts, drawn outside the event loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from core.domain.market import BarSeries
from core.domain.plan import Ranking


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartSpec:
    """What a chart shows. `nav` is (ISO instant, won); either part may be empty."""

    title: str
    subtitle: str
    rankings: tuple[Ranking, ...] = ()
    nav: tuple[tuple[str, int], ...] = ()
    series: tuple[BarSeries, ...] = ()
    names: tuple[tuple[str, str], ...] = ()


class ChartPainter(Protocol):
    """Draws a chart in a child process."""

    async def paint(self, spec: ChartSpec) -> bytes:
        """Return a PNG. Raises DataError when it cannot be drawn in time."""
