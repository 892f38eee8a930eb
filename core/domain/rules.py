"""Rules as data: a condition of one to four comparisons, and what follows when it holds.

Nothing of a rule is parsed or run. Whatever it says, it can only make an order smaller, refuse
it, or offer a sale that still waits for its ✅: no action adds a purchase or moves a limit.

Unknown facts, "when in doubt, do not trade": a rule about a purchase whose condition cannot be
judged counts as if it held (the purchase is refused, or made smaller). A rule about a holding
that cannot be judged offers nothing, because selling without knowing why is a trade too. A
comparison that is known to fail settles the matter: the others need not be known then.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Generic, TypeVar

from core.domain.rule_facts import Fact, FactUse, Measured

CONDITIONS_MAX = 4
PRIORITY_MAX = 10
# By how many calendar days at the latest a rule of a person or of the reflection expires.
LIFETIME_DAYS_MAX = 370


class RuleCategory(Enum):
    """What a rule is about (the four of the user's document)."""

    RISK_MANAGEMENT = "risk_management"
    ENTRY_CRITERIA = "entry_criteria"
    EXIT_CRITERIA = "exit_criteria"
    POSITION_SIZING = "position_sizing"


class RuleOperator(Enum):
    """How a fact is compared. Equality is left out: a measured number is never quite equal."""

    MORE = ">"
    AT_LEAST = ">="
    LESS = "<"
    AT_MOST = "<="

    @property
    def is_upward(self) -> bool:
        """Whether larger facts make it true."""
        return self in (RuleOperator.MORE, RuleOperator.AT_LEAST)


class RuleAction(Enum):
    """What a rule does when its condition holds."""

    BLOCK_ENTRY = "block_entry"
    SHRINK_TO_75 = "shrink_to_75_percent"
    SHRINK_TO_50 = "shrink_to_50_percent"
    SHRINK_TO_25 = "shrink_to_25_percent"
    SHRINK_TO_FIT = "shrink_to_fit"
    PROPOSE_EXIT = "propose_exit"
    PROPOSE_HALF_EXIT = "propose_half_exit"

    @property
    def use(self) -> FactUse:
        """Whether it is about a purchase or about a holding."""
        is_exit = self in (RuleAction.PROPOSE_EXIT, RuleAction.PROPOSE_HALF_EXIT)
        return FactUse.HOLDING if is_exit else FactUse.ENTRY

    @property
    def is_open(self) -> bool:
        """Whether people and the reflection may choose it.

        Half of a holding is taken once, and who remembers that is the exit policy.
        """
        return self is not RuleAction.PROPOSE_HALF_EXIT

    @property
    def percent(self) -> int:
        """Return how much of the asked quantity a fixed action leaves, in percent."""
        return _PERCENT.get(self, 0)


_PERCENT = {
    RuleAction.SHRINK_TO_75: 75,
    RuleAction.SHRINK_TO_50: 50,
    RuleAction.SHRINK_TO_25: 25,
}
_ENTRY_ACTIONS = frozenset(item for item in RuleAction if item.use is FactUse.ENTRY)
_EXIT_ACTIONS = frozenset(RuleAction) - _ENTRY_ACTIONS
# Which actions fit which category.
CATEGORY_ACTIONS: Mapping[RuleCategory, frozenset[RuleAction]] = {
    RuleCategory.RISK_MANAGEMENT: frozenset(RuleAction),
    RuleCategory.ENTRY_CRITERIA: frozenset({RuleAction.BLOCK_ENTRY}),
    RuleCategory.POSITION_SIZING: _ENTRY_ACTIONS - {RuleAction.BLOCK_ENTRY},
    RuleCategory.EXIT_CRITERIA: _EXIT_ACTIONS,
}


class RuleOrigin(Enum):
    """Who wrote a rule; its id begins with the letter."""

    SHIPPED = "shipped"
    HAND = "hand"
    REFLECTION = "reflection"

    @property
    def letter(self) -> str:
        """Return the letter its ids begin with."""
        return {"shipped": "S", "hand": "H", "reflection": "R"}[self.value]


class RuleState(Enum):
    """Where a rule stands. Only an ACTIVE one is obeyed."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    DISABLED = "disabled"
    RETIRED = "retired"
    REFUSED = "refused"


# Retired and refused are final: the same thought comes back as a new rule with new evidence.
RULE_TRANSITIONS: Mapping[RuleState, frozenset[RuleState]] = {
    RuleState.PROPOSED: frozenset({RuleState.ACTIVE, RuleState.REFUSED}),
    RuleState.ACTIVE: frozenset({RuleState.DISABLED, RuleState.RETIRED}),
    RuleState.DISABLED: frozenset({RuleState.ACTIVE, RuleState.RETIRED}),
    RuleState.RETIRED: frozenset(),
    RuleState.REFUSED: frozenset(),
}

_HOLDS: Mapping[RuleOperator, Callable[[int, int], bool]] = {
    RuleOperator.MORE: operator.gt,
    RuleOperator.AT_LEAST: operator.ge,
    RuleOperator.LESS: operator.lt,
    RuleOperator.AT_MOST: operator.le,
}


class RuleMove(Enum):
    """What came of a wish to change a rule (``rules.moved_…`` of the locale files)."""

    DONE = "done"
    UNKNOWN_RULE = "unknown_rule"
    SETTING = "setting"
    NOT_NOW = "not_now"
    PROPOSED = "proposed"


F = TypeVar("F", Fact, Measured)


@dataclass(frozen=True, slots=True)
class Comparison(Generic[F]):
    """One fact against one whole number, in the fact's unit."""

    fact: F
    operator: RuleOperator
    number: int

    def holds(self, value: int) -> bool:
        """Whether `value` of the fact makes it true."""
        return _HOLDS[self.operator](value, self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTerms:
    """What a rule says: the part that a person or a model writes.

    All of `condition` must hold. `falsifier` is what would show that the rule is wrong, over
    measured outcomes. `text` and `rationale` are words for people: nothing is ever decided by
    them. Without `expires_on` (shipped rules only) it stands until a person ends it.
    """

    category: RuleCategory
    text: str
    condition: tuple[Comparison[Fact], ...]
    action: RuleAction
    priority: int
    rationale: str
    falsifier: tuple[Comparison[Measured], ...]
    expires_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as it stands. `version` counts its changes of state and words, from 1.

    `enforced_by` names the setting that another part of the bot already enforces (the guard, a
    breaker, the exit policy): such a rule is shown, and never judged a second time.
    """

    rule_id: str
    version: int
    terms: RuleTerms
    origin: RuleOrigin
    state: RuleState
    since: date
    enforced_by: str = ""

    @property
    def is_obeyed(self) -> bool:
        """Whether the rule engine itself must judge it."""
        return self.state is RuleState.ACTIVE and not self.enforced_by


class Judgement(Enum):
    """Whether a condition holds. UNKNOWN says "cannot be judged"."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"


def judge(condition: Iterable[Comparison[F]], values: Mapping[F, int | None]) -> Judgement:
    """Return whether all comparisons hold on `values`; a fact that is absent or None is unknown."""
    found = Judgement.HOLDS
    for item in condition:
        value = values.get(item.fact)
        if value is None:
            found = Judgement.UNKNOWN
        elif not item.holds(value):
            return Judgement.FAILS
    return found


def missing_facts(
    condition: Iterable[Comparison[F]], values: Mapping[F, int | None]
) -> tuple[F, ...]:
    """Return the facts of `condition` that `values` does not know, each once."""
    return tuple(dict.fromkeys(x.fact for x in condition if values.get(x.fact) is None))


def takes_effect(rule: Rule, values: Mapping[Fact, int | None]) -> bool:
    """Whether `rule` acts on `values`: what cannot be judged counts against a purchase only."""
    found = judge(rule.terms.condition, values)
    if found is Judgement.UNKNOWN:
        return rule.terms.action.use is FactUse.ENTRY
    return found is Judgement.HOLDS


def in_order(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return `rules` in the order they are judged and shown: priority first, then id."""
    return tuple(sorted(rules, key=lambda item: (-item.terms.priority, item.rule_id)))


def is_falsified(rule: Rule, measured: Mapping[Measured, int | None]) -> bool:
    """Whether its falsifier came true. Unmeasured is never true, nor is having no falsifier."""
    falsifier = rule.terms.falsifier
    return bool(falsifier) and judge(falsifier, measured) is Judgement.HOLDS


def is_expired(rule: Rule, today: date) -> bool:
    """Whether its last day is over: a rule still stands on the day it expires on."""
    expires = rule.terms.expires_on
    return expires is not None and today > expires
