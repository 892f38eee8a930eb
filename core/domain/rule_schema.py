"""The strict JSON schema of a rule, made from the same tables that the reading checks it with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TypeVar

from core.domain.rule_facts import FACT_TERMS, MEASURED_TERMS, Fact, Measured
from core.domain.rule_reading import RATIONALE_MAX, TEXT_MAX
from core.domain.rules import (
    CONDITIONS_MAX,
    LIFETIME_DAYS_MAX,
    PRIORITY_MAX,
    RuleAction,
    RuleCategory,
    RuleOperator,
)

F = TypeVar("F", Fact, Measured)


def rule_schema() -> dict[str, object]:
    """Return the strict JSON schema of one rule: every key required, none beside them."""
    open_facts = {fact: term.meaning for fact, term in FACT_TERMS.items() if term.is_open}
    outcomes = {fact: term.meaning for fact, term in MEASURED_TERMS.items()}
    actions = [action for action in RuleAction if action.is_open]
    return _strict(
        {
            "category": _one_of(RuleCategory, "무엇에 관한 규칙인가"),
            "text": {"type": "string", "description": f"규칙 한 문장, {TEXT_MAX}자까지"},
            "condition": _comparisons(open_facts, "모두 맞아야 한다"),
            "action": _one_of(actions, "조건이 맞으면 하는 일. 막거나 줄이거나 팔자고 하는 것뿐"),
            "priority": {
                "type": "integer",
                "minimum": 1,
                "maximum": PRIORITY_MAX,
                "description": "10이 가장 먼저",
            },
            "rationale": {
                "type": "string",
                "description": f"잰 결과에 근거한 까닭, {RATIONALE_MAX}자까지",
            },
            "falsifier": _comparisons(
                outcomes, "이렇게 되면 규칙이 틀린 것이다. 모두 맞으면 끝난다"
            ),
            "expires_on": {
                "type": "string",
                "description": f"마지막 날 YYYY-MM-DD, {LIFETIME_DAYS_MAX}일 안",
            },
        }
    )


def _strict(properties: dict[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _one_of(kind: Iterable[Enum], description: str) -> dict[str, object]:
    return {
        "type": "string",
        "enum": [item.value for item in kind],
        "description": description,
    }


def _comparisons(meanings: Mapping[F, str], description: str) -> dict[str, object]:
    facts = "; ".join(f"{fact.value}: {meaning}" for fact, meaning in meanings.items())
    return {
        "type": "array",
        "minItems": 1,
        "maxItems": CONDITIONS_MAX,
        "description": description,
        "items": _strict(
            {
                "fact": {
                    "type": "string",
                    "enum": [fact.value for fact in meanings],
                    "description": facts,
                },
                "operator": _one_of(RuleOperator, "비교"),
                "number": {"type": "integer", "description": "그 사실의 단위로 정수"},
            }
        ),
    }
