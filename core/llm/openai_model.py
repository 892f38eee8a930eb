"""The language model behind an OpenAI-compatible endpoint.

The vendor's library is imported on first use, so that a bot that nobody talks to stays small.
Wire facts (chunk shape, tool-call deltas, exception tree) are those of openai 3.52's own types.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from core.errors import ModelError
from core.ports.model import ModelMessage, ReplyEnd, TextPart, ToolCall, ToolSpec

if TYPE_CHECKING:
    from openai import AsyncOpenAI

TOOL_CALLS_MAX = 16
ANSWER_CHARACTERS_MAX = 40_000
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_FINISHED = frozenset({"stop", "tool_calls"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAISettings:
    """Where the model is and how long it may take.

    `total_seconds` bounds one whole reply, streaming included; `connect_seconds` the connection.
    Retries are safe: a chat completion changes nothing, and no tool runs before a reply is whole.
    """

    api_key: str = field(repr=False)
    model: str
    flash_model: str
    base_url: str | None = None
    total_seconds: float = 60.0
    connect_seconds: float = 5.0
    max_retries: int = 2


@dataclass(slots=True)
class _CallInPieces:
    call_id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class _ReplyInPieces:
    """Puts the chunks of one streamed reply together and refuses what is not a whole reply."""

    def __init__(self) -> None:
        self.calls: dict[int, _CallInPieces] = {}
        self.characters = 0
        self.finish: str | None = None
        self.usage = (0, 0)

    def add(self, chunk: Any) -> str:
        """Take one chunk and return its text. Raises ModelError when the reply grows too long."""
        if chunk.usage is not None:
            self.usage = (chunk.usage.prompt_tokens or 0, chunk.usage.completion_tokens or 0)
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        self.finish = choice.finish_reason or self.finish
        delta = choice.delta
        if delta is None:
            return ""
        if delta.refusal:
            raise ModelError(f"the model refused: {delta.refusal[:200]}")
        for piece in delta.tool_calls or ():
            self._add_call(piece)
        text: str = delta.content or ""
        self.characters += len(text)
        if self.characters > ANSWER_CHARACTERS_MAX:
            raise ModelError("the answer is longer than allowed")
        return text

    def _add_call(self, piece: Any) -> None:
        call = self.calls.setdefault(piece.index or 0, _CallInPieces())
        if len(self.calls) > TOOL_CALLS_MAX:
            raise ModelError("the reply asks for more tool calls than allowed")
        call.call_id = call.call_id or piece.id or ""
        if piece.function is not None:
            call.name = call.name or piece.function.name or ""
            arguments = piece.function.arguments or ""
            call.arguments.append(arguments)
            self.characters += len(arguments)

    def end(self) -> ReplyEnd:
        """Return the end of the reply. Raises ModelError unless the provider said it is whole."""
        if self.finish is None:
            raise ModelError("the stream ended before the reply was complete")
        if self.finish not in _FINISHED:
            raise ModelError(f"the reply was cut off ({self.finish})")
        calls = [self.calls[index] for index in sorted(self.calls)]
        if any(not call.name or not call.call_id for call in calls):
            raise ModelError("a tool call came without a name or an id")
        return ReplyEnd(
            tool_calls=tuple(
                ToolCall(call_id=call.call_id, name=call.name, arguments="".join(call.arguments))
                for call in calls
            ),
            prompt_tokens=self.usage[0],
            completion_tokens=self.usage[1],
        )


class OpenAIChatModel:
    """Implements core.ports.model.ChatModel with the openai client."""

    def __init__(self, settings: OpenAISettings) -> None:
        """Nothing is imported or connected before the first question."""
        self._settings = settings
        self._client: AsyncOpenAI | None = None

    @property
    def name(self) -> str:
        """Name of the model, for the record."""
        return self._settings.model

    async def stream(
        self, messages: Sequence[ModelMessage], tools: Sequence[ToolSpec]
    ) -> AsyncIterator[TextPart | ReplyEnd]:
        """Stream one reply; the last item is a ReplyEnd. Raises ModelError."""
        client = self._connect()
        deadline = asyncio.get_running_loop().time() + self._settings.total_seconds
        reply = _ReplyInPieces()
        # The deadline guards each wait on its own: a time-out around a `yield` would cancel
        # whoever consumes this generator.
        with _translated():
            async with asyncio.timeout_at(deadline):
                chunks = await client.chat.completions.create(**self._request(messages, tools))
        try:
            while True:
                with _translated():
                    async with asyncio.timeout_at(deadline):
                        chunk = await anext(chunks, None)
                    if chunk is None:
                        break
                    text = reply.add(chunk)
                if text:
                    yield TextPart(text=text)
        finally:
            await chunks.close()
        yield reply.end()

    async def complete(self, messages: Sequence[ModelMessage], max_tokens: int) -> str:
        """Return one short text without tools (the flash model). Raises ModelError."""
        client = self._connect()
        with _translated():
            async with asyncio.timeout(self._settings.total_seconds):
                reply = await client.chat.completions.create(
                    model=self._settings.flash_model,
                    messages=_wire_messages(messages),
                    max_completion_tokens=max_tokens,
                )
            if not reply.choices:
                raise ModelError("the reply holds no choice")
            text = reply.choices[0].message.content
        if not text or not text.strip():
            raise ModelError("the reply is empty")
        return text.strip()

    async def close(self) -> None:
        """Close connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def _connect(self) -> AsyncOpenAI:
        if self._client is None:
            from openai import AsyncOpenAI, DefaultAsyncHttpx2Client, Timeout

            settings = self._settings
            timeout = Timeout(settings.total_seconds, connect=settings.connect_seconds)
            host = urlsplit(settings.base_url or "").hostname or ""
            self._client = AsyncOpenAI(
                api_key=settings.api_key,
                base_url=settings.base_url,
                timeout=timeout,
                max_retries=settings.max_retries,
                # A proxy of the environment serves the internet, never our own machine.
                http_client=DefaultAsyncHttpx2Client(
                    timeout=timeout, trust_env=host not in _LOOPBACK
                ),
            )
        return self._client

    def _request(
        self, messages: Sequence[ModelMessage], tools: Sequence[ToolSpec]
    ) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self._settings.model,
            "messages": _wire_messages(messages),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if tools:
            request["tools"] = [_wire_tool(tool) for tool in tools]
            request["parallel_tool_calls"] = False
        return request


def _wire_tool(tool: ToolSpec) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": dict(tool.parameters),
            "strict": True,
        },
    }


def _wire_messages(messages: Sequence[ModelMessage]) -> Any:
    return [_wire_message(message) for message in messages]


def _wire_message(message: ModelMessage) -> dict[str, Any]:
    wire: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.role == "tool":
        wire["tool_call_id"] = message.call_id
    if message.tool_calls:
        wire["content"] = message.text or None
        wire["tool_calls"] = [
            {
                "id": call.call_id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    return wire


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what the vendor's library raises into a ModelError that says what happened."""
    import openai

    try:
        yield
    except (TimeoutError, openai.APITimeoutError) as error:
        raise ModelError("the model did not answer in time") from error
    except openai.APIConnectionError as error:
        raise ModelError("the model cannot be reached") from error
    except openai.APIStatusError as error:
        raise ModelError(_status_reason(error.status_code)) from error
    except openai.OpenAIError as error:
        raise ModelError(f"the model reported an error: {str(error)[:200]}") from error
    except (ValueError, AttributeError, TypeError) as error:
        # Loosely typed by the library: broken JSON and missing fields arrive as these.
        raise ModelError("the model's answer cannot be read") from error


def _status_reason(status: int) -> str:
    reasons = {
        401: "the API key is not accepted (401)",
        403: "the API key may not use this model (403)",
        404: "the model or address does not exist (404)",
        429: "the model is overloaded or the quota is used up (429)",
    }
    return reasons.get(status, f"the model answered with HTTP {status}")
