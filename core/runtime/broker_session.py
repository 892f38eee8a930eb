"""A broker without tokens: the adapter's calls, paced, with the token put in, reads retried.

Reads go out as `core.runtime.reads` says. Orders and cancels: exactly one call, in a task of their
own, so that a caller that goes away never cuts a POST in half.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar, runtime_checkable

import structlog

from core.domain.account import AccountSnapshot, BuyingPower
from core.domain.instrument import Symbol
from core.domain.market import BarSeries, Quote
from core.domain.money import Won
from core.domain.orders import (
    DEPARTS_WITHIN,
    BrokerOrderRef,
    NotSent,
    OrderHistory,
    OrderRequest,
    OrderType,
    Rejected,
    SubmitOutcome,
    Unresolved,
)
from core.domain.unsent import Unsent
from core.errors import (
    BrokerError,
    RateLimited,
    TokenRejected,
)
from core.ports.broker import AccessToken, BrokerAdapter, BrokerIdentity
from core.ports.clock import Clock, Identifiers
from core.ports.meters import BrokerMeter, Unmeasured
from core.ports.tasks import Supervisor
from core.runtime.call_record import CallRecord
from core.runtime.rate_limiter import Lane, RateLimiter, Slot
from core.runtime.reads import Reads
from core.runtime.token_cache import TokenCache

_LOG = structlog.get_logger(__name__)
_Other = TypeVar("_Other")

# An order that waits longer was decided on a quote that is no longer fresh.
ORDER_WAIT_SECONDS_MAX = 10.0


@runtime_checkable
class NamesFaults(Protocol):
    """An adapter that says which fault stands behind the code of a `Rejected`."""

    def fault_of(self, code: str) -> type[BrokerError] | None:
        """Return TokenRejected or a kind of RateLimited when `code` means that, else None."""


@dataclass(slots=True)
class _Post:
    """How far one order or cancel has come."""

    departed: bool = False
    outcome: SubmitOutcome | None = None

    def settled(self) -> SubmitOutcome:
        if self.outcome is not None:
            return self.outcome
        if self.departed:
            return Unresolved(reason="the post was cut short")
        return NotSent(reason="stopped before the post", cause=Unsent.STOPPING)


class BrokerSession:
    """Implements `core.ports.broker.Broker` over one adapter."""

    def __init__(
        self,
        adapter: BrokerAdapter,
        tokens: TokenCache,
        limiter: RateLimiter,
        clock: Clock,
        identifiers: Identifiers,
        tasks: Supervisor,
        *,
        meter: BrokerMeter | None = None,
    ) -> None:
        """Join the parts; nothing is called yet. `meter` counts faults and sees the account."""
        self._adapter = adapter
        self._tokens = tokens
        self._limiter = limiter
        self._clock = clock
        self._tasks = tasks
        self._meter = meter or Unmeasured()
        self.calls = CallRecord(meter=self._meter)
        self._reads = Reads(adapter, tokens, limiter, clock, identifiers, self.calls)

    @property
    def identity(self) -> BrokerIdentity:
        """Say which account on which host this is."""
        return self._adapter.identity

    @property
    def tokens(self) -> TokenCache:
        """Return the tokens of this account's calls, for a stream that logs in with one."""
        return self._tokens

    @property
    def limiter(self) -> RateLimiter:
        """Return what paces the calls."""
        return self._limiter

    def beside(self, adapter: _Other) -> Reads[_Other]:
        """Return the reads of another adapter of this account, at this session's pace."""
        return self._reads.beside(adapter)

    async def place_order(self, request: OrderRequest) -> SubmitOutcome:
        """Send exactly one POST; never retried, never cut by a caller that goes away."""
        return await self._post(
            "order",
            Lane.ORDER,
            lambda adapter, token: adapter.place_order(token, request),
        )

    async def cancel_order(self, ref: BrokerOrderRef) -> SubmitOutcome:
        """Ask once to cancel all that remains."""
        return await self._post(
            "cancel",
            Lane.CANCEL,
            lambda adapter, token: adapter.cancel_order(token, ref),
        )

    async def order_history(self, day: date) -> OrderHistory:
        """Read every order of `day`, all pages."""
        return await self._reads.read(
            Lane.RESOLVE, lambda adapter, token: adapter.order_history(token, day), ledger=True
        )

    async def account(self) -> AccountSnapshot:
        """Read cash and holdings."""
        found = await self._reads.read(
            Lane.QUOTE, lambda adapter, token: adapter.account(token), ledger=True
        )
        self._meter.saw_account(found)
        return found

    async def buying_power(
        self, symbol: Symbol, price_won: Won, order_type: OrderType
    ) -> BuyingPower:
        """Read what may be bought without credit."""
        return await self._reads.read(
            Lane.QUOTE,
            lambda adapter, token: adapter.buying_power(token, symbol, price_won, order_type),
            ledger=True,
        )

    async def sellable(self, symbol: Symbol) -> int:
        """Read how many shares may be sold now."""
        return await self._reads.read(
            Lane.QUOTE, lambda adapter, token: adapter.sellable(token, symbol), ledger=True
        )

    async def quote(self, symbol: Symbol) -> Quote:
        """Read the newest price."""
        return await self._reads.read(
            Lane.QUOTE, lambda adapter, token: adapter.quote(token, symbol)
        )

    async def quote_in_background(self, symbol: Symbol) -> Quote:
        """Read the newest price once nobody else waits: for who asks all day long."""
        return await self._reads.read(
            Lane.CHART, lambda adapter, token: adapter.quote(token, symbol)
        )

    async def daily_bars(
        self, symbol: Symbol, start: date, end: date, *, adjusted: bool
    ) -> BarSeries:
        """Read daily bars, oldest first."""
        return await self._reads.read(
            Lane.CHART,
            lambda adapter, token: adapter.daily_bars(token, symbol, start, end, adjusted=adjusted),
        )

    async def is_open_day(self, day: date) -> bool:
        """Ask whether the exchange opens on `day`."""
        return await self._reads.read(
            Lane.CHART, lambda adapter, token: adapter.is_open_day(token, day), ledger=True
        )

    async def _post(
        self,
        name: str,
        lane: Lane,
        call: Callable[[BrokerAdapter, AccessToken], Awaitable[SubmitOutcome]],
    ) -> SubmitOutcome:
        post = _Post()
        settled: asyncio.Future[SubmitOutcome] = asyncio.get_running_loop().create_future()
        task = self._tasks.start(f"broker {name}", self._post_once(lane, call, post))
        # Also runs when the task is cancelled before its first step, or fails by a defect.
        task.add_done_callback(lambda _task: settled.set_result(post.settled()))
        try:
            return await asyncio.shield(settled)
        except asyncio.CancelledError:
            _LOG.warning("caller went away during a post; it goes on alone", call=name)
            raise

    async def _post_once(
        self,
        lane: Lane,
        call: Callable[[BrokerAdapter, AccessToken], Awaitable[SubmitOutcome]],
        post: _Post,
    ) -> None:
        asked_at = self._clock.now()
        try:
            token = await self._tokens.get(wait_seconds_max=ORDER_WAIT_SECONDS_MAX)
        except BrokerError as error:
            post.outcome = NotSent(reason=f"no access token: {error}", cause=Unsent.NO_TOKEN)
            return
        try:
            async with self._limiter.slot(
                lane, ledger=True, wait_seconds_max=ORDER_WAIT_SECONDS_MAX, name=lane.name
            ) as slot:
                if self._clock.now() - asked_at > DEPARTS_WITHIN:
                    slot.not_sent()
                    post.outcome = NotSent(
                        reason="the machine stood still before the post", cause=Unsent.STOOD_STILL
                    )
                    return
                adapter = self._reads.paced(slot)
                post.departed = True
                slot.no_answer()  # until the outcome proves one
                outcome = await call(adapter, token)
                post.outcome = outcome
                self._learn(outcome, token, slot)
        except RateLimited as error:
            if not post.departed:
                post.outcome = NotSent(reason=str(error), cause=Unsent.PACE)
        finally:
            if post.departed:
                self._count(post.settled())
        _LOG.info("broker post ended", lane=lane.name, outcome=repr(post.settled()))

    def _count(self, outcome: SubmitOutcome) -> None:
        if isinstance(outcome, NotSent | Unresolved):
            self.calls.failed(type(outcome).__name__)
        else:
            self.calls.answered(outcome.code if isinstance(outcome, Rejected) else "")

    def _learn(self, outcome: SubmitOutcome, token: AccessToken, slot: Slot) -> None:
        """Draw from the outcome of a post what pacing and tokens must know."""
        if isinstance(outcome, NotSent):
            slot.not_sent()
        elif not isinstance(outcome, Unresolved):
            slot.answered()
        if not isinstance(outcome, Rejected) or not isinstance(self._adapter, NamesFaults):
            return
        fault = self._adapter.fault_of(outcome.code)
        if fault is TokenRejected:
            self._tokens.invalidate(token)
        elif fault is not None and issubclass(fault, RateLimited):
            slot.too_fast(fault)
