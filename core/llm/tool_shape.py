"""What a tool is to a model: a strict JSON schema, and the same rules checked again in code.

A new tool is an entry in a table like `core.llm.tools_reading.MARKET`, its kind of ask in
`core.ports.dialogue`, and whoever answers it in `core.services.sessions.tools`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints

from core.errors import ModelError
from core.ports.dialogue import ToolAsk

# ASCII classes on purpose: \d would take full-width digits.
_SYMBOL_PATTERN = r"^[0-9][0-9A-Z]{5}$"
_DAY_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

SymbolText = Annotated[str, StringConstraints(pattern=_SYMBOL_PATTERN)]
QueryText = Annotated[str, StringConstraints(min_length=1, max_length=60)]
DayText = Annotated[str, StringConstraints(pattern=_DAY_PATTERN)]

SYMBOL = {"type": "string", "description": "KRX 단축코드 여섯 자리, 예: 069500"}
QUERY = {"type": "string", "description": "찾을 말"}
DAY_OR_NULL = {"type": ["string", "null"], "description": "YYYY-MM-DD"}


class Arguments(BaseModel):
    """What a model may write, strictly: no extra key, no text for a number."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class NoArguments(Arguments):
    """Of a tool that needs none."""


class OneSymbol(Arguments):
    """Of a tool about one instrument."""

    symbol: SymbolText


A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True, slots=True)
class Tool(Generic[A]):
    """One tool: its words for the model, the schema of its arguments, and the ask they become."""

    description: str
    properties: Mapping[str, object]
    arguments: type[A]
    build: Callable[[A], ToolAsk]

    @property
    def schema(self) -> dict[str, object]:
        """Return the strict JSON schema: every key required, none beside them."""
        return {
            "type": "object",
            "properties": dict(self.properties),
            "required": list(self.properties),
            "additionalProperties": False,
        }

    def read(self, content: object) -> ToolAsk:
        """Return the ask. Raises ValidationError, or ModelError for what no schema can say."""
        return self.build(self.arguments.model_validate(content))


def day_of(text: str | None, name: str) -> date | None:
    """Return a day that a model wrote. Raises ModelError when there is none such."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise ModelError(f"{name}: {error}") from error
