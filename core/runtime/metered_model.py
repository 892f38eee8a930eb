"""A model that is stored call by call, kept within a budget, and left alone after failures."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import cast

import structlog

from core.domain.krx import KST
from core.domain.model_calls import (
    CallAbout,
    CallState,
    ModelBudget,
    ModelCall,
    Purpose,
    TokenPrice,
    most_tokens,
)
from core.errors import ModelError, ModelFault, StorageError
from core.ports.clock import Clock, Identifiers
from core.ports.model import (
    BY_ITSELF,
    Completion,
    ModelClient,
    ModelMessage,
    ReplyEnd,
    TextPart,
    ToolCall,
    ToolSpec,
)
from core.ports.model_calls import ModelCallArchive
from core.runtime.recorded_calls import inputs_text, reply_text

_LOG = structlog.get_logger(__name__)
FAILURES_MAX = 3
REST_FIRST = timedelta(minutes=10)
REST_LONGEST = timedelta(minutes=60)
# Role, separators and ids of one message, in tokens: more than any provider adds.
MESSAGE_TOKENS = 16
# These say nothing about whether the provider works.
_HARMLESS = frozenset(
    {
        ModelFault.REFUSED,
        ModelFault.FILTERED,
        ModelFault.TOO_LONG,
        ModelFault.REPLY_TOO_LONG,
    }
)
# Answered with a refusal, or with nothing at all, before any token was made.
_NEVER_SERVED = frozenset(
    {
        ModelFault.UNREACHABLE,
        ModelFault.KEY,
        ModelFault.FORBIDDEN,
        ModelFault.NOT_FOUND,
        ModelFault.QUOTA,
        ModelFault.BUSY,
        ModelFault.BAD_REQUEST,
        ModelFault.TOO_LONG,
    }
)

ToldOfRest = Callable[[ModelFault, datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTerms:
    """What calls may cost. `reply_tokens` is the most that one reply can hold."""

    budget: ModelBudget
    price: TokenPrice
    flash_price: TokenPrice
    reply_tokens: int


class MeteredModel:
    """Implements core.ports.model.ChatModel on a bare client."""

    def __init__(
        self,
        client: ModelClient,
        archive: ModelCallArchive,
        clock: Clock,
        identifiers: Identifiers,
        terms: ModelTerms,
        told: ToldOfRest,
    ) -> None:
        """`told` hears when the model is left alone: the last fault, and until when."""
        self._client = client
        self._archive = archive
        self._clock = clock
        self._identifiers = identifiers
        self._terms = terms
        self._told = told
        self._failures = 0
        self._rests = 0
        self._rest_until: datetime | None = None

    @property
    def name(self) -> str:
        """Name of the model, for the record."""
        return self._client.name

    @property
    def resting_until(self) -> datetime | None:
        """Until when the model is not asked (safe mode), or None."""
        until = self._rest_until
        return until if until is not None and self._clock.now() < until else None

    async def stream(
        self,
        messages: Sequence[ModelMessage],
        tools: Sequence[ToolSpec],
        about: CallAbout = BY_ITSELF,
    ) -> AsyncIterator[TextPart | ReplyEnd]:
        """Stream one reply; the last item is a ReplyEnd that names the stored call.

        Raises ModelError, also before the provider is asked: over the budget, or in safe mode.
        """
        open_call = self._opened(self._client.name, messages, tools, about, self._terms.price)
        watch = await self._begun(open_call, self._terms.price)
        said: list[str] = []
        end: ReplyEnd | None = None
        stream = cast(
            "AsyncGenerator[TextPart | ReplyEnd, None]", self._client.stream(messages, tools)
        )
        try:
            async with aclosing(stream):
                async for part in stream:
                    if isinstance(part, ReplyEnd):
                        end = part
                    else:
                        said.append(part.text)
                        yield part
            whole = _whole(end)
        except ModelError as error:
            await watch.failed(error, "".join(said))
            raise
        finally:
            if end is None and not watch.is_over:
                await watch.cancelled("".join(said))
        await watch.done(
            "".join(said), whole.tool_calls, whole.prompt_tokens, whole.completion_tokens
        )
        yield replace(whole, call_id=open_call.call_id)

    async def complete(
        self,
        messages: Sequence[ModelMessage],
        max_tokens: int,
        about: CallAbout = BY_ITSELF,
    ) -> str:
        """Return one short text of the small model. Raises ModelError, as `stream` does.

        `max_tokens` is what the caller will keep; a model that thinks needs more than it says.
        """
        del max_tokens  # the bound of the client is what may be charged
        price = self._terms.flash_price
        open_call = self._opened(self._client.flash_name, messages, (), about, price)
        watch = await self._begun(open_call, price)
        found: Completion | None = None
        try:
            found = await self._client.completion(messages)
        except ModelError as error:
            await watch.failed(error, "")
            raise
        finally:
            if found is None and not watch.is_over:
                await watch.cancelled("")
        await watch.done(found.text, (), found.prompt_tokens, found.completion_tokens)
        return found.text

    def _opened(
        self,
        model: str,
        messages: Sequence[ModelMessage],
        tools: Sequence[ToolSpec],
        about: CallAbout,
        price: TokenPrice,
    ) -> ModelCall:
        inputs = inputs_text(messages, tools)
        now = self._clock.now()
        shapes = json.dumps([asdict(tool) for tool in tools], ensure_ascii=False)
        prompt = most_tokens(inputs) + most_tokens(shapes) + MESSAGE_TOKENS * len(messages)
        return ModelCall(
            call_id=f"M{self._identifiers.ticket_id()}",
            at=now,
            day=now.astimezone(KST).date(),
            purpose=about.purpose,
            model=model,
            prompt_version=about.prompt_version or _version_of(messages),
            user_id=about.user_id,
            thread_id=about.thread_id,
            inputs=inputs,
            prompt_tokens=prompt,
            completion_tokens=self._terms.reply_tokens,
            cost_milliwon=price.milliwon(prompt, self._terms.reply_tokens),
        )

    async def _begun(self, call: ModelCall, price: TokenPrice) -> _CallWatch:
        """Store the call before it is made. Raises ModelError when it must not be made."""
        until = self.resting_until
        if until is not None and call.purpose is not Purpose.REPLAY:
            raise ModelError(f"the model is left alone until {until}", ModelFault.RESTING)
        try:
            refused = await self._archive.begin(call, self._terms.budget)
        except StorageError as error:
            # What cannot be counted is not spent.
            raise ModelError(f"the call could not be stored: {error}") from error
        if refused is not None:
            raise ModelError(f"over the budget: {refused.value}", refused)
        return _CallWatch(self, call, price, asyncio.get_running_loop().time())

    async def ended(self, call: ModelCall, fault: ModelFault | None) -> None:
        """Store how a call ended, and count failures in a row. Never raises."""
        try:
            await self._archive.finish(call)
        except StorageError as error:
            # The open row stays, with the most the call may have cost.
            _LOG.warning("a model call stays open", call=call.call_id, error=repr(error))
        if call.state is CallState.DONE:
            self._failures, self._rests, self._rest_until = 0, 0, None
        elif fault is not None and fault not in _HARMLESS:
            await self._count_failure(fault)

    async def _count_failure(self, fault: ModelFault) -> None:
        self._failures += 1
        if self._failures < FAILURES_MAX or self.resting_until is not None:
            return
        until = self._clock.now() + min(REST_FIRST * 2**self._rests, REST_LONGEST)
        # One more failure after the rest is enough for the next one.
        self._failures = FAILURES_MAX - 1
        self._rests = min(self._rests + 1, 10)
        self._rest_until = until
        _LOG.warning("the model is left alone", fault=fault.value, until=until.isoformat())
        await self._told(fault, until)


class _CallWatch:
    """One open call on its way to its end."""

    def __init__(
        self, owner: MeteredModel, call: ModelCall, price: TokenPrice, begun: float
    ) -> None:
        self._owner = owner
        self._call = call
        self._price = price
        self._begun = begun
        self.is_over = False

    async def done(
        self, text: str, calls: Sequence[ToolCall], prompt_tokens: int, completion_tokens: int
    ) -> None:
        """The reply is whole; without the provider's count the bounds stay."""
        reply = reply_text(text, calls)
        prompt = prompt_tokens or self._call.prompt_tokens
        completion = completion_tokens or most_tokens(reply)
        await self._end(
            replace(
                self._call,
                state=CallState.DONE,
                reply=reply,
                prompt_tokens=prompt,
                completion_tokens=completion,
                is_bound=not (prompt_tokens and completion_tokens),
                cost_milliwon=self._price.milliwon(prompt, completion),
            )
        )

    async def failed(self, error: ModelError, text: str) -> None:
        """The reply is not whole. What was never served was never charged."""
        fault = error.fault
        free = not text and fault in _NEVER_SERVED
        call = replace(
            self._call,
            state=CallState.FAILED,
            reply=reply_text(text, ()),
            error=f"{fault.value}: {error}"[:500],
        )
        if free:
            call = replace(call, prompt_tokens=0, completion_tokens=0, cost_milliwon=0)
        await self._end(call, fault)

    async def cancelled(self, text: str) -> None:
        """Nobody waits any more; what the provider charges is not told."""
        call = replace(self._call, state=CallState.CANCELLED, reply=reply_text(text, ()))
        await self._end(call)

    async def _end(self, call: ModelCall, fault: ModelFault | None = None) -> None:
        self.is_over = True
        elapsed = asyncio.get_running_loop().time() - self._begun
        await self._owner.ended(replace(call, elapsed_ms=round(elapsed * 1000)), fault)


def _whole(end: ReplyEnd | None) -> ReplyEnd:
    if end is None:
        raise ModelError("the reply has no end", ModelFault.CUT_OFF)
    return end


def _version_of(messages: Sequence[ModelMessage]) -> str:
    text = messages[0].text if messages else ""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
