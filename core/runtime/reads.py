"""How a read goes out: paced, with the token put in, tried again where that may help.

Up to four tries, 1, 2 and 4 s apart with jitter, on faults that may pass; one new token when the
token is rejected. Everything that reads one account shares its tokens, its pace and its record.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, Self, TypeVar, runtime_checkable

import structlog

from core.errors import (
    BrokerError,
    BrokerProtocolError,
    BrokerRefused,
    BrokerUnavailable,
    NotOfferedHere,
    RateLimited,
    TokenRejected,
)
from core.ports.broker import AccessToken
from core.ports.clock import Clock, Identifiers
from core.runtime.call_record import CallRecord
from core.runtime.rate_limiter import Lane, RateLimiter, Slot
from core.runtime.token_cache import TokenCache

_LOG = structlog.get_logger(__name__)
_T = TypeVar("_T")
_Adapter = TypeVar("_Adapter")
_Other = TypeVar("_Other")

READ_PAUSES_SECONDS = (1.0, 2.0, 4.0)
JITTER_SHARE = 0.25


@runtime_checkable
class ManyRequests(Protocol):
    """An adapter whose calls may take several requests (pages), each of which is paced."""

    def paced(self, next_request: Callable[[], Awaitable[None]]) -> Self:
        """Return a copy that awaits `next_request` before every request of a call but the first."""


@runtime_checkable
class TakesTurns(Protocol):
    """An adapter whose broker counts each kind of request by itself."""

    def taking_turns(self, turn: Callable[[str], Awaitable[None]]) -> Self:
        """Return a copy that awaits `turn` with the request's name before every read request."""


class Reads(Generic[_Adapter]):
    """The reads of one adapter."""

    def __init__(
        self,
        adapter: _Adapter,
        tokens: TokenCache,
        limiter: RateLimiter,
        clock: Clock,
        identifiers: Identifiers,
        calls: CallRecord,
    ) -> None:
        """Join the parts; nothing is called yet."""
        self.adapter = adapter
        # Asked once: whether an object has a protocol's methods takes a tenth of a read to find out.
        self._taking_turns = adapter.taking_turns if isinstance(adapter, TakesTurns) else None
        self._paced = adapter.paced if isinstance(adapter, ManyRequests) else None
        self._tokens = tokens
        self._limiter = limiter
        self._clock = clock
        self._identifiers = identifiers
        self._calls = calls

    def beside(self, adapter: _Other) -> Reads[_Other]:
        """Return the reads of another adapter of the same account: one pace, one token."""
        return Reads(
            adapter, self._tokens, self._limiter, self._clock, self._identifiers, self._calls
        )

    async def read(
        self,
        lane: Lane,
        call: Callable[[_Adapter, AccessToken], Awaitable[_T]],
        *,
        ledger: bool = False,
    ) -> _T:
        """Read, and read again where that may help. Raises the last BrokerError."""
        for pause in READ_PAUSES_SECONDS:
            try:
                return await self._once(lane, call, ledger=ledger)
            except (BrokerUnavailable, RateLimited, BrokerProtocolError) as error:
                _LOG.warning("broker read failed, trying again", lane=lane.name, error=str(error))
                await self._clock.sleep(pause * (1 + JITTER_SHARE * self._identifiers.jitter()))
        return await self._once(lane, call, ledger=ledger)

    async def read_offered(
        self,
        refused: NotOfferedHere | None,
        lane: Lane,
        call: Callable[[_Adapter, AccessToken], Awaitable[_T]],
        *,
        ledger: bool = False,
    ) -> _T | NotOfferedHere:
        """Read what may not be offered: `refused` is known before and then nothing is called.

        A broker that only says so in its answer gives the same value.
        """
        if refused is not None:
            return refused
        try:
            return await self.read(lane, call, ledger=ledger)
        except NotOfferedHere as answer:
            return answer

    async def _once(
        self,
        lane: Lane,
        call: Callable[[_Adapter, AccessToken], Awaitable[_T]],
        *,
        ledger: bool,
    ) -> _T:
        try:
            return await self._call(lane, call, ledger=ledger)
        except TokenRejected:
            return await self._call(lane, call, ledger=ledger)

    async def _call(
        self,
        lane: Lane,
        call: Callable[[_Adapter, AccessToken], Awaitable[_T]],
        *,
        ledger: bool,
    ) -> _T:
        try:
            token = await self._tokens.get()
            try:
                result = await self._in_turn(lane, call, token, ledger=ledger)
            except TokenRejected:
                self._tokens.invalidate(token)
                raise
        except (BrokerUnavailable, BrokerProtocolError) as error:
            self._calls.failed(type(error).__name__)
            raise
        except BrokerError as error:
            # Refused, in words that the broker has for it.
            code = error.code if isinstance(error, BrokerRefused) else type(error).__name__
            self._calls.answered(code)
            raise
        self._calls.answered()
        return result

    async def _in_turn(
        self,
        lane: Lane,
        call: Callable[[_Adapter, AccessToken], Awaitable[_T]],
        token: AccessToken,
        *,
        ledger: bool,
    ) -> _T:
        if self._taking_turns is not None:
            with self._limiter.turns(lane, ledger=ledger) as slot:
                return await call(self._taking_turns(slot.next_request), token)
        async with self._limiter.slot(lane, ledger=ledger) as slot:
            return await call(self.paced(slot), token)

    def paced(self, slot: Slot) -> _Adapter:
        """Return the adapter that waits for its turn before each further request of a call."""
        return self.adapter if self._paced is None else self._paced(slot.next_request)
