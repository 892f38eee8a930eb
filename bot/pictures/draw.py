"""Composing a picture out of panels. Runs in the child process only."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.locales import load
from bot.pictures import accounts, panels, profits
from bot.pictures.canvas import canvas
from bot.pictures.fonts import drawable
from bot.pictures.job import DrawingJob
from bot.pictures.theme import BOLD, DPI, LARGE, SMALL, WIDTH_INCHES, Theme, theme
from core.errors import DataError
from core.ports.phrases import Phrases
from core.ports.pictures import ChartSpec, Slice

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RANKINGS_MAX = 12
HEADER_INCHES = 1.05
_GAP_INCHES = 0.8


@dataclass(frozen=True, slots=True)
class _Panel:
    height: float
    paint: Callable[[Axes], None]


def draw(job: DrawingJob) -> bytes:
    """Return the PNG of a job. Raises DataError when the spec has nothing to show."""
    look = theme(dark=job.dark, western=job.western)
    phrases = load(job.locale)
    found = _panels(_cleaned(job.spec, phrases), look, phrases)
    if not found:
        raise DataError("a chart needs something to show")
    with canvas(look):
        return _compose(job.spec, found, look)


def _cleaned(spec: ChartSpec, phrases: Phrases) -> ChartSpec:
    shown = sorted(spec.rankings, key=lambda item: -item.score)[:RANKINGS_MAX]
    return replace(
        spec,
        rankings=tuple(replace(item, name=drawable(item.name)) for item in shown),
        series=tuple(item for item in spec.series if item.bars),
        names=tuple((code, drawable(name)) for code, name in spec.names),
        profits=spec.profits if spec.profits and spec.profits.days else None,
        slices=tuple(
            replace(item, name=drawable(item.name)) for item in _largest(spec.slices, phrases)
        ),
        course=spec.course if spec.course and spec.course.days else None,
        life=tuple(
            replace(item, words=drawable(item.words)[:60])
            for item in spec.life[-accounts.STEPS_MAX :]
        ),
    )


def _largest(slices: tuple[Slice, ...], phrases: Phrases) -> list[Slice]:
    """Return the largest holdings, what is left of them as one, and the cash after them."""
    held = sorted((item for item in slices if not item.is_cash), key=lambda item: -item.won)
    cash = [item for item in slices if item.is_cash]
    if len(held) <= accounts.SLICES_MAX:
        return [*held, *cash]
    shown, rest = held[: accounts.SLICES_MAX - 1], held[accounts.SLICES_MAX - 1 :]
    name = phrases.say("pictures.rest", count=len(rest))
    return [*shown, Slice(name=name, won=sum(item.won for item in rest)), *cash]


def _panels(spec: ChartSpec, look: Theme, phrases: Phrases) -> list[_Panel]:
    found: list[_Panel] = []
    if spec.rankings:
        height = 0.6 + 0.52 * len(spec.rankings)
        found.append(
            _Panel(height, lambda axes: panels.momentum(axes, spec.rankings, look, phrases))
        )
    if spec.nav:
        found.append(_Panel(3.0, lambda axes: panels.net_value(axes, spec.nav, look, phrases)))
    if len(spec.series) == 1:
        found.append(_Panel(4.0, lambda axes: panels.candles(axes, spec, look, phrases)))
    elif spec.series:
        found.append(_Panel(4.0, lambda axes: panels.closes(axes, spec, look, phrases)))
    found += _of_account(spec, look, phrases)
    if spec.profits is not None:
        chart = spec.profits
        found.append(
            _Panel(profits.MADE_INCHES, lambda axes: profits.made(axes, chart, look, phrases))
        )
        if any(line.band for line in chart.lines):
            height = profits.ROW_INCHES * (len(chart.lines) - 1)
            found.append(_Panel(height, lambda axes: profits.beside(axes, chart, look, phrases)))
    return found


def _of_account(spec: ChartSpec, look: Theme, phrases: Phrases) -> list[_Panel]:
    found: list[_Panel] = []
    if spec.slices:
        height = accounts.ROW_INCHES * len(spec.slices)
        found.append(_Panel(height, lambda axes: accounts.allocation(axes, spec.slices, look)))
    if spec.course is not None:
        way = spec.course
        found.append(
            _Panel(accounts.COURSE_INCHES, lambda axes: accounts.course(axes, way, look, phrases))
        )
        found.append(
            _Panel(
                accounts.DRAWDOWN_INCHES, lambda axes: accounts.drawdown(axes, way, look, phrases)
            )
        )
    if spec.life:
        height = accounts.ROW_INCHES * len(spec.life)
        found.append(_Panel(height, lambda axes: accounts.life(axes, spec.life, look)))
    return found


def _compose(spec: ChartSpec, found: list[_Panel], look: Theme) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    height = HEADER_INCHES + sum(panel.height + _GAP_INCHES for panel in found)
    figure = Figure(figsize=(WIDTH_INCHES, height), dpi=DPI)
    FigureCanvasAgg(figure)
    _header(figure, spec, look, height)
    top = height - HEADER_INCHES
    for panel in found:
        bottom = top - 0.3 - panel.height
        axes = figure.add_axes((0.02, bottom / height, 0.96, panel.height / height))
        panel.paint(axes)
        top -= panel.height + _GAP_INCHES
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=DPI)
    return target.getvalue()


def _header(figure: Figure, spec: ChartSpec, look: Theme, height: float) -> None:
    figure.text(
        0.03,
        1 - 0.22 / height,
        drawable(spec.title)[:48],
        fontsize=LARGE,
        fontweight=BOLD,
        va="top",
    )
    figure.text(
        0.03,
        1 - 0.68 / height,
        drawable(spec.subtitle)[:90],
        fontsize=SMALL,
        color=look.faint,
        va="top",
    )
