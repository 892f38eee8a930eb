"""The one tool of the week's rules (M3): its strict schema, and how a call of it is read.

A rule is read by the same code as one that a person wrote (`core.domain.rule_reading`). One part
that is wrong refuses the whole answer: a model that errs in one rule has not read the schema.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from core.domain.rule_reading import RATIONALE_MAX, UnreadableRule, is_plain, read_terms
from core.domain.rule_schema import rule_schema
from core.domain.rule_wishes import EndWish
from core.domain.rules import RuleTerms
from core.errors import ModelError
from core.llm.strict_json import read_strictly
from core.llm.tool_shape import Arguments
from core.ports.model import ToolCall, ToolSpec

RULES_TOOL = "propose_rules"
ARGUMENT_CHARACTERS_MAX = 16_000
# In one week: every one of them is read and answered by a person.
NEW_MAX = 3
ENDS_MAX = 2
_PROBLEMS_TOLD = 6
_RULE_ID = r"^[SHR][1-9][0-9]{0,5}$"


class _End(Arguments):
    rule_id: Annotated[str, StringConstraints(pattern=_RULE_ID)]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=RATIONALE_MAX)]


class _Wishes(Arguments):
    new_rules: list[object] = Field(max_length=NEW_MAX)
    deprecated_rules: list[_End] = Field(max_length=ENDS_MAX)


_END = {
    "rule_id": {"type": "string", "description": "rules 자료의 id 그대로, 예: R3"},
    "reason": {
        "type": "string",
        "description": f"잰 결과에 근거한 까닭, {RATIONALE_MAX}자까지",
    },
}


def rules_spec() -> ToolSpec:
    """Return the tool with its strict schema: every key required, none beside them."""
    properties = {
        "new_rules": {
            "type": "array",
            "maxItems": NEW_MAX,
            "description": f"새 규칙 {NEW_MAX}개까지. 없으면 빈 목록",
            "items": rule_schema(),
        },
        "deprecated_rules": {
            "type": "array",
            "maxItems": ENDS_MAX,
            "description": f"끝내자는 규칙 {ENDS_MAX}개까지. 없으면 빈 목록",
            "items": {
                "type": "object",
                "properties": _END,
                "required": list(_END),
                "additionalProperties": False,
            },
        },
    }
    return ToolSpec(
        name=RULES_TOOL,
        description="새 규칙과 끝낼 규칙을 제안한다. 정확히 한 번 부른다.",
        parameters={
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        },
    )


def parse_rules(call: ToolCall, today: date) -> tuple[tuple[RuleTerms, ...], tuple[EndWish, ...]]:
    """Return the rules and the ends that a call wishes for, each once.

    Raises ModelError with reasons that a model can repair from. `today` bounds the expiry.
    """
    if call.name != RULES_TOOL:
        raise ModelError(f"unknown tool: {call.name[:60]!r}")
    if len(call.arguments) > ARGUMENT_CHARACTERS_MAX:
        raise ModelError(f"{call.name}: arguments are too long")
    return read_strictly(call, lambda content: _read(content, today))


def _read(content: object, today: date) -> tuple[tuple[RuleTerms, ...], tuple[EndWish, ...]]:
    given = _Wishes.model_validate(content)
    new = _terms(given.new_rules, today)
    if not all(is_plain(item.reason, RATIONALE_MAX) for item in given.deprecated_rules):
        raise ModelError("deprecated_rules.reason: plain words only")
    ends = {item.rule_id: EndWish(item.rule_id, item.reason) for item in given.deprecated_rules}
    return new, tuple(ends.values())


def _terms(given: Sequence[object], today: date) -> tuple[RuleTerms, ...]:
    found: list[RuleTerms] = []
    problems: list[str] = []
    for number, content in enumerate(given, start=1):
        terms = read_terms(content, today)
        if isinstance(terms, UnreadableRule):
            problems += [
                f"new_rules[{number}].{item.where}: {item.fault.value}" for item in terms.problems
            ]
        elif terms not in found:
            found.append(terms)
    if problems:
        raise ModelError("; ".join(problems[:_PROBLEMS_TOLD]))
    return tuple(found)
