"""The parts of a picture: momentum table, net value, candles, compared closes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from bot.pictures.theme import BOLD, NORMAL, SMALL, Theme
from core.domain.market import Bar
from core.domain.plan import Ranking
from core.ports.phrases import Phrases
from core.ports.pictures import ChartSpec, Mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAME_MAX = 17
BARS_MAX = 90
LINES_MAX = 6
TICKS = 5
LEGEND_ROW_INCHES, LEGEND_EDGE_INCHES = 0.25, 0.2
# A percent axis counts as people count, and needs more room to find such numbers.
PERCENT_TICKS = 7
PERCENT_STEPS = (1, 2, 5, 10)
# All scores near zero must not look like strong momentum.
_NARROWEST = 0.01
# Where the columns of the momentum table begin, as parts of the panel's width.
_NAME, _BAR, _BAR_END, _SCORE, _WEIGHT, _CLOSE = 0.015, 0.36, 0.64, 0.755, 0.85, 0.985


def momentum(axes: Axes, rankings: Sequence[Ranking], look: Theme, phrases: Phrases) -> None:
    """Draw one row per instrument: name, score bar, score, weight, close."""
    count = len(rankings)
    axes.set_xlim(0, 1)
    axes.set_ylim(count, -1)
    axes.axis("off")
    heads = (
        (_NAME, "name", "left"),
        (_BAR, "score", "left"),
        (_WEIGHT, "weight", "right"),
        (_CLOSE, "close", "right"),
    )
    for x, key, side in heads:
        axes.text(
            x,
            -0.5,
            phrases.say(f"pictures.{key}"),
            ha=side,
            va="center",
            fontsize=SMALL,
            color=look.faint,
        )
    lowest = min(0.0, *(item.score for item in rankings))
    highest = max(0.0, *(item.score for item in rankings))
    scale = (_BAR_END - _BAR) / max(highest - lowest, _NARROWEST)
    zero = _BAR - lowest * scale
    axes.plot([zero, zero], [-0.1, count - 0.1], color=look.grid, linewidth=1)
    for row, item in enumerate(rankings):
        _momentum_row(axes, row + 0.4, item, look, (zero, scale))


def _momentum_row(
    axes: Axes, y: float, item: Ranking, look: Theme, axis: tuple[float, float]
) -> None:
    zero, scale = axis
    colour = look.up if item.score >= 0 else look.down
    chosen = item.weight > 0
    if chosen:
        axes.axhspan(y - 0.46, y + 0.46, color=look.grid, alpha=0.45, linewidth=0)
    axes.barh(y, item.score * scale, left=zero, height=0.5, color=colour)
    weight = BOLD if chosen else "normal"
    cells = (
        (_NAME, _short(item.name), "left", look.text),
        (_SCORE, f"{item.score * 100:+.1f}%", "right", colour),
        (_WEIGHT, f"{item.weight * 100:.0f}%" if chosen else "-", "right", look.text),
        (_CLOSE, f"{item.close_won:,}", "right", look.text),
    )
    for x, text, side, shade in cells:
        axes.text(x, y, text, ha=side, va="center", fontsize=NORMAL, color=shade, fontweight=weight)


def _short(name: str) -> str:
    return name if len(name) <= NAME_MAX else name[: NAME_MAX - 1] + "…"


def net_value(axes: Axes, nav: Sequence[tuple[str, int]], look: Theme, phrases: Phrases) -> None:
    """Draw the net value as a line; its colour says whether it rose."""
    values = [won for _, won in nav]
    colour = look.up if values[-1] >= values[0] else look.down
    frame(axes, phrases.say("pictures.net_value"), look)
    spots = list(range(len(values)))
    axes.plot(spots, values, color=colour, linewidth=2.5, marker="o" if len(values) == 1 else None)
    floor = min(values) - max((max(values) - min(values)) * 0.15, 1)
    axes.fill_between(spots, values, floor, color=colour, alpha=0.15, linewidth=0)
    axes.set_ylim(bottom=floor)
    _ends(axes, values[-1], colour, look)
    ticks(axes, [datetime.fromisoformat(instant).strftime("%m/%d") for instant, _ in nav])


def candles(axes: Axes, spec: ChartSpec, look: Theme, phrases: Phrases) -> None:
    """Draw one series as candles: red when it closed higher, blue when lower."""
    series = spec.series[0]
    bars = [bar for bar in series.bars if bar.close_won > 0][-BARS_MAX:]
    name = dict(spec.names).get(series.symbol, series.symbol)
    kind = phrases.say("pictures.adjusted" if series.adjusted else "pictures.raw")
    frame(axes, f"{name} ({series.symbol}) · {kind}", look)
    for spot, bar in enumerate(bars):
        _candle(axes, spot, bar, look)
    _marks(axes, bars, spec.marks, look)
    if bars:
        last = bars[-1]
        colour = look.up if last.close_won >= last.open_won else look.down
        _ends(axes, last.close_won, colour, look)
    ticks(axes, [bar.session.strftime("%m/%d") for bar in bars])


def _marks(axes: Axes, bars: Sequence[Bar], marks: Sequence[Mark], look: Theme) -> None:
    """Mark each trade: a triangle up below the candle that was bought, one down above a sale."""
    spots = {bar.session: (spot, bar) for spot, bar in enumerate(bars)}
    span = max((bar.high_won for bar in bars), default=0) - min(
        (bar.low_won for bar in bars), default=0
    )
    for mark in marks:
        if mark.session not in spots:
            continue
        spot, bar = spots[mark.session]
        y = bar.low_won - span * 0.05 if mark.is_buy else bar.high_won + span * 0.05
        axes.plot(
            [spot],
            [y],
            marker="^" if mark.is_buy else "v",
            markersize=11,
            color=look.line,
            markeredgecolor=look.background,
        )


def _candle(axes: Axes, spot: int, bar: Bar, look: Theme) -> None:
    colour = look.up if bar.close_won >= bar.open_won else look.down
    axes.vlines(spot, bar.low_won, bar.high_won, color=colour, linewidth=1.2)
    body = abs(bar.close_won - bar.open_won)
    # A day that closed where it opened still shows as a line.
    axes.bar(
        spot,
        max(body, bar.close_won * 0.0008),
        bottom=min(bar.open_won, bar.close_won),
        width=0.7,
        color=colour,
    )


def closes(axes: Axes, spec: ChartSpec, look: Theme, phrases: Phrases) -> None:
    """Draw several series as percent since their first bar, each named at its end."""
    from matplotlib.ticker import MaxNLocator, ScalarFormatter

    names = dict(spec.names)
    frame(axes, phrases.say("pictures.compared"), look)
    axes.yaxis.set_major_locator(MaxNLocator(PERCENT_TICKS, steps=PERCENT_STEPS))
    # As many digits as its steps need: rounded to whole percent, a calm quarter reads 0, -1, -1.
    axes.yaxis.set_major_formatter(ScalarFormatter(useOffset=False))
    axes.axhline(0, color=look.grid, linewidth=1)
    longest: Sequence[Bar] = ()
    for index, series in enumerate(spec.series[:LINES_MAX]):
        bars = [bar for bar in series.bars if bar.close_won > 0][-BARS_MAX:]
        if not bars:
            continue
        longest = max(longest, bars, key=len)
        first = bars[0].close_won
        changes = [(bar.close_won - first) * 100 / first for bar in bars]
        label = f"{_short(names.get(series.symbol, series.symbol))} {changes[-1]:+.1f}%"
        axes.plot(changes, color=look.cycle[index], linewidth=2.2, label=label)
    named(axes, look)
    ticks(axes, [bar.session.strftime("%m/%d") for bar in longest])


def frame(axes: Axes, title: str, look: Theme) -> None:
    """Give a panel its title, a grid, and its prices on the right, where the newest value is."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    box = axes.get_position()
    # Room for the price labels.
    axes.set_position((0.03, box.y0, 0.83, box.height - 0.02))
    axes.set_title(title, loc="left", fontsize=NORMAL, color=look.text, fontweight=BOLD)
    axes.yaxis.tick_right()
    axes.yaxis.set_major_locator(MaxNLocator(TICKS))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.tick_params(labelsize=SMALL, length=0)
    axes.grid(visible=True, axis="y", linewidth=0.8)
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)


def named(axes: Axes, look: Theme) -> None:
    """Name the lines at the top, where none of them goes."""
    handles, labels = axes.get_legend_handles_labels()
    if not labels:
        return
    legend = axes.legend(
        handles, labels, loc="upper left", fontsize=SMALL, labelcolor=look.text, ncols=2
    )
    # Its ground keeps the lines of the grid out of its words.
    legend.get_frame().set(facecolor=look.background, edgecolor="none", alpha=1)
    figure = axes.get_figure(root=True)
    height = 1.0 if figure is None else figure.get_figheight() * axes.get_position().height
    taken = (LEGEND_ROW_INCHES * ((len(labels) + 1) // 2) + LEGEND_EDGE_INCHES) / height
    low, high = axes.get_ylim()
    axes.set_ylim(low, low + (high - low) / (1 - min(taken, 0.6)))


def _ends(axes: Axes, value: float, colour: str, look: Theme) -> None:
    """Mark the newest value on the price axis, where it covers no candle."""
    axes.annotate(
        f"{value:,.0f}",
        (1, value),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        ha="left",
        va="center",
        fontsize=SMALL,
        fontweight=BOLD,
        color=look.background,
        bbox={"facecolor": colour, "edgecolor": "none", "boxstyle": "square,pad=0.25"},
    )


def ticks(axes: Axes, labels: Sequence[str]) -> None:
    """Name a few of the places on the lower axis, and let the picture end with the last."""
    if not labels:
        return
    step = max((len(labels) - 1) // (TICKS - 1), 1)
    spots = list(range(0, len(labels), step))
    axes.set_xticks(spots, [labels[spot] for spot in spots])
    axes.set_xlim(-0.8, max(len(labels) - 0.2, 0.8))
