"""The one tool of the trading plan: its strict schema, and how a call of it is read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.domain.plan import TradingPlan
from core.domain.plan_review import Breach, Opinion, PlanReview, Verdict, breaches
from core.errors import ModelError, ModelFault
from core.llm.strict_json import read_strictly
from core.llm.tool_shape import SYMBOL, Arguments, SymbolText
from core.ports.model import ToolCall, ToolSpec

REVIEW_TOOL = "review_plan"
ARGUMENT_CHARACTERS_MAX = 24_000
OPINIONS_MAX = 60
QUANTITY_MAX = 1_000_000
REASON_MAX = 500
TEXT_MAX = 1_500

_Reason = Annotated[str, StringConstraints(min_length=1, max_length=REASON_MAX)]
_Text = Annotated[str, StringConstraints(max_length=TEXT_MAX)]


class _Opinion(Arguments):
    symbol: SymbolText
    side: Literal["buy", "sell"]
    verdict: Literal["keep", "shrink", "veto"]
    quantity: int = Field(ge=0, le=QUANTITY_MAX)
    reason: _Reason


class _Review(Arguments):
    actions: list[_Opinion] = Field(max_length=OPINIONS_MAX)
    justification: _Text
    risk_assessment: _Text
    expected_outcome: _Text


_ACTION = {
    "symbol": SYMBOL,
    "side": {"type": "string", "enum": ["buy", "sell"], "description": "계획의 방향 그대로"},
    "verdict": {
        "type": "string",
        "enum": ["keep", "shrink", "veto"],
        "description": "keep 그대로, shrink 줄임, veto 거부",
    },
    "quantity": {
        "type": "integer",
        "minimum": 0,
        "maximum": QUANTITY_MAX,
        "description": "남길 주식 수. keep은 계획의 수량, shrink는 1 이상 계획 미만, veto는 0",
    },
    "reason": {"type": "string", "description": "어느 자료 때문인지 한 문장"},
}
_PROPERTIES = {
    "actions": {
        "type": "array",
        "description": "계획의 제안마다 한 항목. 제안이 없으면 빈 목록",
        "items": {
            "type": "object",
            "properties": _ACTION,
            "required": list(_ACTION),
            "additionalProperties": False,
        },
    },
    "justification": {"type": "string", "description": "판단의 근거, 두세 문장"},
    "risk_assessment": {"type": "string", "description": "위험, 두 문장 이내"},
    "expected_outcome": {"type": "string", "description": "예상, 한 문장. 수익을 장담하지 않는다"},
}


def review_spec() -> ToolSpec:
    """Return the tool with its strict schema: every key required, none beside them."""
    return ToolSpec(
        name=REVIEW_TOOL,
        description="오늘의 계획을 검토한 결과를 낸다. 정확히 한 번 부른다.",
        parameters={
            "type": "object",
            "properties": _PROPERTIES,
            "required": list(_PROPERTIES),
            "additionalProperties": False,
        },
    )


def parse_review(call: ToolCall) -> PlanReview:
    """Validate a call in code. Raises ModelError with reasons that a model can repair from."""
    if call.name != REVIEW_TOOL:
        raise ModelError(f"unknown tool: {call.name[:60]!r}")
    if len(call.arguments) > ARGUMENT_CHARACTERS_MAX:
        raise ModelError(f"{call.name}: arguments are too long")
    return read_strictly(call, _read)


def refuse_breaches(plan: TradingPlan, review: PlanReview) -> None:
    """Raise ModelError when the review leaves its bounds, with what is allowed instead."""
    found = breaches(plan, review)
    if found:
        said = "; ".join(_sentence(opinion, breach) for opinion, breach in found[:5])
        raise ModelError(f"{REVIEW_TOOL}: {said}", ModelFault.OUT_OF_BOUNDS)


_SENTENCES = {
    Breach.NOT_PLANNED: "is not in the plan; nothing may be added and no side turned",
    Breach.TWICE: "appears twice",
    Breach.LOCKED: "is locked; only keep with the planned quantity is allowed",
    Breach.QUANTITY: "has a quantity that does not fit: keep takes the planned one, shrink at least "
    "1 and less than planned, veto 0",
}


def _sentence(opinion: Opinion, breach: Breach) -> str:
    return f"{opinion.symbol} {opinion.side.value} {_SENTENCES[breach]}"


def _read(content: object) -> PlanReview:
    given = _Review.model_validate(content)
    return PlanReview(
        opinions=tuple(
            Opinion(
                symbol=Symbol(item.symbol),
                side=Side(item.side),
                verdict=Verdict(item.verdict),
                quantity=item.quantity,
                reason=item.reason,
            )
            for item in given.actions
        ),
        justification=given.justification,
        risk_assessment=given.risk_assessment,
        expected_outcome=given.expected_outcome,
    )
