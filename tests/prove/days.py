"""Whole days, judged: once, twice the same, and on real bars."""

from __future__ import annotations

from dataclasses import dataclass

from tests.prove.day_run import DayPlan, DayRun, play
from tests.prove.judges import difference
from tests.prove.proof import Outcome, Tell, Unit, repeat, silent
from tests.prove.sessions import ADJUSTED, RAW, missing_data, real_day, synthetic_day
from tests.prove.transcript import order_news


@dataclass(frozen=True, slots=True)
class Day:
    """A demo day on the synthetic market."""

    name: str = "day"
    proves: str = "a whole day runs, and no order leaves without, beside or beyond its approval"
    weight: int = 10

    def run(self, seed: int, budget_seconds: float, tell: Tell = silent) -> Outcome:
        """Play one day per seed."""
        return repeat("days", seed, budget_seconds, _one_day, tell)


@dataclass(frozen=True, slots=True)
class SameDayTwice:
    """The same seed and date, two times."""

    name: str = "same_day_twice"
    proves: str = "the same day gives the same orders, prices and quantities again"
    weight: int = 8

    def run(self, seed: int, budget_seconds: float, tell: Tell = silent) -> Outcome:
        """Play each seed's day twice and compare."""

        def one(this: int) -> Unit:
            return twice(DayPlan(seed=this, day=synthetic_day(this)), tell)

        return repeat("pairs", seed, budget_seconds, one, tell)


@dataclass(frozen=True, slots=True)
class RealBars:
    """A demo day on real daily bars."""

    name: str = "real_bars"
    proves: str = "the day runs on real bars, and twice on them gives the same orders"
    weight: int = 8

    def run(self, seed: int, budget_seconds: float, tell: Tell = silent) -> Outcome:
        """Of three days one is played twice, and one has adjusted bars beside the raw ones."""
        reason = missing_data(RAW, ADJUSTED)
        if reason:
            return Outcome(units=0, unit="days", skipped=reason)

        def one(this: int) -> Unit:
            with_adjusted = this % 3 == 1
            plan = DayPlan(
                seed=7,
                day=real_day(this, adjusted=with_adjusted),
                prices=RAW,
                adjusted=ADJUSTED if with_adjusted else None,
            )
            return twice(plan, tell) if this % 3 == 0 else _unit(play(plan))

        return repeat("days", seed, budget_seconds, one, tell)


def twice(plan: DayPlan, tell: Tell) -> Unit:
    """Play a day two times; the orders must be the same."""
    first = play(plan)
    tell(first.note)
    second = play(plan)
    parted = difference(order_news(first.events), order_news(second.events))
    faults = [*first.faults, *second.faults, *(f"{plan.day}: {text}" for text in parted)]
    return Unit(faults, note=f"{second.note}, again")


def _one_day(seed: int) -> Unit:
    return _unit(play(DayPlan(seed=seed, day=synthetic_day(seed))))


def _unit(run: DayRun) -> Unit:
    return Unit(run.faults, note=run.note)
