"""`python -m bot metrics`: figures of a file of period returns."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import asdict
from pathlib import Path

import numpy as np

from bot.backtesting.as_table import shown
from bot.files.price_words import fault_line
from core.errors import DataError
from core.ports.phrases import Phrases
from core.strategy.metrics import Metrics, metrics_of
from core.strategy.panel import Floats
from storage.price_files.fault import FileFault, PriceFileFault, detail_of, fault_of

COLUMN = "return"
_SHOWN = (
    ("total_return", "%"),
    ("cagr", "%"),
    ("volatility", "%"),
    ("sharpe", ""),
    ("sortino", ""),
    ("max_drawdown", "%"),
    ("calmar", ""),
)


def measure(path: Path, periods_per_year: float, risk_free: float, phrases: Phrases) -> Metrics:
    """Return the figures of a CSV file's column ``return``. Raises DataError in words."""
    if not -1 <= risk_free <= 1:
        words = phrases.say(
            "backtest.bad_number", option="--risk-free", low="-1", high="1", found=risk_free
        )
        raise DataError(words)
    try:
        return metrics_of(read_returns(path, phrases), periods_per_year, risk_free)
    except (ValueError, OverflowError) as error:  # each return is sound, their product is not
        raise DataError(phrases.say("backtest.returns_overflow", file=path)) from error


def read_returns(path: Path, phrases: Phrases) -> Floats:
    """Return the column ``return`` of a CSV file, as ratios. Raises DataError with file and line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            titles = list(reader.fieldnames or ())
            if COLUMN not in titles:
                raise DataError(phrases.say("backtest.returns_missing", file=path))
            if titles.count(COLUMN) > 1:
                fault = PriceFileFault(path, FileFault.DOUBLE_COLUMN, COLUMN, line=1)
                raise DataError(fault_line(fault, phrases))
            found = [_number(path, reader.line_num, row.get(COLUMN), phrases) for row in reader]
    except csv.Error as error:
        fault = PriceFileFault(path, FileFault.HEADER)
        raise DataError(fault_line(fault, phrases)) from error
    except (OSError, UnicodeDecodeError) as error:
        fault = PriceFileFault(path, fault_of(error), detail_of(error))
        raise DataError(fault_line(fault, phrases)) from error
    if not found:
        raise DataError(phrases.say("backtest.returns_empty", file=path))
    return np.array(found)


def _number(path: Path, line: int, text: str | None, phrases: Phrases) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= -1):
        raise DataError(
            phrases.say("backtest.returns_line", file=path, line=line, found=text or "")
        )
    return value


def metrics_json(metrics: Metrics, periods_per_year: float, risk_free: float) -> str:
    """Return the figures as JSON, with what they were computed by."""
    return json.dumps(
        {
            **asdict(metrics),
            "periods_per_year": periods_per_year,
            "risk_free_per_period": risk_free,
        }
    )


def print_metrics(metrics: Metrics, phrases: Phrases) -> None:
    """Print the figures, one a line."""
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False)
    table.add_row(phrases.say("backtest.periods"), f"{metrics.periods:,}")
    for name, unit in _SHOWN:
        table.add_row(phrases.say(f"backtest.{name}"), shown(metrics, name, unit))
    Console().print(table)
