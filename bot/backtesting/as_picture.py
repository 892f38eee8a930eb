"""A backtest as a picture: value beside the benchmark, drawdowns, and what was held."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.backtesting.as_table import benchmark_name, headline
from bot.backtesting.outcome import Outcome
from bot.files.output import output_file
from bot.pictures.canvas import canvas
from bot.pictures.fonts import drawable
from bot.pictures.theme import BOLD, DPI, LARGE, NORMAL, SMALL, WIDTH_INCHES, Theme, theme
from core.ports.phrases import Phrases
from core.strategy.backtest.holdings import weights_by_day
from core.strategy.metrics import drawdowns, returns_of
from core.strategy.panel import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN_SYMBOLS = 6
TICKS = 6
_SIZE = (WIDTH_INCHES, 9.6)
# (bottom, height) of each panel, as parts of the picture.
_VALUE, _DROP, _HELD = (0.55, 0.325), (0.36, 0.13), (0.125, 0.18)
_LEFT, _WIDTH = 0.03, 0.84


def write_chart(outcome: Outcome, path: Path, phrases: Phrases) -> None:
    """Write the picture. Raises DataError when the file cannot be written."""
    with output_file(path, phrases) as draft:
        draft.write_bytes(draw_outcome(outcome, phrases))


def draw_outcome(outcome: Outcome, phrases: Phrases, *, dark: bool = True) -> bytes:
    """Return the picture as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    look = theme(dark=dark)
    with canvas(look):
        figure = Figure(figsize=_SIZE, dpi=DPI)
        FigureCanvasAgg(figure)
        title = phrases.say("backtest.picture_title")
        figure.text(_LEFT, 0.975, title, fontsize=LARGE, fontweight=BOLD, va="top")
        faint: dict[str, Any] = {"fontsize": SMALL, "color": look.faint, "va": "top"}
        figure.text(_LEFT, 0.942, drawable(headline(outcome, phrases)), **faint)
        figure.text(_LEFT, 0.025, drawable(phrases.say("backtest.picture_note")), **faint)
        values, drops, held = (
            figure.add_axes((_LEFT, bottom, _WIDTH, height))
            for bottom, height in (_VALUE, _DROP, _HELD)
        )
        _draw_values(values, outcome, look, phrases)
        _draw_drops(drops, outcome, look, phrases)
        _draw_held(held, outcome, look, phrases)
        target = io.BytesIO()
        figure.savefig(target, format="png", dpi=DPI)
    return target.getvalue()


def _frame(axes: Axes, title: str, outcome: Outcome, look: Theme) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_title(title, loc="left", fontsize=NORMAL, color=look.text, fontweight=BOLD)
    axes.yaxis.tick_right()
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(_number))
    days = outcome.run.sessions
    spots = np.unique(np.linspace(0, len(days) - 1, TICKS).astype(int))
    axes.set_xticks(days[spots], [str(day)[:7] for day in days[spots]])
    labels = axes.get_xticklabels()
    labels[0].set_horizontalalignment("left")
    # Right of it stand the numbers of the other axis.
    labels[-1].set_horizontalalignment("right")
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=SMALL, length=0)
    axes.grid(visible=True, axis="y", linewidth=0.8)
    axes.set_xlim(days[0], days[-1])
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)


def _number(value: float, _: int) -> str:
    return f"{value:,.0f}" if value.is_integer() else f"{value:,.4g}"


def _draw_values(axes: Axes, outcome: Outcome, look: Theme, phrases: Phrases) -> None:
    days = outcome.run.sessions
    rose = outcome.run.nav[-1] >= outcome.run.nav[0]
    lines = (
        (outcome.run.nav, look.up if rose else look.down, 2.4, phrases.say("backtest.strategy")),
        (outcome.benchmark, look.faint, 1.6, benchmark_name(outcome, phrases)),
    )
    for values, colour, width, name in lines:
        change = (values[-1] / values[0] - 1) * 100
        label = drawable(f"{name}  {change:+,.1f}%")
        axes.plot(days, values, color=colour, linewidth=width, label=label)
    _frame(axes, phrases.say("backtest.net_value"), outcome, look)
    # Beside the title, where no line can run through it.
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 0.985),
        fontsize=SMALL,
        frameon=False,
        labelcolor=look.text,
        ncols=2,
        borderaxespad=0.0,
    )


def _draw_drops(axes: Axes, outcome: Outcome, look: Theme, phrases: Phrases) -> None:
    days = outcome.run.sessions
    ours = drawdowns(returns_of(outcome.run.nav)) * 100
    theirs = drawdowns(returns_of(outcome.benchmark)) * 100
    axes.fill_between(days, ours, 0, color=look.down, alpha=0.55, linewidth=0)
    axes.plot(days, theirs, color=look.faint, linewidth=1.1)
    _frame(axes, phrases.say("backtest.drawdown"), outcome, look)


def _draw_held(axes: Axes, outcome: Outcome, look: Theme, phrases: Phrases) -> None:
    weights = weights_by_day(outcome.market, outcome.run)
    ranked = sorted(weights, key=lambda column: -float(weights[column].mean()))
    shown, rest = ranked[:SHOWN_SYMBOLS], ranked[SHOWN_SYMBOLS:]
    names = {item.symbol: item.name for item in outcome.request.instruments}
    parts: list[Floats] = [weights[column] * 100 for column in shown]
    labels = [_name(outcome, column, names) for column in shown]
    if rest:
        parts.append(np.sum([weights[column] for column in rest], axis=0) * 100)
        labels.append(phrases.say("backtest.others"))
    if parts:
        colours = [*look.cycle[: len(shown)], look.faint]
        axes.stackplot(outcome.run.sessions, parts, labels=labels, colors=colours, linewidth=0)
        axes.legend(
            loc="upper center",
            bbox_to_anchor=(0.55, -0.12),
            fontsize=SMALL,
            frameon=False,
            labelcolor=look.text,
            ncols=4,
        )
    else:
        where: dict[str, Any] = {"ha": "center", "va": "center", "transform": axes.transAxes}
        words = drawable(phrases.say("backtest.nothing_held"))
        axes.text(0.5, 0.5, words, fontsize=NORMAL, color=look.faint, **where)
    axes.set_ylim(0, 100)
    _frame(axes, phrases.say("backtest.weights"), outcome, look)


def _name(outcome: Outcome, column: int, names: dict[Any, str]) -> str:
    symbol = outcome.market.symbols[column]
    return drawable(names.get(symbol, symbol))[:14]
