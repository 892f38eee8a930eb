"""A question whose answer is exactly one call of one tool, with one repair at most."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from core.domain.model_calls import CallAbout
from core.errors import ModelError, ModelFault
from core.ports.model import ChatModel, ModelMessage, ReplyEnd, ToolCall, ToolSpec

_LOG = structlog.get_logger(__name__)
REPLY_SHOWN_BACK_MAX = 2_000
T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class ToolQuestion(Generic[T]):
    """One question. `call_id` names its last stored call, whatever became of it."""

    model: ChatModel
    spec: ToolSpec
    about: CallAbout
    read: Callable[[ToolCall], T]
    seconds: float
    call_id: str = ""

    async def answer(self, messages: Sequence[ModelMessage]) -> T:
        """Return what `read` makes of the reply. Raises ModelError, a time-out as its fault."""
        try:
            async with asyncio.timeout(self.seconds):
                return await self._repaired(messages)
        except TimeoutError as error:
            raise ModelError(f"no answer in {self.seconds:g} s", ModelFault.TIMEOUT) from error

    async def _repaired(self, messages: Sequence[ModelMessage]) -> T:
        text, end = await self._asked(messages)
        try:
            return self._read(end)
        except ModelError as error:
            _LOG.info("the model may repair its reply once", tool=self.spec.name, error=str(error))
            messages = [*messages, *_repair(text, end, str(error))]
        _text, end = await self._asked(messages)
        return self._read(end)

    async def _asked(self, messages: Sequence[ModelMessage]) -> tuple[str, ReplyEnd]:
        said: list[str] = []
        end: ReplyEnd | None = None
        async for part in self.model.stream(messages, (self.spec,), self.about):
            if isinstance(part, ReplyEnd):
                end = part
            else:
                said.append(part.text)
        if end is None:
            raise ModelError("the reply has no end", ModelFault.CUT_OFF)
        self.call_id = end.call_id
        return "".join(said), end

    def _read(self, end: ReplyEnd) -> T:
        """Return the one answer of a reply. Raises ModelError for none or several."""
        if len(end.tool_calls) != 1:
            raise ModelError(f"call {self.spec.name} exactly once, not {len(end.tool_calls)} times")
        return self.read(end.tool_calls[0])


def _repair(text: str, end: ReplyEnd, why: str) -> list[ModelMessage]:
    """Return the reply and what was wrong with it; each tool call must have its answer."""
    said = ModelMessage(
        role="assistant", text=text[:REPLY_SHOWN_BACK_MAX] or "-", tool_calls=end.tool_calls
    )
    wrong = [
        ModelMessage(role="tool", text=why, call_id=call.call_id) for call in end.tool_calls
    ] or [ModelMessage(role="user", text=why)]
    return [said, *wrong]
