"""What the studies say, in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.backtesting.asking import OPTIONS
from bot.backtesting.outcome import Outcome
from core.ports.phrases import Phrases
from core.strategy.metrics import Metrics

if TYPE_CHECKING:
    from rich.console import Console

    from core.strategy.backtest.bootstrap import Bands

SHOWN_TRIED = 20
SHOWN_DAYS = 5


def print_studies(outcome: Outcome, console: Console, phrases: Phrases) -> None:
    """Print lookahead, bands, sweep and walk, as far as they were asked for."""
    found = outcome.found
    if found.tried:
        _print_tried(outcome, console, phrases)
    if found.walk is not None:
        _print_walk(outcome, console, phrases)
    for line in study_lines(outcome, phrases):
        console.print(f"· {line}", markup=False, highlight=False, soft_wrap=True)


def study_lines(outcome: Outcome, phrases: Phrases) -> tuple[str, ...]:
    """Return a sentence for the lookahead check and one for the bands."""
    lines, found = [], outcome.found
    if found.lookahead is not None:
        days = [str(outcome.market.sessions[row]) for row in found.lookahead.changed]
        key = "lookahead_dirty" if days else "lookahead_clean"
        lines.append(
            phrases.say(
                f"backtest.{key}",
                count=found.lookahead.checked,
                changed=len(days),
                days=", ".join(days[:SHOWN_DAYS]),
            )
        )
    if found.bands is not None:
        lines.append(_bands_line(found.bands, phrases))
    return tuple(lines)


def _bands_line(bands: Bands, phrases: Phrases) -> str:
    return phrases.say(
        "backtest.bands",
        cagr_low=bands.cagr.low * 100,
        cagr_high=bands.cagr.high * 100,
        sharpe_low=bands.sharpe.low,
        sharpe_high=bands.sharpe.high,
        drop_low=bands.max_drawdown.low * 100,
        drop_high=bands.max_drawdown.high * 100,
        loss=bands.loss * 100,
    )


def _print_tried(outcome: Outcome, console: Console, phrases: Phrases) -> None:
    from rich.table import Table

    console.print(phrases.say("backtest.sweep_title"), markup=False, highlight=False)
    table = Table()
    for name in ("values", "cagr", "sharpe", "max_drawdown"):
        table.add_column(phrases.say(f"backtest.{name}"), justify="right", no_wrap=True)
    for item in outcome.found.tried[:SHOWN_TRIED]:
        table.add_row(_values(item.values), *_cells(item.metrics))
    console.print(table)


def _print_walk(outcome: Outcome, console: Console, phrases: Phrases) -> None:
    from rich.table import Table

    walk, asked = outcome.found.walk, outcome.request.studies.walk
    if walk is None or asked is None:
        return
    title = phrases.say("backtest.walk_title", train=asked[0], test=asked[1])
    console.print(title, markup=False, highlight=False)
    table = Table()
    for name in ("window", "values", "total_return", "sharpe", "max_drawdown"):
        table.add_column(phrases.say(f"backtest.{name}"), justify="right", no_wrap=True)
    sessions = outcome.market.sessions
    for item in walk.windows:
        span = f"{sessions[item.start]} ~ {sessions[item.end]}"
        # A few months blown up to a year would only frighten or please.
        grown = f"{item.metrics.total_return * 100:+.2f}%"
        table.add_row(span, _values(item.values), grown, *_cells(item.metrics)[1:])
    console.print(table)
    line = phrases.say(
        "backtest.walk_result",
        cagr=walk.metrics.cagr * 100,
        sharpe=_ratio(walk.metrics.sharpe),
        drop=walk.metrics.max_drawdown * 100,
    )
    console.print(line, markup=False, highlight=False)


def _values(values: Mapping[str, float]) -> str:
    return " ".join(f"{OPTIONS[name]}={value:g}" for name, value in values.items())


def _cells(metrics: Metrics) -> tuple[str, str, str]:
    return (
        f"{metrics.cagr * 100:+.2f}%",
        _ratio(metrics.sharpe),
        f"{metrics.max_drawdown * 100:.2f}%",
    )


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
