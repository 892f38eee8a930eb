"""The faithful backtest: the live strategy's own `decide`, day by day, with the exit policy.

Whole won throughout, as an account statement has them. Slower than the monthly engine, because
every decision is made by the very function that makes it at 08:00.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from core.domain.costs import CostModel
from core.domain.exit_offers import ExitKind
from core.domain.instrument import Instrument, Symbol
from core.domain.risk import RiskLimits
from core.strategy.backtest.book import Book
from core.strategy.backtest.corporate import Action as Corporate
from core.strategy.backtest.corporate import corporate_actions
from core.strategy.backtest.fills import Fills
from core.strategy.backtest.lookahead import Lookahead
from core.strategy.backtest.market import Market
from core.strategy.backtest.picks import Picks, month_ends
from core.strategy.backtest.result import Run
from core.strategy.backtest.rules import Fill, Protection
from core.strategy.decide import decide
from core.strategy.leaving import exits_due
from core.strategy.panel import Floats, PricePanel
from core.strategy.parameters import Parameters
from core.strategy.situation import Action, Decision, Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyRules:
    """What surrounds the strategy.

    `loss_limit_percent` 0 is no limit: on a session that opens so far below the value of the last
    close, nothing is bought. `limits` is the guard's, None where only the strategy's own cap counts.
    """

    cash_won: int
    parameters: Parameters
    instruments: tuple[Instrument, ...]
    costs: CostModel = field(default_factory=CostModel)
    taxed: bool = False
    fill: Fill = Fill.OPEN
    protection: Protection = Protection.CLOSE
    loss_limit_percent: float = 0.0
    limits: RiskLimits | None = None


@dataclass(slots=True)
class _Told:
    """What is kept of every day."""

    nav: list[int] = field(default_factory=list)
    invested: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)


class Simulation:
    """One account through the sessions of a market. What is decided may be looked at and changed."""

    def __init__(self, market: Market, rules: DailyRules) -> None:
        """Begin in cash."""
        self.market, self.rules = market, rules
        self.days = [day.item() for day in market.sessions]
        self.column = {symbol: place for place, symbol in enumerate(market.symbols)}
        known = {item.symbol: item for item in rules.instruments}
        self.instruments = tuple(
            known.get(symbol, Instrument(symbol=symbol, name=symbol)) for symbol in market.symbols
        )
        self.book = Book(
            cash_won=rules.cash_won,
            costs=rules.costs,
            instruments=self.instruments,
            taxed=rules.taxed,
        )
        self.fills = Fills(market, rules.fill, self.book)
        self.events = _by_row(corporate_actions(market))
        self.ends = set(month_ends(market.sessions).tolist())
        self.told = _Told()

    def run(self, first: int) -> None:
        """Go through every session from `first` on."""
        waiting: tuple[Action, ...] = ()
        for row in range(first, len(self.days)):
            for column, event in self.events.get(row, ()):
                self.book.happen(column, event, row, self._close(row, column))
                waiting = _in_new_shares(waiting, self.market.symbols[column], event.ratio)
            self.fills.fill(waiting, row, may_buy=self._may_buy(row))
            if self.rules.protection is Protection.TOUCH:
                self.fills.touch(self.rules.parameters, row)
            worth = self._worth(row)
            self.told.nav.append(worth)
            self.told.invested.append(1 - self.book.cash_won / worth)
            self.book.watch(self.market, row, highs=self.rules.protection is Protection.TOUCH)
            waiting = self.decided(row)

    def decided(self, row: int) -> tuple[Action, ...]:
        """Return what the close of `row` calls for, to be filled in the next session."""
        is_rebalance = row in self.ends
        watched = self.rules.protection is Protection.CLOSE
        if not is_rebalance and not (watched and self.book.lots):
            return ()
        situation = self.situation(row, is_rebalance=is_rebalance)
        if not is_rebalance:
            return exits_due(situation, self.rules.parameters)
        decision = decide(situation, self.rules.parameters, self.rules.costs)
        self.told.rows.append(row)
        self.told.decisions.append(decision)
        # A stop is part of a decision; without protection it is none.
        return tuple(
            item
            for item in decision.actions
            if self.rules.protection is not Protection.NONE or item.reason.key not in _EXIT_KEYS
        )

    def situation(self, row: int, *, is_rebalance: bool) -> Situation:
        """Return what the live strategy would know after the close of `row`."""
        closes = {
            symbol: int(price)
            for symbol, price in zip(
                self.market.symbols, np.nan_to_num(self.market.order.close[row]), strict=True
            )
        }
        protects = self.rules.protection is not Protection.NONE
        limits = self.rules.limits
        return Situation(
            instruments=self.instruments,
            panel=self._panel(row if is_rebalance else -1),
            closes=closes,
            holdings=self.book.positions(closes),
            cash_won=self.book.cash_won,
            day=self.days[min(row + 1, len(self.days) - 1)],
            decided_on=self.days[row],
            is_rebalance=is_rebalance,
            cap=limits.position_cap(self.told.nav[-1]) if limits else None,
            passages=self.book.passages() if protects else {},
        )

    def _panel(self, row: int) -> PricePanel:
        """Return the last sessions up to `row`, as many as the live strategy reads."""
        begin = max(row + 1 - self.rules.parameters.sessions_needed, 0)
        span = slice(begin, row + 1)
        signal, volume = self.market.signal, self.market.volume
        close = signal.close[span]
        value = np.zeros(close.shape) if volume is None else np.nan_to_num(close * volume[span])
        return PricePanel(
            sessions=tuple(self.days[span]),
            symbols=self.market.symbols,
            high=signal.high[span],
            low=signal.low[span],
            close=close,
            traded=self.market.traded[span],
            value=value,
        )

    def _may_buy(self, row: int) -> bool:
        if not (self.rules.loss_limit_percent and self.told.nav):
            return True
        opened = self.book.cash_won + sum(
            lot.shares * self._open(row, column) for column, lot in self.book.lots.items()
        )
        return opened > self.told.nav[-1] * (1 - self.rules.loss_limit_percent / 100)

    def _worth(self, row: int) -> int:
        return self.book.cash_won + sum(
            lot.shares * self._close(row, column) for column, lot in self.book.lots.items()
        )

    def _close(self, row: int, column: int) -> int:
        return int(self.market.order.close[row, column])

    def _open(self, row: int, column: int) -> int:
        price = self.market.order.open[row, column]
        return self._close(row, column) if np.isnan(price) else int(price)


_EXIT_KEYS = frozenset(kind.value for kind in ExitKind)


def _in_new_shares(actions: tuple[Action, ...], symbol: Symbol, ratio: float) -> tuple[Action, ...]:
    """Return what was decided before a split, in the shares that it makes of the old ones."""
    return tuple(
        replace(item, quantity=int(item.quantity * ratio + 1e-9)) if item.symbol == symbol else item
        for item in actions
    )


def run_daily(market: Market, rules: DailyRules, first: int = 0) -> Run:
    """Simulate from the market's row `first` on; earlier rows are history only."""
    return run_of(Simulation(market, rules), first)


def run_of(simulation: Simulation, first: int) -> Run:
    """Let a new simulation run from the market's row `first` on, and return what it found."""
    simulation.run(first)
    told, book, market = simulation.told, simulation.book, simulation.market
    return Run(
        sessions=market.sessions[first:],
        first=first,
        nav=np.array(told.nav, dtype=np.float64),
        invested=np.array(told.invested),
        trades=tuple(book.trades),
        payouts=tuple(book.payouts),
        picks=_picks(market, told, simulation.column),
        cut=book.cut,
        unfilled=book.unfilled,
    )


class _Checked(Simulation):
    """Makes every decision twice: as it is, and on the market as it was known then."""

    def __init__(self, market: Market, rules: DailyRules) -> None:
        super().__init__(market, rules)
        self.checked = 0
        self.changed: list[int] = []

    def situation(self, row: int, *, is_rebalance: bool) -> Situation:
        found = super().situation(row, is_rebalance=is_rebalance)
        known = Simulation(self.market.until(row + 1), self.rules)
        known.book, known.told = self.book, self.told
        again = known.situation(row, is_rebalance=is_rebalance)
        parameters, costs = self.rules.parameters, self.rules.costs
        self.checked += 1
        # The day after is not part of what was known: it only names the decision.
        again = replace(again, day=found.day)
        if decide(found, parameters, costs) != decide(again, parameters, costs):
            self.changed.append(row)
        return found


def check_daily(market: Market, rules: DailyRules, first: int = 0) -> Lookahead:
    """Simulate once more and make each decision again on data cut off at its session."""
    simulation = _Checked(market, rules)
    simulation.run(first)
    return Lookahead(simulation.checked, tuple(simulation.changed))


def situation_at(
    market: Market, rules: DailyRules, row: int, *, is_rebalance: bool = True
) -> Situation:
    """Return the situation of an account that holds only cash, for looking at one decision."""
    simulation = Simulation(market, rules)
    simulation.told.nav.append(rules.cash_won)
    return simulation.situation(row, is_rebalance=is_rebalance)


def _by_row(
    actions: Mapping[int, tuple[Corporate, ...]],
) -> dict[int, list[tuple[int, Corporate]]]:
    found: dict[int, list[tuple[int, Corporate]]] = {}
    for column, events in actions.items():
        for event in events:
            found.setdefault(event.row, []).append((column, event))
    return found


def _picks(market: Market, told: _Told, column: Mapping[Symbol, int]) -> Picks:
    """Return the decisions as the monthly engine has them: what was shown and what was chosen."""
    most = max((sum(r.weight > 0 for r in d.rankings) for d in told.decisions), default=0)
    shape = (len(told.rows), max(most, 1))
    scores: Floats = np.full((shape[0], len(market.symbols)), np.nan)
    columns, weights = np.zeros(shape, dtype=np.intp), np.zeros(shape)
    for line, decision in enumerate(told.decisions):
        chosen = [item for item in decision.rankings if item.weight > 0]
        for item in decision.rankings:
            scores[line, column[item.symbol]] = item.score
        for place, item in enumerate(chosen):
            columns[line, place], weights[line, place] = column[item.symbol], item.weight
    return Picks(
        rows=np.array(told.rows, dtype=np.intp),
        scores=scores,
        columns=columns,
        weights=weights,
        ranges=np.full(shape, np.nan),
    )
