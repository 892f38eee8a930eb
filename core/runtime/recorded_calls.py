"""Calls of a model as the JSON texts that are stored of them, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from core.errors import DataError
from core.ports.model import ModelMessage, ToolCall, ToolSpec


def inputs_text(messages: Sequence[ModelMessage], tools: Sequence[ToolSpec]) -> str:
    """Return what a call was given: the messages, and the names of the tools."""
    content = {
        "messages": [asdict(message) for message in messages],
        "tools": [tool.name for tool in tools],
    }
    return _storable(content)


def reply_text(text: str, calls: Sequence[ToolCall]) -> str:
    """Return what a call answered."""
    return _storable({"text": text, "tool_calls": [asdict(call) for call in calls]})


def messages_of(inputs: str) -> tuple[ModelMessage, ...]:
    """Return the messages that a call was given. Raises DataError when they cannot be read."""
    content = _content(inputs)
    try:
        return tuple(
            ModelMessage(
                role=row["role"],
                text=row["text"],
                tool_calls=tuple(ToolCall(**call) for call in row["tool_calls"]),
                call_id=row["call_id"],
            )
            for row in content["messages"]
        )
    except (KeyError, TypeError) as error:
        raise DataError(f"the stored messages cannot be read: {error}") from error


def had_tools(inputs: str) -> bool:
    """Whether a call was given tools: the strong model is, the small one is not. Raises DataError."""
    return bool(_content(inputs).get("tools"))


def reply_of(reply: str) -> tuple[str, tuple[ToolCall, ...]]:
    """Return text and tool calls of a reply; nothing for an empty one. Raises DataError."""
    if not reply:
        return "", ()
    content = _content(reply)
    try:
        return content["text"], tuple(ToolCall(**call) for call in content["tool_calls"])
    except (KeyError, TypeError) as error:
        raise DataError(f"the stored reply cannot be read: {error}") from error


def _storable(content: object) -> str:
    # A lone surrogate, which a model may escape into being, is no text that a database takes.
    text = json.dumps(content, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


def _content(text: str) -> Any:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise DataError(f"a stored call is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise DataError("a stored call is no JSON object")
    return content
