"""Reading a rule that a person, a file or a model wrote: strictly, and refused in words.

The same tables make the JSON schema that a model has to fill in (`core.domain.rule_schema`), and
this check of what came back: a schema that a provider promises to keep is a promise, not a check.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from typing import TypeVar

from core.domain.foreign_text import visible
from core.domain.rule_facts import FACT_TERMS, MEASURED_TERMS, Fact, Grows, Measured
from core.domain.rules import (
    CATEGORY_ACTIONS,
    CONDITIONS_MAX,
    LIFETIME_DAYS_MAX,
    PRIORITY_MAX,
    Comparison,
    RuleAction,
    RuleCategory,
    RuleOperator,
    RuleTerms,
)

TEXT_MAX = 200
RATIONALE_MAX = 400
# Beside letters, marks and digits. No bracket, backtick, backslash or angle: what is written here
# is shown in a chat and to a model, and neither may take it for a command, a link or code.
_PLAIN_SIGNS = frozenset(" .,·:;!?()%+-−–~'\"/×≥≤→")
_KEYS = (
    "category",
    "text",
    "condition",
    "action",
    "priority",
    "rationale",
    "falsifier",
    "expires_on",
)
_COMPARISON_KEYS = ("fact", "operator", "number")


class RuleFault(Enum):
    """Why a rule is not one. The locale files hold a sentence per member (``rules.fault_…``)."""

    SHAPE = "shape"
    KEYS = "keys"
    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    RANGE = "range"
    COUNT = "count"
    REPEATED = "repeated"
    CONTRADICTORY = "contradictory"
    ALWAYS_TRUE = "always_true"
    WRONG_USE = "wrong_use"
    WRONG_WAY = "wrong_way"
    CATEGORY = "category"
    EXPIRY = "expiry"


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """One fault and the part of the rule it is in, for example ``condition[1].number``."""

    fault: RuleFault
    where: str


@dataclass(frozen=True, slots=True)
class UnreadableRule:
    """Not a rule; all that is wrong with it, in the order of its parts."""

    problems: tuple[RuleProblem, ...]


E = TypeVar("E", bound=Enum)
F = TypeVar("F", Fact, Measured)


@dataclass(slots=True)
class _Reading:
    """Takes a mapping apart and gathers what is wrong; a part that is wrong becomes None."""

    problems: list[RuleProblem] = field(default_factory=list)

    def fault(self, fault: RuleFault, where: str) -> None:
        self.problems.append(RuleProblem(fault, where))

    def mapping(self, content: object, keys: tuple[str, ...], where: str) -> Mapping[str, object]:
        """Return `content` when it has exactly `keys`, else nothing."""
        if not isinstance(content, dict):
            self.fault(RuleFault.SHAPE, where)
            return {}
        if set(content) != set(keys):
            self.fault(RuleFault.KEYS, where)
            return {}
        return content

    def text(self, content: object, most: int, where: str) -> str:
        if not isinstance(content, str) or not is_plain(content, most):
            self.fault(RuleFault.TEXT, where)
            return ""
        return content

    def choice(self, content: object, kind: type[E], where: str) -> E | None:
        found = next((item for item in kind if item.value == content), None)
        if found is None:
            self.fault(RuleFault.CHOICE, where)
        return found

    def number(self, content: object, lowest: int, highest: int, where: str) -> int | None:
        # True is an int to Python and no number to anybody else.
        if not isinstance(content, int) or isinstance(content, bool):
            self.fault(RuleFault.NUMBER, where)
            return None
        if not lowest <= content <= highest:
            self.fault(RuleFault.RANGE, where)
            return None
        return content

    def day(self, content: object, today: date | None, where: str) -> date | None:
        found = _day_of(content)
        last = timedelta(days=LIFETIME_DAYS_MAX)
        if found is None or (today is not None and not today < found <= today + last):
            self.fault(RuleFault.EXPIRY, where)
            return None
        return found

    def comparisons(
        self, content: object, kind: type[F], ranges: Mapping[F, tuple[int, int]], where: str
    ) -> tuple[Comparison[F], ...]:
        if not isinstance(content, list):
            self.fault(RuleFault.SHAPE, where)
            return ()
        if not 1 <= len(content) <= CONDITIONS_MAX:
            self.fault(RuleFault.COUNT, where)
            return ()
        read = [
            self._comparison(item, kind, ranges, f"{where}[{number}]")
            for number, item in enumerate(content, start=1)
        ]
        return tuple(item for item in read if item is not None)

    def _comparison(
        self, content: object, kind: type[F], ranges: Mapping[F, tuple[int, int]], where: str
    ) -> Comparison[F] | None:
        parts = self.mapping(content, _COMPARISON_KEYS, where)
        if not parts:
            return None
        fact = self.choice(parts["fact"], kind, f"{where}.fact")
        operator = self.choice(parts["operator"], RuleOperator, f"{where}.operator")
        if fact is None or operator is None:
            return None
        if fact not in ranges:
            self.fault(RuleFault.CHOICE, f"{where}.fact")
            return None
        lowest, highest = ranges[fact]
        number = self.number(parts["number"], lowest, highest, f"{where}.number")
        return None if number is None else Comparison(fact, operator, number)


def read_terms(content: object, today: date | None) -> RuleTerms | UnreadableRule:
    """Return the rule that decoded JSON or TOML says, or everything that is wrong with it.

    Exactly the keys of the schema, whole numbers inside each fact's range, plain words, an expiry
    within `LIFETIME_DAYS_MAX` days of `today` (any day where that is None), and a condition that can hold and can fail.
    """
    reading = _Reading()
    parts = reading.mapping(content, _KEYS, "rule")
    if not parts:
        return UnreadableRule(tuple(reading.problems))
    category = reading.choice(parts["category"], RuleCategory, "category")
    text = reading.text(parts["text"], TEXT_MAX, "text")
    condition = reading.comparisons(parts["condition"], Fact, _OPEN_RANGES, "condition")
    action = reading.choice(parts["action"], RuleAction, "action")
    priority = reading.number(parts["priority"], 1, PRIORITY_MAX, "priority")
    rationale = reading.text(parts["rationale"], RATIONALE_MAX, "rationale")
    falsifier = reading.comparisons(parts["falsifier"], Measured, _MEASURED_RANGES, "falsifier")
    expires_on = reading.day(parts["expires_on"], today, "expires_on")
    if category is None or action is None or priority is None or reading.problems:
        return UnreadableRule(tuple(reading.problems))
    _check_bounds(reading, condition, _OPEN_RANGES, "condition")
    _check_bounds(reading, falsifier, _MEASURED_RANGES, "falsifier")
    _check_action(reading, condition, action, category)
    if reading.problems:
        return UnreadableRule(tuple(reading.problems))
    return RuleTerms(
        category=category,
        text=text,
        condition=condition,
        action=action,
        priority=priority,
        rationale=rationale,
        falsifier=falsifier,
        expires_on=expires_on,
    )


_OPEN_RANGES: Mapping[Fact, tuple[int, int]] = {
    fact: (term.lowest, term.highest) for fact, term in FACT_TERMS.items() if term.is_open
}
_MEASURED_RANGES: Mapping[Measured, tuple[int, int]] = {
    fact: (term.lowest, term.highest) for fact, term in MEASURED_TERMS.items()
}


def bounds_of(
    comparisons: tuple[Comparison[F], ...], fact: F, lowest: int, highest: int
) -> tuple[int, int]:
    """Return the smallest and largest whole number of `fact` that all its comparisons allow.

    The first is above the second when none does.
    """
    for item in comparisons:
        if item.fact is not fact:
            continue
        strict = item.operator in (RuleOperator.MORE, RuleOperator.LESS)
        if item.operator.is_upward:
            lowest = max(lowest, item.number + strict)
        else:
            highest = min(highest, item.number - strict)
    return lowest, highest


def _check_bounds(
    reading: _Reading,
    comparisons: tuple[Comparison[F], ...],
    ranges: Mapping[F, tuple[int, int]],
    where: str,
) -> None:
    sides = {(item.fact, item.operator.is_upward) for item in comparisons}
    if len(sides) < len(comparisons):
        reading.fault(RuleFault.REPEATED, where)
    facts = dict.fromkeys(item.fact for item in comparisons)
    found = {fact: bounds_of(comparisons, fact, *ranges[fact]) for fact in facts}
    if any(lowest > highest for lowest, highest in found.values()):
        reading.fault(RuleFault.CONTRADICTORY, where)
    if all(found[fact] == ranges[fact] for fact in facts):
        reading.fault(RuleFault.ALWAYS_TRUE, where)


def _check_action(
    reading: _Reading,
    condition: tuple[Comparison[Fact], ...],
    action: RuleAction,
    category: RuleCategory,
) -> None:
    if action not in CATEGORY_ACTIONS[category] or not action.is_open:
        reading.fault(RuleFault.CATEGORY, "action")
    for number, item in enumerate(condition, start=1):
        term = FACT_TERMS[item.fact]
        if action.use not in term.uses:
            reading.fault(RuleFault.WRONG_USE, f"condition[{number}].fact")
        # "Refuse it unless it is larger" would ask for a larger order.
        if term.grows is not Grows.NOT and item.operator.is_upward is (term.grows is Grows.DOWN):
            reading.fault(RuleFault.WRONG_WAY, f"condition[{number}].operator")
    sized = any(FACT_TERMS[item.fact].grows is not Grows.NOT for item in condition)
    if action is RuleAction.SHRINK_TO_FIT and not sized:
        reading.fault(RuleFault.WRONG_USE, "action")


def is_plain(text: str, most: int) -> bool:
    """Whether `text` says something in at most so many plain characters, and nothing but words."""
    return (
        0 < len(text.strip()) <= len(text) <= most
        and text == visible(text)
        and "//" not in text
        and all(sign in _PLAIN_SIGNS or unicodedata.category(sign)[0] in "LMN" for sign in text)
    )


def _day_of(content: object) -> date | None:
    if not isinstance(content, str) or len(content) != len("YYYY-MM-DD"):
        return None
    try:
        return date.fromisoformat(content)
    except ValueError:
        return None
