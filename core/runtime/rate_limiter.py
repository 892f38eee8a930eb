"""How fast the broker is called.

A slot becomes free one second after the *answer* to its request arrived. Whatever the network
does, the broker then never counts more than `rate` requests in any one second: every limiter that
counts departures lets more through. A request without an answer may still arrive, so its slot
stays taken for the time-out plus one second.

Ledger calls (orders, balances, order lists) have a second limit of their own and need a slot in
both buckets. A broker that counts each kind of request by itself (Kiwoom, by api-id) gets a bucket
per name as well. Waiting calls are served by lane, and the queue has an end. All times are business
time: a directed day is paced by its own clock.
"""

from __future__ import annotations

import asyncio
import bisect
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum

import structlog

from core.domain.modes import Mode
from core.errors import BrokerUnavailable, BrokerUnreachable, LedgerLimited, RateLimited
from core.ports.clock import Clock
from core.runtime.bucket import Bucket, Waiter

_LOG = structlog.get_logger(__name__)

WINDOW = timedelta(seconds=1)


class Lane(IntEnum):
    """Who goes first when calls wait."""

    CANCEL = 0
    RESOLVE = 1
    ORDER = 2
    QUOTE = 3
    CHART = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast to start, how fast to become, and how long an unanswered request counts.

    `named` is how many requests of one name go out in a second; 0 where names are not counted.
    """

    start: int
    ceiling: int
    ledger_start: int
    ledger_ceiling: int
    timeout_seconds: float
    named: int = 0
    queue_max: int = 200

    def __post_init__(self) -> None:
        if not (1 <= self.start <= self.ceiling and 1 <= self.ledger_start <= self.ledger_ceiling):
            raise ValueError("a pace starts at 1 or more and not above its ceiling")


# Flow policy of 2026-04-20 (KIS): real 18/s, a new customer 3/s for three days; 모의투자 1/s.
_KIS_PACES = {
    Mode.REAL: Pace(start=3, ceiling=18, ledger_start=1, ledger_ceiling=4, timeout_seconds=10),
    Mode.VTS: Pace(start=1, ceiling=1, ledger_start=1, ledger_ceiling=1, timeout_seconds=20),
    Mode.SIM: Pace(start=50, ceiling=50, ledger_start=50, ledger_ceiling=50, timeout_seconds=10),
}
# Kiwoom: 5/s for queries and 5/s for orders by its policy; in practice 1/s of each api-id, and one
# api-id does not disturb another (measured by two users, real and 모의투자).
_KIWOOM_PACES = {
    Mode.REAL: Pace(
        start=3, ceiling=5, ledger_start=3, ledger_ceiling=5, timeout_seconds=10, named=1
    ),
    Mode.VTS: Pace(
        start=3, ceiling=3, ledger_start=3, ledger_ceiling=3, timeout_seconds=20, named=1
    ),
}


def pace_for(mode: Mode, broker: str = "kis") -> Pace:
    """Return the pace of a broker's mode. OBSERVE reads a real account."""
    paces = _KIWOOM_PACES if broker == "kiwoom" else _KIS_PACES
    return paces[Mode.REAL if mode is Mode.OBSERVE else mode]


class Slot:
    """The right to send one request now. `next_request` trades it for the right to one more."""

    def __init__(
        self, limiter: RateLimiter, lane: Lane, *, ledger: bool, waiter: Waiter | None = None
    ) -> None:
        """Made by `RateLimiter` only. Without a `waiter` nothing may be sent yet."""
        self._limiter = limiter
        self._lane = lane
        self._ledger = ledger
        self._waiter = waiter
        self._answered = True
        self._sent = waiter is not None

    async def next_request(self, name: str = "") -> None:
        """Say that the answer arrived, if there was one, and wait for the turn of one more request.

        `name` is what the broker counts it by.
        """
        if self._waiter is not None:
            self._limiter.give_back(self._waiter, answered=True)
        self._sent = False
        self._waiter = await self._limiter.take(self._lane, ledger=self._ledger, name=name)
        self._sent = True

    def no_answer(self) -> None:
        """Say that the request may still be under way: the slot stays taken for long."""
        self._answered = False

    def answered(self) -> None:
        """Say that the answer arrived (what is assumed unless said otherwise)."""
        self._answered = True

    def not_sent(self) -> None:
        """Say that nothing was sent: the slot is free at once."""
        self._sent = False

    def too_fast(self, fault: type[RateLimited] = RateLimited) -> None:
        """Say that calls came too fast for the broker, or (LedgerLimited) for its ledger alone."""
        if self._waiter is not None and self._sent:
            is_ledger = self._ledger and issubclass(fault, LedgerLimited)
            self._limiter.slow_down(self._waiter, ledger_only=is_ledger)

    def end(self) -> None:
        """Give the slot back. Called by `RateLimiter` only."""
        if self._waiter is None:
            return
        if self._sent:
            self._limiter.give_back(self._waiter, answered=self._answered)
        elif self._waiter.departed is not None:
            self._limiter.give_back(self._waiter, answered=None)


class RateLimiter:
    """Completion-based limiter with lanes. Its state: the buckets and the queue."""

    def __init__(self, clock: Clock, pace: Pace) -> None:
        """Count in the business time of `clock`, and wake waiters when it is moved."""
        self._clock = clock
        self._pace = pace
        self._all = Bucket(pace.start, pace.ceiling)
        self._ledger = Bucket(pace.ledger_start, pace.ledger_ceiling)
        self._named: dict[str, Bucket] = {}
        self._queue: list[Waiter] = []
        self._count = 0
        self._day: date | None = None
        clock.on_change(self._wake_first)

    @property
    def rate(self) -> int:
        """Requests a second at present."""
        return self._all.rate

    @property
    def ledger_rate(self) -> int:
        """Ledger requests a second at present."""
        return self._ledger.rate

    @property
    def waiting(self) -> int:
        """How many calls wait."""
        return len(self._queue)

    @asynccontextmanager
    async def slot(
        self, lane: Lane, *, ledger: bool, wait_seconds_max: float | None = None, name: str = ""
    ) -> AsyncIterator[Slot]:
        """Wait for the turn of one request and hold its slot until the block ends.

        A block ended by cancellation or BrokerUnavailable has no answer; RateLimited halves the
        rates, LedgerLimited the ledger's. Raises RateLimited: queue full, or the wait too long.
        """
        waiter = await self.take(lane, ledger=ledger, wait_seconds_max=wait_seconds_max, name=name)
        with self._held(Slot(self, lane, ledger=ledger, waiter=waiter)) as slot:
            yield slot

    @contextmanager
    def turns(self, lane: Lane, *, ledger: bool) -> Iterator[Slot]:
        """Give a slot that takes its turn by `next_request` before every request, by name."""
        with self._held(Slot(self, lane, ledger=ledger)) as slot:
            yield slot

    @staticmethod
    @contextmanager
    def _held(slot: Slot) -> Iterator[Slot]:
        try:
            yield slot
        except BrokerUnreachable:
            slot.not_sent()
            raise
        except (BrokerUnavailable, asyncio.CancelledError):
            slot.no_answer()
            raise
        except RateLimited as refused:
            slot.too_fast(type(refused))
            raise
        finally:
            slot.end()

    async def take(
        self, lane: Lane, *, ledger: bool, wait_seconds_max: float | None = None, name: str = ""
    ) -> Waiter:
        """Wait for a slot; `give_back` must follow. Use `slot` instead."""
        now = self._clock.now()
        self._notice_day(now.date())
        if len(self._queue) >= self._pace.queue_max:
            raise RateLimited("too many calls wait for the broker")
        until = None if wait_seconds_max is None else now + timedelta(seconds=wait_seconds_max)
        self._count += 1
        buckets = (self._all, *((self._ledger,) if ledger else ()), *self._bucket_of(name))
        waiter = Waiter(lane, self._count, buckets)
        if not self._queue and all(bucket.free(now) > 0 for bucket in buckets):
            self._let_go(waiter, now)  # nobody waits, so nobody is overtaken
            return waiter
        bisect.insort(self._queue, waiter, key=lambda item: item.order)
        try:
            await self._wait_turn(waiter, until)
        except BaseException:
            self._leave(waiter)
            raise
        return waiter

    def give_back(self, waiter: Waiter, *, answered: bool | None) -> None:
        """Return the slot: `answered` None means that nothing was sent."""
        now = self._clock.now()
        back: datetime | None = None
        if answered:
            back = now + WINDOW
        elif answered is False and waiter.departed is not None:
            latest = waiter.departed + timedelta(seconds=self._pace.timeout_seconds)
            back = max(latest, now) + WINDOW
        for bucket in waiter.buckets:
            bucket.come_back(back)
        waiter.departed = None
        self._wake_first()

    def slow_down(self, waiter: Waiter, *, ledger_only: bool = False) -> None:
        """Halve the rates that `waiter`'s request counted against, or the ledger's alone."""
        if waiter.departed is None:
            return
        for bucket in (self._ledger,) if ledger_only else waiter.buckets:
            bucket.halve(waiter.departed, self._clock.now())
        _LOG.warning("broker says too fast", rate=self.rate, ledger_rate=self.ledger_rate)

    async def _wait_turn(self, waiter: Waiter, until: datetime | None) -> None:
        self._serve()
        while waiter.departed is None:
            if until is not None and self._clock.now() >= until:
                raise RateLimited("the broker's rate limit leaves no room in time")
            waiter.wake.clear()
            try:
                async with asyncio.timeout(self._pause_seconds(waiter, until)):
                    await waiter.wake.wait()
            except TimeoutError:
                pass
            self._serve()

    def _bucket_of(self, name: str) -> tuple[Bucket, ...]:
        """Return the bucket of a name, none where names are not counted."""
        if not name or not self._pace.named:
            return ()
        if name not in self._named:
            self._named[name] = Bucket(self._pace.named, self._pace.named)
        return (self._named[name],)

    def _pause_seconds(self, waiter: Waiter, until: datetime | None) -> float | None:
        """Only the first waiter watches the clock; it serves the others when a slot comes back."""
        instants = [] if until is None else [until]
        if waiter is self._queue[0]:
            buckets = (self._all, self._ledger, *self._named.values())
            instants += [bucket.cooling[0] for bucket in buckets if bucket.cooling]
        if not instants:
            return None
        return self._clock.host_seconds_until(min(instants))

    def _serve(self) -> None:
        """Let go whoever may go now, in order; nobody takes the slot an earlier one waits for."""
        now = self._clock.now()
        own = (self._ledger, *self._named.values())
        room = {id(bucket): bucket.free(now) for bucket in own}
        free = self._all.free(now)
        # Calls that wait for a bucket of their own keep back no more slots in a second than it
        # grants; who waits for the common one alone keeps back all.
        kept_by: dict[int, int] = {}
        still_waiting: list[Waiter] = []
        for waiter in self._queue:
            needs = waiter.buckets[1:]
            if free > sum(kept_by.values()) and all(room[id(bucket)] > 0 for bucket in needs):
                free -= 1
                for bucket in needs:
                    room[id(bucket)] -= 1
                self._let_go(waiter, now)
                continue
            still_waiting.append(waiter)
            narrow = min(needs, key=lambda bucket: bucket.rate, default=self._all)
            if narrow is self._all:
                kept_by[id(narrow)] = self._all.rate
            else:
                kept_by[id(narrow)] = min(kept_by.get(id(narrow), 0) + 1, narrow.rate)
        if len(still_waiting) != len(self._queue):
            self._queue = still_waiting
            self._wake_first()

    @staticmethod
    def _let_go(waiter: Waiter, now: datetime) -> None:
        waiter.departed = now
        for bucket in waiter.buckets:
            bucket.out += 1
        waiter.wake.set()

    def _leave(self, waiter: Waiter) -> None:
        """Undo a wait that was cancelled or gave up, whether or not it had been served."""
        if waiter.departed is not None:
            self.give_back(waiter, answered=None)
            return
        self._queue = [item for item in self._queue if item is not waiter]
        self._wake_first()

    def _wake_first(self) -> None:
        if self._queue:
            self._queue[0].wake.set()

    def _notice_day(self, day: date) -> None:
        """Rise after a day without a refusal for speed."""
        if self._day is not None and day != self._day:
            self._all.day_over()
            self._ledger.day_over()
        self._day = day
