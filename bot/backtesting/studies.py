"""What is looked into beside the one result: lookahead, luck, other values, a walk forward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.backtesting.daily_rules import daily_rules
from bot.backtesting.request import BacktestRequest
from core.errors import DataError
from core.ports.phrases import Phrases
from core.strategy.backtest.market import Market
from core.strategy.backtest.result import Run
from core.strategy.metrics import returns_of

if TYPE_CHECKING:
    from core.strategy.backtest.bootstrap import Bands
    from core.strategy.backtest.lookahead import Lookahead
    from core.strategy.backtest.search import Tried, Walk


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
    """Do what was asked for. Raises DataError for a grid without a sound combination, or a walk without room."""
    tried, walk = _search(market, request, first, phrases)
    return Found(
        lookahead=_lookahead(market, request, run) if request.studies.lookahead else None,
        bands=_bands(run) if request.studies.bands else None,
        tried=tried,
        walk=walk,
    )


def _search(
    market: Market, request: BacktestRequest, first: int, phrases: Phrases
) -> tuple[tuple[Tried, ...], Walk | None]:
    studies, rules = request.studies, request.rules
    if not studies.grid:
        return (), None
    # Late, here and below: most runs ask for none of these, and a start is mostly imports.
    from core.strategy.backtest.search import sweep, walk_forward

    tried = sweep(market, rules, studies.grid, first)
    if not tried:
        raise DataError(phrases.say("backtest.grid_empty"))
    if studies.walk is None:
        return tried, None
    train, test = studies.walk
    walk = walk_forward(market, rules, studies.grid, train=train, test=test, first=first)
    if walk is None:
        raise DataError(phrases.say("backtest.walk_short", train=train, test=test))
    return tried, walk


def _bands(run: Run) -> Bands:
    from core.strategy.backtest.bootstrap import bands_of

    return bands_of(returns_of(run.nav))


def _lookahead(market: Market, request: BacktestRequest, run: Run) -> Lookahead:
    if request.live is None:
        from core.strategy.backtest.lookahead import check_lookahead

        return check_lookahead(market, request.rules, run.picks.rows)
    from core.strategy.backtest.daily import check_daily

    return check_daily(market, daily_rules(request, request.live), run.first)
