"""The language models behind an OpenAI-compatible endpoint (core.ports.model.ModelClient)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from core.errors import ModelError, ModelFault
from core.llm.fair_turns import FairTurns
from core.llm.openai_client import OpenAIClient
from core.llm.openai_faults import translated
from core.llm.openai_wire import ReplyInPieces, counted, wire_messages, wire_tool
from core.ports.model import Completion, ModelMessage, ReplyEnd, TextPart, ToolSpec

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_LOG = structlog.get_logger(__name__)
# What a compatible server, or a newer model, may not know. A request that is refused for one of
# them is made again without it, once each; the answer is remembered for the model.
_OPTIONAL = (
    "max_completion_tokens",
    "parallel_tool_calls",
    "stream_options",
    "temperature",
    "strict",
)
_REFUSALS = frozenset({400, 422})


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAISettings:
    """Where the models are and how long they may take.

    `total_seconds` bounds one whole reply, streaming included; `connect_seconds` the connection.
    `reply_tokens` bounds what one reply may hold, thinking included. `temperature` None leaves the
    model's own. Retries are safe: a chat completion changes nothing, no tool runs before a reply is
    whole, and once the first piece has arrived nothing is asked again.
    """

    api_key: str = field(repr=False)
    model: str
    flash_model: str
    base_url: str | None = None
    temperature: float | None = None
    reply_tokens: int = 4_096
    total_seconds: float = 60.0
    connect_seconds: float = 5.0
    max_retries: int = 2


class OpenAIModels:
    """The strong and the small model of one provider."""

    def __init__(self, settings: OpenAISettings) -> None:
        """Nothing is imported or connected before the first question."""
        self._settings = settings
        self._client = OpenAIClient(
            api_key=settings.api_key,
            base_url=settings.base_url,
            total_seconds=settings.total_seconds,
            connect_seconds=settings.connect_seconds,
            retries=settings.max_retries,
        )
        self._refused: dict[str, set[str]] = {}
        self._turns = FairTurns()

    @property
    def name(self) -> str:
        """Name of the strong model."""
        return self._settings.model

    @property
    def flash_name(self) -> str:
        """Name of the small model."""
        return self._settings.flash_model

    async def stream(
        self, messages: Sequence[ModelMessage], tools: Sequence[ToolSpec]
    ) -> AsyncIterator[TextPart | ReplyEnd]:
        """Stream one reply of the strong model; the last item is a ReplyEnd. Raises ModelError."""
        client = await self._client.opened()
        deadline = asyncio.get_running_loop().time() + self._settings.total_seconds
        reply = ReplyInPieces()
        # The deadline guards each wait on its own: a time-out around a `yield` would cancel
        # whoever consumes this generator.
        chunks = await self._asked(client, self.name, messages, tools, deadline, streams=True)
        try:
            while True:
                with translated():
                    async with asyncio.timeout_at(deadline):
                        chunk = await anext(chunks, None)
                        await self._turns.mine()
                    if chunk is None:
                        break
                    text = reply.add(chunk)
                if text:
                    yield TextPart(text=text)
        finally:
            await chunks.close()
        yield reply.end()

    async def completion(self, messages: Sequence[ModelMessage]) -> Completion:
        """Return one text of the small model, without tools. Raises ModelError."""
        client = await self._client.opened()
        deadline = asyncio.get_running_loop().time() + self._settings.total_seconds
        reply = await self._asked(client, self.flash_name, messages, (), deadline, streams=False)
        with translated():
            if not reply.choices:
                raise ModelError("the reply holds no choice")
            text = reply.choices[0].message.content
            usage = reply.usage
            tokens = (0, 0)
            if usage is not None:
                tokens = counted(usage.prompt_tokens, usage.completion_tokens)
            if not text or not text.strip():
                raise ModelError("the reply is empty", ModelFault.REPLY_TOO_LONG)
        return Completion(text=text.strip(), prompt_tokens=tokens[0], completion_tokens=tokens[1])

    async def close(self) -> None:
        """Close connections."""
        await self._client.close()

    async def _asked(
        self,
        client: AsyncOpenAI,
        model: str,
        messages: Sequence[ModelMessage],
        tools: Sequence[ToolSpec],
        deadline: float,
        *,
        streams: bool,
    ) -> Any:
        """Make the request, again without what the server refuses to know. Raises ModelError."""
        import openai

        refused = self._refused.setdefault(model, set())
        while True:
            request = self._request(model, messages, tools, streams=streams)
            with translated():
                try:
                    async with asyncio.timeout_at(deadline):
                        return await _create(client, request)
                except openai.APIStatusError as error:
                    unknown = _unknown_to_server(error)
                    if unknown is None or unknown in refused:
                        raise
            _LOG.warning("the model does not take a parameter", model=model, parameter=unknown)
            refused.add(unknown)

    def _request(
        self,
        model: str,
        messages: Sequence[ModelMessage],
        tools: Sequence[ToolSpec],
        *,
        streams: bool,
    ) -> dict[str, Any]:
        settings, refused = self._settings, self._refused[model]
        request: dict[str, Any] = {"model": model, "messages": wire_messages(messages)}
        # The older name of the same bound.
        bound = "max_completion_tokens"
        request["max_tokens" if bound in refused else bound] = settings.reply_tokens
        if settings.temperature is not None and "temperature" not in refused:
            request["temperature"] = settings.temperature
        if streams:
            request["stream"] = True
            if "stream_options" not in refused:
                request["stream_options"] = {"include_usage": True}
        if tools:
            strict = "strict" not in refused
            request["tools"] = [wire_tool(tool, strict=strict) for tool in tools]
            if "parallel_tool_calls" not in refused:
                request["parallel_tool_calls"] = False
        return request


async def _create(client: AsyncOpenAI, request: dict[str, Any]) -> Any:
    """Send a request as it is.

    The client compares each message that it is *given* with the types of its own, at a third of a
    millisecond each, on the loop; a body of one's own it only passes on. So are the chunks of a
    stream left as JSON has them: an object of the client's for each costs more than all the rest.
    """
    if not request.get("stream"):
        return await client.chat.completions.create(
            model=request["model"], messages=(), extra_body=request
        )
    from openai import AsyncStream

    return await client.post(
        "/chat/completions",
        cast_to=object,
        body=request,
        stream=True,
        stream_cls=AsyncStream[object],
    )


def _unknown_to_server(error: Any) -> str | None:
    """Return which optional parameter a refusal is about, or None when it is about none."""
    if error.status_code not in _REFUSALS:
        return None
    # `param` where the server names it, else its sentence.
    named = f"{error.param or ''} {error.message}"
    return next((name for name in _OPTIONAL if name in named), None)
