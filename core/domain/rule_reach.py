"""How far the rules reach, all of them together: what they leave of the purchases of the past.

One rule is judged by what it forbids, but it is all of them that stop a strategy: a rule that lets
half of the purchases through, and its twin that lets the other half through, let none. So what
counts is the share of the money that the strategy would have spent without any rule and that is
left when the new rule stands beside those that stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from enum import Enum
from functools import cache
from typing import Any

from core.domain.rule_effects import RuleSight, Values, allowance
from core.domain.rule_facts import Fact, FactUse
from core.domain.rule_figures import size_figures
from core.domain.rule_usual import USUAL_DRAWS, usual_draws
from core.domain.rules import Rule, missing_facts

# With less of the purchases left the rules have ended the strategy, and no proposal may do that.
LEFT_PERCENT_MIN = 10
# With less left the proposal says so, and only a person may take the rule on.
LEFT_PERCENT_TOLD = 50
# Fewer purchases than that show nothing: the usual ranges are looked at instead.
PURCHASES_MIN = 30
# Prices and volumes grow, so that a rule may leave what was long ago and nothing of what is now.
RECENT_DAYS = 365
RECENT_MIN = 10
# What `Situation.sized` tells.
SIZE_FACTS = frozenset({Fact.ORDER_AMOUNT_WON, Fact.WEIGHT_AFTER_BPS, Fact.CASH_AFTER_BPS})
_BPS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A purchase that the strategy would have made without any rule, and what was known then.

    `known` are the facts that bars tell. `worth_won` is the money that is managed, `held_won` what
    is held of the symbol already, `left_won` the cash after the whole purchase.
    """

    day: date
    known: Values
    shares: int
    price_won: int
    worth_won: int
    held_won: int
    left_won: int

    def sized(self, shares: int) -> Values:
        """Return the facts that depend on the quantity; the fee that is spared is left out."""
        spared = (self.shares - shares) * self.price_won
        return size_figures(
            shares * self.price_won,
            worth_won=self.worth_won,
            held_won=self.held_won,
            left_won=self.left_won + spared,
        )


class Basis(Enum):
    """What the purchases are: the strategy's own on the stored bars, or drawn of usual ranges.

    Drawn because too few could be measured (`USUAL`), or because counting them failed (`FAILED`).
    """

    MEASURED = "measured"
    USUAL = "usual"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What the rules together leave of `purchases`: `stopped` wholly, `smaller` in part.

    Shares are percent of the money, rounded down: `left_percent` with the tried rule,
    `before_percent` without it, and the same of the last year, None where it saw too few. The days
    are None of purchases that were drawn.
    """

    basis: Basis
    first_day: date | None
    last_day: date | None
    purchases: int
    stopped: int
    smaller: int
    left_percent: int
    before_percent: int
    recent_percent: int | None = None
    recent_before_percent: int | None = None

    @property
    def least_percent(self) -> int:
        """The smaller of what is left of all and of the last year."""
        if self.recent_percent is None:
            return self.left_percent
        return min(self.left_percent, self.recent_percent)

    @property
    def is_heavy(self) -> bool:
        """Whether more than half of the purchases would be gone."""
        return self.least_percent < LEFT_PERCENT_TOLD

    @property
    def stops_trading(self) -> bool:
        """Whether hardly a purchase would be left, and the tried rule has a part in it."""
        takes = (self.left_percent, self.recent_percent) != (
            self.before_percent,
            self.recent_before_percent,
        )
        return takes and self.least_percent < LEFT_PERCENT_MIN


def reach_of(tried: Rule, standing: Iterable[Rule], past: Sequence[Situation]) -> Reach:
    """Return what `tried` and the `standing` rules leave together of what the `past` bought.

    A purchase of which a rule cannot be judged is not counted. Where fewer than `PURCHASES_MIN` can
    be, purchases drawn from the usual ranges are counted instead.
    """
    others = tuple(rule for rule in standing if rule.terms.action.use is FactUse.ENTRY)
    judged = [item for item in past if _is_known((*others, tried), item)]
    if len(judged) < PURCHASES_MIN:
        return _counted(Basis.USUAL, usual_situations(), tried, others)
    found = _counted(Basis.MEASURED, judged, tried, others)
    found = replace(found, first_day=judged[0].day, last_day=judged[-1].day)
    begun = judged[-1].day - timedelta(days=RECENT_DAYS)
    recent = [item for item in judged if item.day > begun]
    if len(recent) < RECENT_MIN:
        return found
    newest = _counted(Basis.MEASURED, recent, tried, others)
    return replace(
        found,
        recent_percent=newest.left_percent,
        recent_before_percent=newest.before_percent,
    )


def _counted(
    basis: Basis, past: Sequence[Situation], tried: Rule, others: tuple[Rule, ...]
) -> Reach:
    before = [_left(others, item) for item in past]
    # Each rule is judged on what was asked and the smallest answer counts (`allowance`).
    kept = [min(left, _left((tried,), item)) for left, item in zip(before, past, strict=True)]
    return Reach(
        basis=basis,
        first_day=None,
        last_day=None,
        purchases=len(past),
        stopped=kept.count(0),
        smaller=sum(0 < left < item.shares for left, item in zip(kept, past, strict=True)),
        left_percent=_percent(past, kept),
        before_percent=_percent(past, before),
    )


def _left(rules: tuple[Rule, ...], item: Situation) -> int:
    return allowance(RuleSight(rules, item.known), item.shares, item.sized).quantity


def _percent(past: Sequence[Situation], kept: Sequence[int]) -> int:
    asked = sum(item.shares * item.price_won for item in past)
    left = sum(shares * item.price_won for shares, item in zip(kept, past, strict=True))
    return 100 * left // asked


def _is_known(rules: Iterable[Rule], item: Situation) -> bool:
    values = {**item.known, **item.sized(item.shares)}
    return all(
        not missing_facts(rule.terms.condition, values)
        for rule in rules
        if rule.terms.action.use is FactUse.ENTRY
    )


def _drawn(values: Mapping[Fact, int], price_won: int) -> Situation:
    """Return a purchase of whole shares that comes nearest to the drawn amount, weight and cash."""
    shares = max(values[Fact.ORDER_AMOUNT_WON] // price_won, 1)
    worth = shares * price_won * _BPS // values[Fact.WEIGHT_AFTER_BPS]
    return Situation(
        day=date.min,
        known={fact: value for fact, value in values.items() if fact not in SIZE_FACTS},
        shares=shares,
        price_won=price_won,
        worth_won=worth,
        held_won=0,
        left_won=worth * values[Fact.CASH_AFTER_BPS] // _BPS,
    )


@cache
def usual_situations() -> tuple[Situation, ...]:
    """Return purchases drawn from the usual ranges, always the same."""
    return tuple(_drawn(values, price) for values, price in usual_draws(USUAL_DRAWS))


def reach_body(reach: Reach) -> dict[str, object]:
    """Return a reach as it is kept in JSON, which `reach_from` reads back."""
    days = {name: _day_text(getattr(reach, name)) for name in ("first_day", "last_day")}
    return {**asdict(reach), **days, "basis": reach.basis.value}


def reach_from(body: dict[str, Any]) -> Reach:
    """Return what `reach_body` made. Raises TypeError, ValueError or KeyError for anything else."""
    days = {
        name: None if body[name] is None else date.fromisoformat(body[name])
        for name in ("first_day", "last_day")
    }
    return Reach(**{**body, **days, "basis": Basis(body["basis"])})


def _day_text(day: date | None) -> str | None:
    return None if day is None else str(day)
