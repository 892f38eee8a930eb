"""The parts of a what-if picture: what each course made by day, and its distance from what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.pictures.fonts import drawable
from bot.pictures.panels import frame, ticks
from bot.pictures.theme import BOLD, NORMAL, SMALL, Theme
from core.ports.phrases import Phrases
from core.ports.pictures import ProfitChart, ProfitLine

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Height of the lines' panel and, of it, of the names below them.
MADE_INCHES, LEGEND_INCHES = 6.2, 1.45
ROW_INCHES = 0.5
_DONE_WIDTH, _WIDTH = 3.2, 1.9
# Where the names end and the values begin, as parts of the panel's width.
_LEFT, _RIGHT = 0.27, 0.86


def made(axes: Axes, chart: ProfitChart, look: Theme, phrases: Phrases) -> None:
    """Draw the profit of each course by day; the one that was really taken is the thick one."""
    frame(axes, phrases.say("whatif.picture_made"), look)
    _leave_room(axes, LEGEND_INCHES)
    axes.axhline(0, color=look.faint, linewidth=1)
    spots = range(len(chart.days))
    for place, line in enumerate(chart.lines):
        axes.plot(
            spots,
            [float("nan") if won is None else won for won in line.won],
            color=_colour(place, look),
            linewidth=_WIDTH if place else _DONE_WIDTH,
            linestyle=line.style,
            # A single day is a dot: a line needs two.
            marker="o" if len(chart.days) == 1 else None,
            label=drawable(_label(line)),
            zorder=3 if place else 4,
        )
    axes.legend(
        loc="upper left",
        bbox_to_anchor=(0.0, -0.09),
        fontsize=SMALL,
        frameon=False,
        labelcolor=look.text,
        ncols=2,
        handlelength=2.6,
        columnspacing=3.0,
        borderaxespad=0.0,
    )
    ticks(axes, [f"{day:%m/%d}" for day in chart.days])


def _leave_room(axes: Axes, inches: float) -> None:
    """Lift the lower edge of a panel, so that its legend has a place of its own below."""
    box = axes.get_position()
    figure = axes.get_figure(root=True)
    lifted = 0.0 if figure is None else inches / figure.get_figheight()
    axes.set_position((box.x0, box.y0 + lifted, box.width, box.height - lifted))


def _label(line: ProfitLine) -> str:
    last = line.won[-1]
    return line.name if last is None else f"{line.name} {last:+,}"


def beside(axes: Axes, chart: ProfitChart, look: Theme, phrases: Phrases) -> None:
    """Draw one row per course: its distance from what was done, and the bounds it may lie in."""
    axes.set_title(
        drawable(phrases.say("whatif.picture_more")),
        loc="left",
        fontsize=NORMAL,
        color=look.text,
        fontweight=BOLD,
    )
    box = axes.get_position()
    axes.set_position((0.03, box.y0, 0.94, box.height))
    axes.axis("off")
    axes.set_xlim(0, 1)
    axes.set_ylim(len(chart.lines) - 1.5, -0.5)
    scale = _scale(chart)
    zero = (_LEFT + _RIGHT) / 2
    axes.plot([zero, zero], [-0.45, len(chart.lines) - 1.55], color=look.faint, linewidth=1)
    for row, line in enumerate(chart.lines[1:]):
        _row(axes, row, line, _colour(row + 1, look), (zero, scale), look)


def _row(
    axes: Axes, row: int, line: ProfitLine, colour: str, axis: tuple[float, float], look: Theme
) -> None:
    zero, scale = axis
    axes.text(0.0, row, drawable(line.name), va="center", fontsize=SMALL, color=look.text)
    if line.more_won is None:
        return
    if line.band is not None:
        low, high = (zero + bound * scale for bound in line.band)
        axes.plot([low, high], [row, row], color=colour, linewidth=5, alpha=0.45)
    axes.plot([zero + line.more_won * scale], [row], marker="o", markersize=9, color=colour)
    axes.text(
        1.0,
        row,
        f"{line.more_won:+,}",
        ha="right",
        va="center",
        fontsize=SMALL,
        fontweight=BOLD,
        color=look.text,
    )


def _scale(chart: ProfitChart) -> float:
    """Return how much of the panel's width one won is, so that the widest band fits."""
    widest = max(
        (abs(won) for line in chart.lines for won in (line.more_won or 0, *(line.band or ()))),
        default=0,
    )
    return (_RIGHT - _LEFT) / 2 / max(widest, 1)


def _colour(place: int, look: Theme) -> str:
    return look.cycle[(place - 1) % len(look.cycle)] if place else look.text
