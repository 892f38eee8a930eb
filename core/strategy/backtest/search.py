"""Many rules on the same prices: a sweep, and a walk forward that never grades its own homework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from core.strategy.backtest.market import Market
from core.strategy.backtest.monthly import run_monthly
from core.strategy.backtest.picks import month_ends
from core.strategy.backtest.rules import COMBINATIONS_MAX, Rules
from core.strategy.metrics import SESSIONS_PER_YEAR, Metrics, metrics_of, returns_of
from core.strategy.panel import Floats

Grid = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Tried:
    """One combination of values and what it brought."""

    values: Mapping[str, float]
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class Window:
    """One step of a walk: what was best before row `start`, and its figures until row `end`."""

    start: int
    end: int
    values: Mapping[str, float]
    metrics: Metrics


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """The windows, and the value of an account that went through all of them, from `first` on."""

    windows: tuple[Window, ...]
    first: int
    nav: Floats
    metrics: Metrics


def combinations(rules: Rules, grid: Grid) -> tuple[tuple[Mapping[str, float], Rules], ...]:
    """Return every allowed combination of the grid's values with its rules.

    Combinations that contradict themselves (a skip beyond the formation) are left out. Raises
    ValueError for values outside their range, and above `COMBINATIONS_MAX` combinations.
    """
    count = int(np.prod([len(values) for values in grid.values()])) if grid else 1
    if count > COMBINATIONS_MAX:
        raise ValueError(f"{count} combinations, at most {COMBINATIONS_MAX}")
    found = []
    for values in product(*grid.values()):
        chosen: dict[str, Any] = dict(zip(grid, values, strict=True))
        skip = chosen.get("skip", rules.skip)
        if skip < chosen.get("formation", rules.formation):
            found.append((chosen, replace(rules, **chosen)))
    return tuple(found)


def sweep(market: Market, rules: Rules, grid: Grid, first: int = 0) -> tuple[Tried, ...]:
    """Try every combination from `first` on; the best Sharpe ratio comes first.

    The best of many is partly luck. `walk_forward` shows what choosing the best would have brought.
    """
    tried = [
        Tried(values, _measured(run_monthly(market, each, first).nav))
        for values, each in combinations(rules, grid)
    ]
    return tuple(sorted(tried, key=lambda item: -_merit(item.metrics)))


def walk_forward(
    market: Market, rules: Rules, grid: Grid, *, train: int, test: int, first: int = 0
) -> Walk | None:
    """Choose by `train` months, hold for `test` months, and again: only the held months count.

    Windows begin at month ends, each in cash, so the walk pays for a fresh start every time. None
    where there are not enough months for one window. Raises ValueError as `combinations` does.
    """
    ends = month_ends(market.sessions)
    ends = ends[ends >= first]
    chosen = combinations(rules, grid)
    windows: list[Window] = []
    parts: list[Floats] = []
    worth = float(rules.cash_won)
    for place in range(train, len(ends) - 1, test):
        start, end = int(ends[place]), int(ends[min(place + test, len(ends) - 1)])
        values, best = _best_before(market, chosen, int(ends[place - train]), start)
        run = run_monthly(market.until(end + 1), replace(best, cash_won=int(worth)), start)
        windows.append(Window(start, end, values, _measured(run.nav)))
        # The value of one session ends one window and begins the next.
        parts.append(run.nav if not parts else run.nav[1:])
        worth = float(run.nav[-1])
    if not windows:
        return None
    nav = np.concatenate(parts)
    return Walk(tuple(windows), windows[0].start, nav, _measured(nav))


def _best_before(
    market: Market, chosen: Sequence[tuple[Mapping[str, float], Rules]], begin: int, end: int
) -> tuple[Mapping[str, float], Rules]:
    known = market.until(end + 1)
    return max(chosen, key=lambda item: _merit(_measured(run_monthly(known, item[1], begin).nav)))


def _measured(nav: Floats) -> Metrics:
    return metrics_of(returns_of(nav), SESSIONS_PER_YEAR)


def _merit(metrics: Metrics) -> float:
    return metrics.sharpe if metrics.sharpe is not None else float("-inf")
