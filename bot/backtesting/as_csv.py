"""The trades of a backtest as CSV."""

from __future__ import annotations

import csv
from pathlib import Path

from bot.backtesting.outcome import Outcome
from bot.files.output import output_file
from core.ports.phrases import Phrases

_TITLES = (
    "date",
    "decided",
    "symbol",
    "side",
    "quantity",
    "price_won",
    "amount_won",
    "fee_won",
    "tax_won",
    "reason",
)


def write_trades(outcome: Outcome, path: Path, phrases: Phrases) -> None:
    """Write one line per filled order. Raises DataError when the file cannot be written.

    A byte order mark lets spreadsheets see that it is UTF-8.
    """
    market = outcome.market
    with (
        output_file(path, phrases) as draft,
        draft.open("w", encoding="utf-8-sig", newline="") as stream,
    ):
        writer = csv.writer(stream)
        writer.writerow(_TITLES)
        for trade in outcome.run.trades:
            writer.writerow(
                (
                    market.sessions[trade.row],
                    market.sessions[trade.decided],
                    market.symbols[trade.column],
                    "buy" if trade.shares > 0 else "sell",
                    abs(trade.shares),
                    f"{trade.price_won:.10g}",
                    f"{abs(trade.shares) * trade.price_won:.15g}",
                    f"{trade.fee_won:.2f}",
                    f"{trade.tax_won:.2f}",
                    trade.reason,
                )
            )
