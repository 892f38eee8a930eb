"""The chat-completions wire: messages out, streamed chunks in.

Wire facts (chunk shape, tool-call deltas) are those of openai 3.52's own types, and what servers
that call themselves compatible do otherwise: no index, no id, no count of tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import ModelError, ModelFault
from core.ports.model import ModelMessage, ReplyEnd, ToolCall, ToolSpec

TOOL_CALLS_MAX = 16
ANSWER_CHARACTERS_MAX = 40_000
_FINISHED = frozenset({"stop", "tool_calls"})


@dataclass(slots=True)
class _CallInPieces:
    call_id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class ReplyInPieces:
    """Puts the chunks of one streamed reply together and refuses what is not a whole reply."""

    def __init__(self) -> None:
        """Nothing has arrived yet."""
        self.calls: dict[int, _CallInPieces] = {}
        self.characters = 0
        self.finish: str | None = None
        self.usage = (0, 0)

    def add(self, chunk: Any) -> str:
        """Take one chunk, as JSON has it, and return its text.

        Raises ModelError when the reply grows too long, and whatever reading raises when the chunk
        is no chunk.
        """
        if (usage := chunk.get("usage")) is not None:
            self.usage = counted(usage.get("prompt_tokens"), usage.get("completion_tokens"))
        choices = chunk.get("choices")
        if not choices:
            return ""
        choice = choices[0]
        self.finish = choice.get("finish_reason") or self.finish
        delta = choice.get("delta")
        if delta is None:
            return ""
        if refusal := delta.get("refusal"):
            raise ModelError(f"the model refused: {refusal[:200]}", ModelFault.REFUSED)
        for piece in delta.get("tool_calls") or ():
            self._add_call(piece)
        text = _text(delta.get("content"))
        self._grow(len(text))
        return text

    def _grow(self, characters: int) -> None:
        self.characters += characters
        if self.characters > ANSWER_CHARACTERS_MAX:
            raise ModelError("the answer is longer than allowed", ModelFault.REPLY_TOO_LONG)

    def _add_call(self, piece: Any) -> None:
        call = self._call_of(piece.get("index"), _text(piece.get("id")))
        if (function := piece.get("function")) is not None:
            call.name = call.name or _text(function.get("name"))
            arguments = _text(function.get("arguments"))
            call.arguments.append(arguments)
            self._grow(len(arguments))

    def _call_of(self, index: int | None, call_id: str) -> _CallInPieces:
        """Return the call that a piece belongs to: by index, or without one by its id."""
        if index is None:
            last = max(self.calls, default=-1)
            begins = last < 0 or (call_id and call_id != self.calls[last].call_id)
            index = last + 1 if begins else last
        call: _CallInPieces = self.calls.setdefault(index, _CallInPieces())
        if len(self.calls) > TOOL_CALLS_MAX:
            raise ModelError("the reply asks for more tool calls than allowed")
        call.call_id = call.call_id or call_id
        return call

    def end(self) -> ReplyEnd:
        """Return the end of the reply. Raises ModelError unless the provider said it is whole."""
        if self.finish is None:
            text = "the stream ended before the reply was complete"
            raise ModelError(text, ModelFault.CUT_OFF)
        if self.finish == "content_filter":
            raise ModelError(
                "the provider filtered the reply (content_filter)", ModelFault.FILTERED
            )
        if self.finish == "length":
            raise ModelError("the reply was cut off (length)", ModelFault.REPLY_TOO_LONG)
        if self.finish not in _FINISHED:
            raise ModelError(f"the reply was cut off ({self.finish})", ModelFault.CUT_OFF)
        calls = [self.calls[index] for index in sorted(self.calls)]
        if any(not call.name for call in calls):
            raise ModelError("a tool call came without a name")
        return ReplyEnd(
            tool_calls=tuple(
                ToolCall(
                    call_id=call.call_id or f"call_{number}",
                    name=call.name,
                    arguments="".join(call.arguments),
                )
                for number, call in enumerate(calls, start=1)
            ),
            prompt_tokens=self.usage[0],
            completion_tokens=self.usage[1],
        )


def counted(prompt: int | None, completion: int | None) -> tuple[int, int]:
    """Return the tokens read and written, 0 where the provider did not count."""
    return max(prompt or 0, 0), max(completion or 0, 0)


def _text(value: Any) -> str:
    """Return a field that is a text or nothing. Raises TypeError for anything else."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"a text was to be here, not {type(value).__name__}")
    return value


def wire_tool(tool: ToolSpec, *, strict: bool) -> dict[str, Any]:
    """Return one tool as the wire has it."""
    function: dict[str, Any] = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }
    if strict:
        function["strict"] = True
    return {"type": "function", "function": function}


def wire_messages(messages: Sequence[ModelMessage]) -> Any:
    """Return the messages as the wire has them."""
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
