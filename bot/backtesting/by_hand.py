"""`python -m bot backtest` and `metrics`: ask, simulate, and put the answer where it was asked for."""

from __future__ import annotations

import sys
from pathlib import Path

from bot import locales
from bot.backtesting.asking import Asked, request_of
from bot.backtesting.outcome import investigate
from bot.files.output import check_place


def run(
    asked: Asked,
    locale: str,
    *,
    trades: Path | None,
    chart: Path | None,
    as_json: bool,
    stages: bool = False,
) -> None:
    """Run one backtest and print it; `stages` tells on stderr how far it is. Raises ConfigurationError or DataError in one sentence."""
    phrases = locales.load(locale)

    def told(stage: str) -> None:
        if stages:
            sys.stderr.write(f"stage {stage}\n")
            sys.stderr.flush()

    for place in (trades, chart, asked.keep):
        if place is not None:
            check_place(place, phrases)
    outcome = investigate(request_of(asked, phrases), phrases, told)
    # What an output needs is loaded for that output only: a cold start is mostly imports.
    if trades is not None:
        from bot.backtesting.as_csv import write_trades

        write_trades(outcome, trades, phrases)
    if chart is not None:
        from bot.backtesting.as_picture import write_chart

        told("draw")
        write_chart(outcome, chart, phrases)
    if as_json:
        from bot.backtesting.as_json import as_json as written

        sys.stdout.write(written(outcome, phrases) + "\n")
        return
    from bot.backtesting.as_table import print_table

    print_table(outcome, phrases)


def measure(
    returns: Path, periods_per_year: float, risk_free: float, *, locale: str, as_json: bool
) -> None:
    """Print the figures of a file of period returns. Raises DataError in one sentence."""
    from bot.backtesting import returns as figures

    phrases = locales.load(locale)
    found = figures.measure(returns, periods_per_year, risk_free, phrases)
    if as_json:
        sys.stdout.write(figures.metrics_json(found, periods_per_year, risk_free) + "\n")
    else:
        figures.print_metrics(found, phrases)
