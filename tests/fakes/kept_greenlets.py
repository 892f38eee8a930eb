"""SQLAlchemy's bridge from asyncio to its synchronous core, made for drivers that rarely wait.

Two things cost more than the statements of an empty database do: a new greenlet for each call (with
a stack that the system gives and takes back), and a switch out of it and in again for each driver
call, even one that is done at once. Here greenlets are kept and used again, and a driver call runs
where it is asked for until it really waits. What is called, with what, in which order, and what
suspends whom is the same.
"""

from __future__ import annotations

import types
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import greenlet  # type: ignore[import-untyped]
import sqlalchemy.connectors.asyncio as connectors
import sqlalchemy.dialects.sqlite.aiosqlite as dialect
from sqlalchemy.ext.asyncio import engine
from sqlalchemy.util import concurrency

_KEPT_MAX = 16


class _Kept(greenlet.greenlet):  # type: ignore[misc]
    """A greenlet that does one job after another; SQLAlchemy knows it as one of its own."""

    __sqlalchemy_greenlet_provider__ = True

    def __init__(self) -> None:
        super().__init__(self._work)
        self.is_idle = False
        self.error: BaseException | None = None

    def _work(self, fn: Callable[..., Any], args: Any, kwargs: Any) -> None:
        while True:
            result = None
            try:
                result = fn(*args, **kwargs)
            except greenlet.GreenletExit:
                raise
            except BaseException as error:  # noqa: BLE001 - handed to whoever asked
                self.error = error
            self.is_idle = True
            # Nothing may live longer because its greenlet does.
            del fn, args, kwargs
            assert self.parent is not None
            fn, args, kwargs = self.parent.switch(result)


_idle: list[_Kept] = []


async def _spawn(
    fn: Callable[..., Any], *args: Any, _require_await: bool = False, **kwargs: Any
) -> Any:
    """Do what `greenlet_spawn` does, in a greenlet that is kept."""
    driver = greenlet.getcurrent()
    kept = _idle.pop() if _idle else _Kept()
    kept.parent = driver
    kept.gr_context = driver.gr_context
    kept.is_idle = False
    result = kept.switch(fn, args, kwargs)
    while not kept.is_idle:
        try:
            value = await result
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it
            result = kept.throw(type(error), error, error.__traceback__)
        else:
            result = kept.switch(value)
    failed, kept.error = kept.error, None
    if len(_idle) < _KEPT_MAX:
        _idle.append(kept)
    if failed is not None:
        raise failed
    return result


def _await(awaitable: Awaitable[Any]) -> Any:
    """Do what `await_` does, and leave the greenlet only where something really waits."""
    current = greenlet.getcurrent()
    if type(current) is not _Kept:
        return concurrency.await_(awaitable)
    waiting: Any = (
        awaitable if isinstance(awaitable, types.CoroutineType) else awaitable.__await__()
    )
    try:
        first = waiting.send(None)
    except StopIteration as done:
        return done.value
    assert current.parent is not None
    return current.parent.switch(_rest(waiting, first))


@types.coroutine
def _rest(waiting: Any, first: Any) -> Generator[Any, Any, Any]:
    """What is left of an awaitable that has yielded `first`."""
    while True:
        try:
            sent = yield first
        except GeneratorExit:
            waiting.close()
            raise
        except BaseException as error:  # noqa: BLE001 - it goes to whoever waits
            call, given = waiting.throw, error
        else:
            call, given = waiting.send, sent
        try:
            first = call(given)
        except StopIteration as done:
            return done.value


@contextmanager
def kept_greenlets() -> Iterator[None]:
    """Let SQLAlchemy's SQLite driver use the bridge of this module."""
    spawns: Any = engine
    waits: tuple[Any, ...] = (connectors, dialect)
    spawned, awaited = spawns.greenlet_spawn, waits[0].await_
    spawns.greenlet_spawn = _spawn
    for place in waits:
        place.await_ = _await
    try:
        yield
    finally:
        spawns.greenlet_spawn = spawned
        for place in waits:
            place.await_ = awaited
