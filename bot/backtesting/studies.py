"""What is looked into beside the one result: lookahead, luck, other values, a walk forward."""

from __future__ import annotations

from dataclasses import dataclass

from bot.backtesting.daily_rules import daily_rules
from bot.backtesting.request import BacktestRequest
from core.errors import DataError
from core.ports.phrases import Phrases
from core.strategy.backtest.bootstrap import Bands, bands_of
from core.strategy.backtest.lookahead import Lookahead, check_lookahead
from core.strategy.backtest.market import Market
from core.strategy.backtest.result import Run
from core.strategy.backtest.search import Tried, Walk, sweep, walk_forward
from core.strategy.metrics import returns_of


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Found:
    """What the studies say; None or empty where one was not asked for."""

    lookahead: Lookahead | None = None
    bands: Bands | None = None
    tried: tuple[Tried, ...] = ()
    walk: Walk | None = None


def study(
    market: Market, request: BacktestRequest, run: Run, first: int, phrases: Phrases
) -> Found:
    """Do what was asked for. Raises DataError for a grid out of range or a walk without room."""
    studies, rules = request.studies, request.rules
    tried: tuple[Tried, ...] = ()
    walk = None
    try:
        if studies.grid:
            tried = sweep(market, rules, studies.grid, first)
        if studies.walk:
            train, test = studies.walk
            walk = walk_forward(market, rules, studies.grid, train=train, test=test, first=first)
            if walk is None:
                raise DataError(phrases.say("backtest.walk_short", train=train, test=test))
    except ValueError as error:
        raise DataError(phrases.say("backtest.grid_refused", reason=error)) from None
    return Found(
        lookahead=_lookahead(market, request, run) if studies.lookahead else None,
        bands=bands_of(returns_of(run.nav)) if studies.bands else None,
        tried=tried,
        walk=walk,
    )


def _lookahead(market: Market, request: BacktestRequest, run: Run) -> Lookahead:
    if request.live is None:
        return check_lookahead(market, request.rules, run.picks.rows)
    from core.strategy.backtest.daily import check_daily

    return check_daily(market, daily_rules(request, request.live), run.first)
