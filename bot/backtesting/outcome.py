"""One backtest from request to findings: the run, its benchmark, figures and what to beware of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bot.backtesting.daily_rules import daily_rules
from bot.backtesting.files import FileAccount, Loaded, first_row, load_market
from bot.backtesting.request import BacktestRequest
from bot.backtesting.studies import Found, study
from core.errors import DataError
from core.ports.phrases import Phrases
from core.strategy.backtest.benchmark import held_all_along, held_one
from core.strategy.backtest.history import Short, short_of_history
from core.strategy.backtest.market import Market
from core.strategy.backtest.monthly import decision_rows, run_monthly
from core.strategy.backtest.picks import month_ends
from core.strategy.backtest.result import Run
from core.strategy.metrics import SESSIONS_PER_YEAR, Metrics, metrics_of, returns_of
from core.strategy.panel import Floats

SHOWN_SHORT = 10
SESSIONS_MIN = 2


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Outcome:
    """Everything that is told of one backtest.

    `turnover` is half of what was traded a year (252 sessions) by the mean net asset value.
    `short` are the symbols that the first decision had to leave out, `absent` those that were listed
    and have no prices at all, `found` what the studies say.
    """

    request: BacktestRequest
    market: Market
    files: tuple[FileAccount, ...]
    absent: tuple[str, ...]
    run: Run
    metrics: Metrics
    turnover: float
    benchmark: Floats
    benchmark_metrics: Metrics
    short: tuple[Short, ...]
    found: Found


def investigate(
    request: BacktestRequest, phrases: Phrases, told: Callable[[str], None] = lambda _: None
) -> Outcome:
    """Load, simulate and measure; `told` hears of each stage. Raises DataError in words."""
    told("read")
    loaded = load_market(request, phrases)
    told("simulate")
    return simulate(loaded, request, phrases)


def simulate(loaded: Loaded, request: BacktestRequest, phrases: Phrases) -> Outcome:
    """Simulate and measure on prices that are already loaded."""
    market = loaded.market
    first = first_row(market, request.start)
    if len(market.sessions) - first < SESSIONS_MIN:
        raise DataError(phrases.say("backtest.no_sessions"))
    short = _short(market, request, first, phrases)
    run = _run(market, request, first)
    benchmark = _benchmark(loaded, request, first, phrases)
    years = (len(run.nav) - 1) / SESSIONS_PER_YEAR
    return Outcome(
        request=request,
        market=market,
        files=loaded.files,
        absent=loaded.absent,
        run=run,
        metrics=metrics_of(returns_of(run.nav), SESSIONS_PER_YEAR),
        turnover=run.traded_won / 2 / float(run.nav.mean()) / years,
        benchmark=benchmark,
        benchmark_metrics=metrics_of(returns_of(benchmark), SESSIONS_PER_YEAR),
        short=short,
        found=study(market, request, run, first, phrases),
    )


def _run(market: Market, request: BacktestRequest, first: int) -> Run:
    if request.live is None:
        return run_monthly(market, request.rules, first)
    from core.strategy.backtest.daily import run_daily

    return run_daily(market, daily_rules(request, request.live), first)


def _short(
    market: Market, request: BacktestRequest, first: int, phrases: Phrases
) -> tuple[Short, ...]:
    """Return who lacks history at the first decision; DataError where nobody can ever be ranked."""
    ends = month_ends(market.sessions)
    ends = ends[ends >= first]
    if ends.size == 0:
        raise DataError(phrases.say("backtest.no_month_end"))
    last = short_of_history(market, request.rules, int(ends[-1]))
    if len(last) == len(market.symbols):
        raise DataError(
            phrases.say("backtest.short", need=request.rules.sessions_needed)
            + " "
            + lacking(last, phrases)
        )
    rows = decision_rows(market, request.rules, first)
    return short_of_history(market, request.rules, int(rows[0]) if rows.size else int(ends[-1]))


def lacking(short: tuple[Short, ...], phrases: Phrases) -> str:
    """Return one sentence of who lacks how many sessions."""
    shown = ", ".join(
        phrases.say("backtest.lacks", symbol=item.symbol, have=item.have, missing=item.missing)
        for item in short[:SHOWN_SHORT]
    )
    more = len(short) - SHOWN_SHORT
    return shown + (phrases.say("backtest.and_more", count=more) if more > 0 else "")


def _benchmark(loaded: Loaded, request: BacktestRequest, first: int, phrases: Phrases) -> Floats:
    cash = float(request.rules.cash_won)
    if loaded.benchmark is None:
        return held_all_along(loaded.market, cash, first)
    if np.isnan(loaded.benchmark[first]):
        raise DataError(phrases.say("backtest.benchmark_late", symbol=request.benchmark))
    return held_one(loaded.benchmark, cash, first)
