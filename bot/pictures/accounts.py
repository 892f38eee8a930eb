"""Panels about the account and its orders: what it is made of, how it went, how an order lived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.pictures.panels import NAME_MAX, frame, named, ticks
from bot.pictures.theme import BOLD, NORMAL, SMALL, Theme
from core.domain.performance import falls_of
from core.ports.phrases import Phrases
from core.ports.pictures import Course, LifeStep, Slice

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_INCHES = 0.5
COURSE_INCHES, DRAWDOWN_INCHES = 3.4, 1.7
# What does not get a row of its own shares one with all that is smaller.
SLICES_MAX, STEPS_MAX = 12, 14
# Where the columns of the allocation begin, as parts of the panel's width.
_NAME, _BAR, _BAR_END, _SHARE, _WON = 0.015, 0.34, 0.68, 0.79, 0.985
# Where time, dot and words of a step stand.
_AT, _DOT, _WORDS = 0.17, 0.2, 0.235


def allocation(axes: Axes, slices: tuple[Slice, ...], look: Theme) -> None:
    """Draw a row for each holding and for the cash: name, bar, share, won."""
    total = sum(item.won for item in slices) or 1
    longest = max(item.won for item in slices) or 1
    axes.set_xlim(0, 1)
    axes.set_ylim(len(slices), 0)
    axes.axis("off")
    for row, item in enumerate(slices):
        y = row + 0.5
        colour = look.faint if item.is_cash else look.cycle[row % len(look.cycle)]
        axes.barh(y, (_BAR_END - _BAR) * item.won / longest, left=_BAR, height=0.56, color=colour)
        cells = (
            (_NAME, _short(item.name), "left"),
            (_SHARE, f"{item.won * 100 / total:.1f}%", "right"),
            (_WON, f"{item.won:,}", "right"),
        )
        for x, text, side in cells:
            axes.text(x, y, text, ha=side, va="center", fontsize=NORMAL, color=look.text)


def course(axes: Axes, found: Course, look: Theme, phrases: Phrases) -> None:
    """Draw the account and KODEX 200 in percent since the first day, cash flows left out."""
    frame(axes, phrases.say("pictures.course"), look)
    axes.axhline(0, color=look.grid, linewidth=1)
    _percents(axes)
    lines = (
        (found.account, look.line, 2.6, "account"),
        (found.benchmark, look.faint, 1.8, "benchmark"),
    )
    for values, colour, width, key in lines:
        known = [item for item in values if item is not None]
        if known:
            label = f"{phrases.say(f'pictures.{key}')} {known[-1]:+.1f}%"
            shown = [float("nan") if item is None else item for item in values]
            axes.plot(shown, color=colour, linewidth=width, label=label)
    named(axes, look)
    ticks(axes, [day.strftime("%m/%d") for day in found.days])


def drawdown(axes: Axes, found: Course, look: Theme, phrases: Phrases) -> None:
    """Draw how far the account stood below its highest value so far, in percent."""
    falls = falls_of(found.account)
    frame(axes, phrases.say("pictures.drawdown", worst=f"{min(falls):.1f}"), look)
    _percents(axes)
    axes.fill_between(range(len(falls)), falls, 0, color=look.down, alpha=0.35, linewidth=0)
    axes.plot(falls, color=look.down, linewidth=1.6)
    axes.set_ylim(top=0, bottom=min(*falls, -0.5) * 1.15)
    ticks(axes, [day.strftime("%m/%d") for day in found.days])


def life(axes: Axes, steps: tuple[LifeStep, ...], look: Theme) -> None:
    """Draw the steps of one order from top to bottom: when, what, and how it went on."""
    axes.set_xlim(0, 1)
    axes.set_ylim(len(steps), 0)
    axes.axis("off")
    last = len(steps) - 0.5
    axes.plot([_DOT, _DOT], [0.5, last], color=look.grid, linewidth=3, zorder=1)
    for row, step in enumerate(steps):
        y = row + 0.5
        colour = look.line if step.is_end else look.text
        axes.plot([_DOT], [y], marker="o", markersize=11, color=colour, zorder=2)
        axes.text(_AT, y, step.at, ha="right", va="center", fontsize=SMALL, color=look.faint)
        weight = BOLD if step.is_end else "normal"
        axes.text(
            _WORDS, y, step.words, va="center", fontsize=NORMAL, color=look.text, fontweight=weight
        )


def _percents(axes: Axes) -> None:
    from matplotlib.ticker import ScalarFormatter

    axes.yaxis.set_major_formatter(ScalarFormatter(useOffset=False))


def _short(name: str) -> str:
    return name if len(name) <= NAME_MAX else name[: NAME_MAX - 1] + "…"
