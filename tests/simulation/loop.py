"""An event loop whose time jumps to the next timer, and whose ready callbacks run in seeded order.

Nothing here waits: when nobody is ready, time is set to the earliest timer. Tasks and futures are
hashed by sequence number, so that a set of them is walked in the same order in every process.

Callbacks belong to the life (`LIFE`) in whose context they were scheduled. When a life has ended,
its callbacks are dropped unrun: a crashed process never goes on.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from typing import Any, Self


class Life:
    """One process of the application, as long as it lives."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_over = False
        self.is_paused = False
        self.held: list[Any] = []


LIFE: ContextVar[Life | None] = ContextVar("life", default=None)


class Stuck(RuntimeError):
    """Nothing is ready and nothing is scheduled, and yet somebody waits."""


class _Numbered:
    """Hashed and compared by the order of birth; set by the loop that makes it."""

    __slots__ = ()
    number: int

    def __hash__(self) -> int:
        return self.number


class SimFuture(_Numbered, asyncio.Future[Any]):
    """A future with a number."""

    __slots__ = ("number",)
    __hash__ = _Numbered.__hash__


class SimTask(_Numbered, asyncio.Task[Any]):
    """A task with a number."""

    __slots__ = ("number",)

    def __new__(cls, *args: Any, loop: VirtualLoop, **kwargs: Any) -> Self:
        self = super().__new__(cls)
        # Before __init__, which puts the task into a set.
        self.number = next(loop.numbers)
        loop.tasks.append(self)
        return self

    __hash__ = _Numbered.__hash__


class _Soon(asyncio.Handle):
    """A handle that never asks whether its loop debugs."""

    __slots__ = ()

    def __init__(  # deliberately not the inherited one
        self,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: asyncio.AbstractEventLoop,
        context: Context | None,
    ) -> None:
        self._context = copy_context() if context is None else context
        self._loop = loop
        self._callback = callback
        self._args = args
        self._cancelled = False
        self._repr = None
        self._source_traceback = None

    def cancel(self) -> None:
        self._cancelled = True
        self._callback = self._args = None  # type: ignore[assignment]


class _Timer(float):
    """A timer handle that is the moment it is due at, so that a heap compares two of them in C."""

    __slots__ = ("handle",)
    handle: _Soon

    def cancel(self) -> None:
        self.handle.cancel()

    def cancelled(self) -> bool:
        return self.handle._cancelled

    def when(self) -> float:
        return float(self)


class VirtualLoop(asyncio.BaseEventLoop):
    """See the module. `dice` decides in which order ready callbacks run."""

    # What asyncio keeps for itself.
    _scheduled: list[Any]
    _ready: deque[Any]
    _stopping: bool

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self._dice = dice
        self._virtual = 0.0
        self._clock_resolution = 1e-9
        self.numbers = itertools.count(1)
        self.steps = 0
        self.tasks: list[SimTask] = []
        self.graveyard: list[asyncio.Handle] = []
        self.problems: list[dict[str, Any]] = []
        self.set_exception_handler(lambda _loop, problem: self.problems.append(problem))

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._virtual

    def create_future(self) -> SimFuture:
        future = SimFuture(loop=self)
        future.number = next(self.numbers)
        return future

    def create_task(self, coro, *, name=None, context=None):
        return SimTask(coro, loop=self, name=name, context=context)

    # As in the base class, less what only a debugging loop and other threads need.

    def call_soon(self, callback, *args, context=None):  # type: ignore[override]
        handle = _Soon(callback, args, self, context)
        self._ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]

    def call_at(self, when, callback, *args, context=None):  # type: ignore[override]
        timer = _Timer(when)
        timer.handle = _Soon(callback, args, self, context)
        heapq.heappush(self._scheduled, timer)
        return timer

    def call_later(self, delay, callback, *args, context=None):  # type: ignore[override]
        return self.call_at(self._virtual + delay, callback, *args, context=context)

    def wake(self, life: Life) -> None:
        """Let a paused life go on: everything that would have happened meanwhile happens now."""
        life.is_paused = False
        self._ready.extend(life.held)
        life.held.clear()

    def forget(self) -> None:
        """Drop everything that would still happen."""
        self.graveyard.clear()
        self.tasks.clear()
        self._ready.clear()
        self._scheduled.clear()

    def _run_once(self) -> None:
        scheduled, ready = self._scheduled, self._ready
        pop, run = heapq.heappop, self._run_handle
        while True:
            # A cancelled timer at the head would otherwise be waited for.
            while scheduled and scheduled[0].handle._cancelled:
                pop(scheduled)
            if not ready and not self._stopping:
                if not scheduled:
                    raise Stuck("nothing is left to happen")
                if scheduled[0] > self._virtual:
                    self._virtual = float(scheduled[0])
            while scheduled and scheduled[0] <= self._virtual:
                ready.append(pop(scheduled).handle)
            batch = list(ready)
            ready.clear()
            if len(batch) > 1:
                self._shuffle(batch)
            for handle in batch:
                run(handle)
            if self._stopping:
                return

    def _shuffle(self, batch: list[Any]) -> None:
        """Do what `random.shuffle` does, without three calls for each of two or three handles."""
        bits = self._dice.getrandbits
        for last in range(len(batch) - 1, 0, -1):
            size = (last + 1).bit_length()
            drawn = bits(size)
            while drawn > last:
                drawn = bits(size)
            batch[last], batch[drawn] = batch[drawn], batch[last]

    def _run_handle(self, handle: Any) -> None:
        if handle._cancelled:
            return
        life = handle._context.get(LIFE)
        if life is not None and life.is_over:
            self.graveyard.append(handle)
            return
        if life is not None and life.is_paused:
            life.held.append(handle)
            return
        self.steps += 1
        handle._run()

    def _process_events(self, event_list: object) -> None:
        """There is no selector."""

    def _write_to_self(self) -> None:
        """Nobody sleeps."""
