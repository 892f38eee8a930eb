"""Letting a driver call run to its end even when its caller is cancelled.

A cancelled aiosqlite call goes on in its thread. Dropping the connection at that moment leaves
its cursor open, and an open cursor keeps the write lock of the whole database. So a call is
waited for first and the cancellation is passed on afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from core.errors import StorageError

T = TypeVar("T")

GRACE_SECONDS = 15.0


async def unbroken(work: Coroutine[Any, Any, T], seconds: float) -> T:
    """Return the result of `work`, waiting at most `seconds` for it.

    Cancelled or late, it waits up to `GRACE_SECONDS` more for the end of `work`, drops its result
    and raises CancelledError or TimeoutError; StorageError when even that was not enough.
    """
    ended = asyncio.Event()

    async def run() -> T:
        try:
            return await work
        finally:
            ended.set()

    shielded = asyncio.shield(run())
    try:
        async with asyncio.timeout(seconds):
            return await shielded
    except (asyncio.CancelledError, TimeoutError):
        if not ended.is_set():
            try:
                async with asyncio.timeout(GRACE_SECONDS):
                    await ended.wait()
            except TimeoutError as exc:
                raise StorageError("a database call did not end") from exc
        raise
