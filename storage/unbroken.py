"""Letting a driver call run to its end even when its caller is cancelled.

A cancelled aiosqlite call goes on in its thread. Dropping the connection at that moment leaves
its cursor open, and an open cursor keeps the write lock of the whole database. So a call is
waited for first and the cancellation is passed on afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

from core.errors import StorageError

_LOG = structlog.get_logger(__name__)

T = TypeVar("T")

GRACE_SECONDS = 15.0


async def unbroken(work: Coroutine[Any, Any, T], seconds: float) -> T:
    """Return the result of `work`, waiting at most `seconds` for it.

    Cancelled or late, it waits up to `GRACE_SECONDS` more for the end of `work`, drops its result
    and raises CancelledError or TimeoutError; StorageError when even that was not enough. What
    `work` raises is raised, a TimeoutError of its own too.
    """
    running = asyncio.ensure_future(work)  # noqa: TID251 - it never outlives this call unseen
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.shield(running)
    except (asyncio.CancelledError, TimeoutError) as error:
        if _is_of(running, error):
            raise
        if not await has_ended(running, GRACE_SECONDS):
            raise StorageError("a database call did not end") from None
        raise


def _is_of(running: asyncio.Future[Any], error: BaseException) -> bool:
    """Whether `running` itself ended with `error`, as a driver that waited long enough does."""
    return running.done() and not running.cancelled() and running.exception() is error


async def has_ended(running: asyncio.Future[Any], seconds: float) -> bool:
    """Wait for the end of `running`, whatever it is; return whether it came in time.

    What it raises is logged, at once or when it comes, for whoever asked for it has gone.

    For a task that is being cancelled: before Python 3.11.3 an `asyncio.timeout` that runs out in
    one raises CancelledError, and nobody hears of the time-out.
    """
    done, _ = await asyncio.wait({running}, timeout=seconds)
    if done:
        _heard(running)
    else:
        running.add_done_callback(_heard)
    return bool(done)


def _heard(ended: asyncio.Future[Any]) -> None:
    """Log what a call raised that nobody waits for; asyncio would tell of it at some later time."""
    error = None if ended.cancelled() else ended.exception()
    if error is not None:
        # Its text may hold values.
        _LOG.warning("a database call failed after its caller went", error=type(error).__name__)
