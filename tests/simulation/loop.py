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
from collections.abc import Coroutine
from contextvars import ContextVar
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

    number: int

    def __hash__(self) -> int:
        return self.number


class SimFuture(_Numbered, asyncio.Future[Any]):
    """A future with a number."""

    def __new__(cls, *args: Any, loop: VirtualLoop, **kwargs: Any) -> Self:
        self = super().__new__(cls)
        self.number = next(loop.numbers)
        return self

    __hash__ = _Numbered.__hash__


class SimTask(_Numbered, asyncio.Task[Any]):
    """A task with a number."""

    def __new__(cls, *args: Any, loop: VirtualLoop, **kwargs: Any) -> Self:
        self = super().__new__(cls)
        # Before __init__, which puts the task into a set.
        self.number = next(loop.numbers)
        loop.tasks.append(self)
        return self

    __hash__ = _Numbered.__hash__


def _make_task(
    loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, Any], **kwargs: Any
) -> SimTask:
    assert isinstance(loop, VirtualLoop)
    return SimTask(coro, loop=loop, **kwargs)


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
        self.set_task_factory(_make_task)  # type: ignore[arg-type]
        self.set_exception_handler(lambda _loop, problem: self.problems.append(problem))

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._virtual

    def create_future(self) -> SimFuture:
        return SimFuture(loop=self)

    def call_soon_threadsafe(self, callback, *args, context=None):  # type: ignore[override]
        """There is one thread."""
        return self.call_soon(callback, *args, context=context)

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
        # A cancelled timer at the head would otherwise be waited for.
        while scheduled and scheduled[0]._cancelled:
            heapq.heappop(scheduled)._scheduled = False
        if not ready and not self._stopping:
            if not scheduled:
                raise Stuck("nothing is left to happen")
            self._virtual = max(self._virtual, scheduled[0]._when)
        while scheduled and scheduled[0]._when <= self._virtual:
            handle = heapq.heappop(scheduled)
            handle._scheduled = False
            ready.append(handle)
        batch = list(ready)
        ready.clear()
        if len(batch) > 1:
            self._dice.shuffle(batch)
        for handle in batch:
            self._run_handle(handle)

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
