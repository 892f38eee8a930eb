"""The language model, without its vendor."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.domain.model_calls import CallAbout


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """One tool offered to the model. `parameters` is a strict JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call the model asks for. `arguments` is the JSON text as received."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelMessage:
    """One message of a prompt. `tool_calls` only on assistant, `call_id` only on tool messages."""

    role: str
    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    call_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """A piece of streamed answer."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyEnd:
    """The end of one streamed reply: the tool calls it asks for and the tokens it cost.

    Tokens are 0 where nobody counted. `call_id` names the stored call, if it was stored.
    """

    tool_calls: tuple[ToolCall, ...]
    prompt_tokens: int
    completion_tokens: int
    call_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One short text and the tokens it cost, 0 where nobody counted."""

    text: str
    prompt_tokens: int
    completion_tokens: int


# Asked by the bot itself, in the daily cycle.
BY_ITSELF = CallAbout()


class ChatModel(Protocol):
    """A model that streams an answer and may ask for tools."""

    @property
    def name(self) -> str:
        """Name of the model, for the record."""

    def stream(
        self,
        messages: Sequence[ModelMessage],
        tools: Sequence[ToolSpec],
        about: CallAbout = BY_ITSELF,
    ) -> AsyncIterator[TextPart | ReplyEnd]:
        """Stream one reply; the last item is a ReplyEnd. Raises ModelError."""

    async def complete(
        self,
        messages: Sequence[ModelMessage],
        max_tokens: int,
        about: CallAbout = BY_ITSELF,
    ) -> str:
        """Return one short text without tools (the flash model). Raises ModelError."""


class ModelClient(Protocol):
    """A provider of models, bare: nothing is counted, stored or limited (core.llm)."""

    @property
    def name(self) -> str:
        """Name of the strong model."""

    @property
    def flash_name(self) -> str:
        """Name of the small model."""

    def stream(
        self, messages: Sequence[ModelMessage], tools: Sequence[ToolSpec]
    ) -> AsyncIterator[TextPart | ReplyEnd]:
        """Stream one reply of the strong model; the last item is a ReplyEnd. Raises ModelError."""

    async def completion(self, messages: Sequence[ModelMessage]) -> Completion:
        """Return one text of the small model, without tools. Raises ModelError."""
