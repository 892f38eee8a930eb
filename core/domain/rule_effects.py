"""What rules leave of a purchase: never more than was asked, and which rules it is that say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from core.domain.rule_facts import Fact, FactUse
from core.domain.rules import Rule, RuleAction, in_order, takes_effect

Values = Mapping[Fact, int | None]
_NOTHING: Values = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RuleSight:
    """The rules about purchases that are obeyed now, and what is known of one symbol."""

    rules: tuple[Rule, ...] = ()
    values: Values = field(default_factory=lambda: _NOTHING)


NO_RULES = RuleSight()


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many of the asked shares the rules leave, and by which rules, the most telling first.

    `by` is empty when nothing is taken off.
    """

    quantity: int
    by: tuple[Rule, ...] = ()


def allowance(sight: RuleSight, asked: int, sized: Callable[[int], Values]) -> Allowance:
    """Return what the rules leave of a purchase of `asked` shares.

    `sized` gives the facts that depend on the quantity. Each rule is judged on what was asked, and
    the smallest answer counts: the order of the rules changes nothing, and judging the same
    purchase again takes nothing more off.
    """
    left = {
        rule.rule_id: quantity
        for rule in sight.rules
        if (quantity := _left_by(rule, sight.values, asked, sized)) < asked
    }
    if not left:
        return Allowance(asked)
    smallest = min(left.values())
    binding = in_order(rule for rule in sight.rules if left.get(rule.rule_id) == smallest)
    return Allowance(smallest, binding)


def _left_by(rule: Rule, known: Values, asked: int, sized: Callable[[int], Values]) -> int:
    def acts(quantity: int) -> bool:
        return takes_effect(rule, {**known, **sized(quantity)})

    if rule.terms.action.use is not FactUse.ENTRY or not acts(asked):
        return asked
    if rule.terms.action is RuleAction.SHRINK_TO_FIT:
        return _largest_free(acts, asked)
    return asked * rule.terms.action.percent // 100


def _largest_free(acts: Callable[[int], bool], asked: int) -> int:
    """Return the largest quantity on which the rule does not act, 0 if there is none.

    A condition about the size of an order only ever bounds it from above (`Grows`), so that a rule
    which acts on a quantity acts on every larger one.
    """
    free, acted = 0, asked
    while acted - free > 1:
        middle = (free + acted) // 2
        if acts(middle):
            acted = middle
        else:
            free = middle
    return free
