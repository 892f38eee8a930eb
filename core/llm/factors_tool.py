"""The one tool of the week's factors (M2): its strict schema, and how a call of it is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from core.domain.factors import Evidence, Finding, FindingKind, Measure, Viewpoint
from core.errors import ModelError
from core.llm.strict_json import read_strictly
from core.llm.tool_shape import Arguments
from core.ports.model import ToolCall, ToolSpec

FACTORS_TOOL = "report_factors"
ARGUMENT_CHARACTERS_MAX = 24_000
# Of each kind: whoever lists more ranks nothing.
FINDINGS_MAX = 5
EVIDENCE_MAX = 8
TEXT_MAX = 300
ID_MAX = 80
VALUE_MAX = 1_000_000_000_000
# The keys of the answer, as the user's document names them.
KINDS: Mapping[str, FindingKind] = {
    "common_failures": FindingKind.FAILURE,
    "common_successes": FindingKind.SUCCESS,
    "key_insights": FindingKind.INSIGHT,
    "improvement_areas": FindingKind.IMPROVEMENT,
}
_DESCRIPTIONS = {
    "common_failures": "잃은 거래들에 공통된 원인. 없으면 빈 목록",
    "common_successes": "얻은 거래들에 공통된 원인. 없으면 빈 목록",
    "key_insights": "핵심 통찰. 없으면 빈 목록",
    "improvement_areas": "개선할 점. 잃은 거래를 근거로 든다. 없으면 빈 목록",
}


class _Evidence(Arguments):
    trade: Annotated[str, StringConstraints(min_length=1, max_length=ID_MAX)]
    measure: Literal[
        "return_7_bps",
        "return_30_bps",
        "pnl_7_won",
        "pnl_30_won",
        "after_7_won",
        "after_30_won",
    ]
    value: int = Field(ge=-VALUE_MAX, le=VALUE_MAX)


class _Finding(Arguments):
    viewpoint: Literal["decision", "market", "risk", "timing", "selection"]
    text: Annotated[str, StringConstraints(min_length=1, max_length=TEXT_MAX)]
    evidence: list[_Evidence] = Field(min_length=1, max_length=EVIDENCE_MAX)


class _Factors(Arguments):
    common_failures: list[_Finding] = Field(max_length=FINDINGS_MAX)
    common_successes: list[_Finding] = Field(max_length=FINDINGS_MAX)
    key_insights: list[_Finding] = Field(max_length=FINDINGS_MAX)
    improvement_areas: list[_Finding] = Field(max_length=FINDINGS_MAX)


_EVIDENCE = {
    "trade": {"type": "string", "description": "trades 자료의 id 그대로"},
    "measure": {"type": "string", "enum": [item.value for item in Measure]},
    "value": {"type": "integer", "description": "그 거래에 적힌 그 값 그대로. 계산하지 않는다"},
}
_FINDING = {
    "viewpoint": {
        "type": "string",
        "enum": [item.value for item in Viewpoint],
        "description": "decision 의사결정, market 시장 판단, risk 위험 관리, timing 시점, selection 종목",
    },
    "text": {"type": "string", "description": "한 문장"},
    "evidence": {
        "type": "array",
        "description": f"근거가 된 거래와 잰 값, 1~{EVIDENCE_MAX}개",
        "items": {
            "type": "object",
            "properties": _EVIDENCE,
            "required": list(_EVIDENCE),
            "additionalProperties": False,
        },
    },
}


def factors_spec() -> ToolSpec:
    """Return the tool with its strict schema: every key required, none beside them."""
    return ToolSpec(
        name=FACTORS_TOOL,
        description="지난 판단들의 성공·실패 요인을 낸다. 정확히 한 번 부른다.",
        parameters={
            "type": "object",
            "properties": {
                name: {
                    "type": "array",
                    "description": _DESCRIPTIONS[name],
                    "items": {
                        "type": "object",
                        "properties": _FINDING,
                        "required": list(_FINDING),
                        "additionalProperties": False,
                    },
                }
                for name in KINDS
            },
            "required": list(KINDS),
            "additionalProperties": False,
        },
    )


def parse_factors(call: ToolCall) -> tuple[Finding, ...]:
    """Validate a call in code. Raises ModelError with reasons that a model can repair from."""
    if call.name != FACTORS_TOOL:
        raise ModelError(f"unknown tool: {call.name[:60]!r}")
    if len(call.arguments) > ARGUMENT_CHARACTERS_MAX:
        raise ModelError(f"{call.name}: arguments are too long")
    return read_strictly(call, _read)


def _read(content: object) -> tuple[Finding, ...]:
    given = _Factors.model_validate(content)
    return tuple(
        finding for name, kind in KINDS.items() for finding in _findings(kind, getattr(given, name))
    )


def _findings(kind: FindingKind, given: Iterable[_Finding]) -> Iterable[Finding]:
    for item in given:
        yield Finding(
            kind=kind,
            viewpoint=Viewpoint(item.viewpoint),
            text=item.text,
            evidence=tuple(
                Evidence(trade=one.trade, measure=Measure(one.measure), value=one.value)
                for one in item.evidence
            ),
        )
