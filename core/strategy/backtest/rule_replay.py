"""What one rule would have changed: the strategy without it and with it, on the same bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import numpy as np

from core.domain.outcomes import HORIZONS_DAYS
from core.domain.rule_evidence import HalfYear, Missing, ReplayFigures, Unshown, half_year
from core.domain.rule_facts import Fact
from core.domain.rule_held import Held, Invested
from core.domain.rule_outcomes import mean_bps, rose_percent
from core.domain.rule_reach import RECENT_DAYS
from core.domain.rules import Rule
from core.strategy.backtest.daily import DailyRules, run_of
from core.strategy.backtest.market import Days, Market
from core.strategy.backtest.result import Run
from core.strategy.backtest.ruled import Acted, Ruled, RuleSet
from core.strategy.metrics import drawdowns, returns_of
from core.strategy.panel import Floats

_BPS = 10_000
_OF_VOLUME = frozenset({Fact.VOLUME_PERCENT, Fact.MEAN_VALUE_WON})
_OF_THE_MARKET = frozenset({Fact.MARKET_RETURN_20_BPS, Fact.MARKET_OVER_MEAN_60_BPS})
SESSIONS_MIN = 2
# Closes of the last year that say something of it, and that are not nearly all there are.
_RECENT_SESSIONS_MIN = 120


def replay_rule(
    market: Market,
    surroundings: DailyRules,
    tried: Rule,
    standing: Sequence[Rule],
    *,
    market_closes: Floats | None,
) -> ReplayFigures | Missing:
    """Return the strategy with the `standing` rules, without `tried` and with it.

    What is held is told against the strategy without any rule at all, on the same bars, too.
    `market_closes` are adjusted closes of KODEX 200 on the market's sessions, None without any. It
    begins where the strategy has enough history and an order could be filled at all: years of which
    only adjusted prices are stored would be told as years in which nothing was gained. What a rule compares and the data does not hold
    makes no figures: a rule that is not known to hold refuses purchases, which would look like one.
    """
    facts = _not_in(market, market_closes, (tried, *standing))
    if facts:
        return Missing(Unshown.NOT_STORED, facts)
    first = max(surroundings.parameters.sessions_needed - 1, _first_fillable(market))
    if len(market.sessions) - first < SESSIONS_MIN:
        return Missing(Unshown.NO_BARS)
    bare = run_of(Ruled(market, surroundings, RuleSet((), None, market_closes)), first)
    plain = bare
    if standing:
        rules = RuleSet(tuple(standing), None, market_closes)
        plain = run_of(Ruled(market, surroundings, rules), first)
    both = RuleSet((*standing, tried), tried, market_closes)
    simulation = Ruled(market, surroundings, both)
    ruled = run_of(simulation, first)
    found = _figures(market, surroundings.cash_won, (plain, ruled), simulation.acted)
    return replace(found, held=_held(bare, plain, ruled))


def _first_fillable(market: Market) -> int:
    """Return the first row in which an order could be filled, the number of rows without any."""
    rows = market.fillable.any(axis=1)
    return int(np.argmax(rows)) if np.any(rows) else len(market.sessions)


def _figures(
    market: Market, cash_won: int, runs: tuple[Run, Run], acted: Sequence[Acted]
) -> ReplayFigures:
    plain, ruled = runs
    known = [item for item in acted if item.is_known]
    week, month = (list(_rates(market, known, days)) for days in HORIZONS_DAYS)
    return ReplayFigures(
        first_day=plain.sessions[0].item(),
        last_day=plain.sessions[-1].item(),
        windows=tuple(_windows(plain.sessions, cash_won, plain.nav, ruled.nav)),
        outcomes=len(month),
        unknown=len(acted) - len(known),
        acted_mean_7_bps=mean_bps(week),
        acted_mean_30_bps=mean_bps(month),
        acted_rose_percent=rose_percent(month),
        without_bps=_growth(plain.nav[-1], cash_won),
        with_bps=_growth(ruled.nav[-1], cash_won),
        drawdown_without_bps=_drawdown(plain.nav),
        drawdown_with_bps=_drawdown(ruled.nav),
        orders_without=len(plain.trades),
        orders_with=len(ruled.trades),
    )


def _held(bare: Run, plain: Run, ruled: Run) -> Held:
    """Return what is invested over all closes and over those of the last year, where it is one."""
    sessions = bare.sessions
    begun = int(np.searchsorted(sessions, sessions[-1] - np.timedelta64(RECENT_DAYS), "right"))
    is_year = min(begun, len(sessions) - begun) >= _RECENT_SESSIONS_MIN

    def since(row: int) -> Invested:
        return Invested(
            *(round(float(run.invested[row:].mean()) * _BPS) for run in (bare, plain, ruled))
        )

    return Held(since(0), since(begun) if is_year else None)


def _not_in(market: Market, closes: Floats | None, rules: Sequence[Rule]) -> tuple[Fact, ...]:
    """Return the facts that the rules compare and this data does not hold, each once."""
    asked = dict.fromkeys(item.fact for rule in rules for item in rule.terms.condition)
    absent: set[Fact] = set()
    if market.volume is None:
        absent |= _OF_VOLUME
    if closes is None:
        absent |= _OF_THE_MARKET
    return tuple(fact for fact in asked if fact in absent)


def _rates(market: Market, acted: Sequence[Acted], days: int) -> Iterator[Fraction]:
    """Yield what each would have returned, from the close it was decided on.

    To the first session at least `days` calendar days after the session that would have traded it,
    as outcomes are measured (`core.domain.outcomes`). Nothing where that is still to come.
    """
    sessions, close = market.sessions, market.signal.close
    for item in acted:
        if item.row + 1 >= len(sessions):
            continue
        ends = np.datetime64(sessions[item.row + 1].item() + timedelta(days=days))
        row = int(np.searchsorted(sessions, ends))
        if row < len(sessions):
            before, after = (Fraction(float(close[at, item.column])) for at in (item.row, row))
            yield after / before - 1


def _windows(sessions: Days, cash_won: int, plain: Floats, ruled: Floats) -> Iterator[HalfYear]:
    """Yield the half-years that are over: a session after each is known."""
    names = [half_year(day.item()) for day in sessions]
    begun = (float(cash_won), float(cash_won))
    for row in range(len(names) - 1):
        if names[row] == names[row + 1]:
            continue
        ended = (float(plain[row]), float(ruled[row]))
        without, with_it = (_growth(end, start) for end, start in zip(ended, begun, strict=True))
        yield HalfYear(name=names[row], without_bps=without, with_bps=with_it)
        begun = ended


def _growth(after: float, before: float) -> int:
    return round((Fraction(float(after)) / Fraction(float(before)) - 1) * _BPS)


def _drawdown(nav: Floats) -> int:
    return round(float(drawdowns(returns_of(nav)).min()) * _BPS)
