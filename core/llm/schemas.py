"""The tools a model may call, and how its calls are read: strictly, whatever the provider promised."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.errors import ModelError
from core.llm.strict_json import read_strictly
from core.llm.tool_shape import SYMBOL, Arguments, SymbolText, Tool
from core.llm.tools_reading import ACCOUNT, MARKET, RECALL
from core.ports.dialogue import ProposeAsk, ToolAsk
from core.ports.model import ToolCall, ToolSpec

ARGUMENT_CHARACTERS_MAX = 4_000
QUANTITY_MAX = 1_000_000
PRICE_WON_MAX = 100_000_000


class _Propose(Arguments):
    symbol: SymbolText
    side: Literal["buy", "sell"]
    quantity: int | None = Field(ge=1, le=QUANTITY_MAX)
    limit_price_won: int | None = Field(ge=1, le=PRICE_WON_MAX)
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]


def _propose(given: _Propose) -> ToolAsk:
    side = Side(given.side)
    if given.quantity is None and side is Side.BUY:
        raise ModelError("quantity: null (all) is for sells only")
    return ProposeAsk(
        Symbol(given.symbol), side, given.quantity, given.limit_price_won, given.reason
    )


# The one tool that acts, and it can only ask a person.
_PROPOSING = Tool(
    "주문을 제안한다. 사람에게 티켓이 보일 뿐이고, 사람이 ✅를 눌러야 주문이 나간다. "
    "사용자가 분명히 사거나 팔라고 할 때만 부른다. 매도에서 quantity가 null이면 팔 수 있는 전량이다.",
    {
        "symbol": SYMBOL,
        "side": {"type": "string", "enum": ["buy", "sell"]},
        "quantity": {"type": ["integer", "null"], "minimum": 1, "maximum": QUANTITY_MAX},
        "limit_price_won": {
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": PRICE_WON_MAX,
            "description": "지정가(원). 사용자가 말하지 않았으면 null",
        },
        "reason": {"type": "string", "description": "한두 문장의 이유"},
    },
    _Propose,
    _propose,
)
TOOLS: Mapping[str, Tool[Any]] = MappingProxyType(
    {**ACCOUNT, **MARKET, **RECALL, "propose_order": _PROPOSING}
)


def tool_specs() -> tuple[ToolSpec, ...]:
    """Return every tool with its strict schema."""
    return tuple(
        ToolSpec(name=name, description=tool.description, parameters=tool.schema)
        for name, tool in TOOLS.items()
    )


def parse_call(call: ToolCall) -> ToolAsk:
    """Validate a call in code.

    Raises ModelError for an unknown tool, JSON that is broken, repeats a key, carries extra or
    missing fields, floats, texts for numbers, and quantities or prices outside the hard bounds.
    """
    tool = TOOLS.get(call.name)
    if tool is None:
        raise ModelError(f"unknown tool: {call.name[:60]!r}")
    if len(call.arguments) > ARGUMENT_CHARACTERS_MAX:
        raise ModelError(f"{call.name}: arguments are too long")
    return read_strictly(call, tool.read)
