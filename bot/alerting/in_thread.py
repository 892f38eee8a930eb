"""Runs what blocks in a thread that nobody waits for longer than agreed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import structlog

_LOG = structlog.get_logger(__name__)


async def in_thread(work: Callable[[], bool], name: str, seconds: float) -> bool:
    """Return what `work` returns. Raises TimeoutError; the thread then goes on alone.

    It is a daemon: one that hangs for ever keeps no process from ending, as the threads of the
    loop's own pool would.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[bool] = loop.create_future()

    def tell(result: bool) -> None:  # noqa: FBT001 - called by the loop
        if not done.done():
            done.set_result(result)

    def run() -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - whatever a library raises is a failed delivery
            # Its kind only: its text may name an address.
            _LOG.warning("a delivery failed", name=name, error=type(error).__name__)
            result = False
        # The loop may have ended meanwhile; then there is nobody left to tell.
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, result)

    threading.Thread(target=run, name=name, daemon=True).start()
    async with asyncio.timeout(seconds):
        return await done
