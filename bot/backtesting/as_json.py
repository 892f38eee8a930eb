"""A backtest as JSON: the form that scripts and checks read."""

from __future__ import annotations

import json
import math
from dataclasses import asdict

import numpy as np

from bot.backtesting.as_table import warnings
from bot.backtesting.outcome import Outcome
from bot.backtesting.study_json import studies_json
from core.ports.phrases import Phrases
from core.strategy.backtest.market import Days
from core.strategy.panel import Floats


def as_json(outcome: Outcome, phrases: Phrases) -> str:
    """Return the whole outcome: nav, orders, metrics, decisions, benchmark and what to beware of.

    `warnings` holds the last as sentences, `notes` as values.
    """
    run = outcome.run
    document = {
        "nav": _by_day(run.sessions, run.nav),
        "orders": _orders(outcome),
        "metrics": {
            **asdict(outcome.metrics),
            "turnover": outcome.turnover,
            "fees": run.fees_won,
            "taxes": run.taxes_won,
        },
        "benchmark": {
            "name": outcome.request.benchmark or "equal",
            "nav": _by_day(run.sessions, outcome.benchmark),
            "metrics": asdict(outcome.benchmark_metrics),
        },
        **studies_json(outcome),
        "payouts": [
            {
                "date": str(outcome.market.sessions[item.row]),
                "symbol": outcome.market.symbols[item.column],
                "amount": item.amount_won,
                "tax": item.tax_won,
            }
            for item in run.payouts
        ],
        "warnings": warnings(outcome, phrases),
        "notes": _notes(outcome),
    }
    rest = json.dumps(document, ensure_ascii=False)
    return f'{rest[:-1]}, "decisions": {_decisions(outcome)}}}'


def _notes(outcome: Outcome) -> dict[str, object]:
    run, rules = outcome.run, outcome.request.rules
    return {
        "cut_buys": run.cut,
        "unfilled_orders": run.unfilled,
        "short_history": {
            item.symbol: {"have": item.have, "missing": item.missing} for item in outcome.short
        },
        "absent_symbols": list(outcome.absent),
        "untaxed_symbols": [s for s in outcome.market.symbols if not rules.tax.taxed(s)],
        "files": [
            {
                "file": str(file.path),
                "rows": file.report.rows,
                "repairs": {kind.value: n for kind, n in (+file.report.repairs).items()},
                "missing_sessions": {code: len(d) for code, d in file.gaps.missing.items()},
                "strange_days": {code: len(d) for code, d in file.gaps.strange.items()},
            }
            for file in outcome.files
        ],
    }


def _by_day(sessions: Days, values: Floats) -> dict[str, float]:
    days = np.datetime_as_string(sessions).tolist()
    return dict(zip(days, np.round(values, 2).tolist(), strict=True))


def _orders(outcome: Outcome) -> list[dict[str, object]]:
    days = np.datetime_as_string(outcome.market.sessions).tolist()
    return [
        {
            "date": days[trade.row],
            "decided": days[trade.decided],
            "symbol": outcome.market.symbols[trade.column],
            "side": "buy" if trade.shares > 0 else "sell",
            "quantity": abs(trade.shares),
            "price": trade.price_won,
            "fee": trade.fee_won,
            "tax": trade.tax_won,
            "reason": trade.reason,
        }
        for trade in outcome.run.trades
    ]


def _decisions(outcome: Outcome) -> str:
    """Return the decisions as JSON text.

    Scores of a whole market are a hundred thousand numbers; put together as text they take a third
    of the time that a dict of them and its encoding take.
    """
    picks, symbols = outcome.run.picks, outcome.market.symbols
    days = np.datetime_as_string(outcome.market.sessions[picks.rows]).tolist()
    names = [f'"{symbol}": %r' for symbol in symbols]
    every = ", ".join(names)
    complete = not np.isnan(picks.scores).any()
    lines = zip(
        days,
        picks.scores.tolist(),
        picks.columns.tolist(),
        picks.weights.tolist(),
        picks.ranges.tolist(),
        strict=True,
    )
    parts = []
    for day, scores, columns, weights, ranges in lines:
        chosen = [
            (symbols[column], weight, average)
            for column, weight, average in zip(columns, weights, ranges, strict=True)
            if weight > 0
        ]
        if complete:
            told = every % tuple(scores)
        else:
            # NaN, which JSON does not know, is how a symbol without a score is marked.
            pairs = zip(names, scores, strict=True)
            told = ", ".join([name % score for name, score in pairs if not math.isnan(score)])
        rest = {
            "weights": {symbol: weight for symbol, weight, _ in chosen},
            "atr": {s: average for s, _, average in chosen if not math.isnan(average)},
        }
        parts.append(f'"{day}": {{"scores": {{{told}}}, {json.dumps(rest)[1:]}')
    return "{" + ", ".join(parts) + "}"
