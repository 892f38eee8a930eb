"""Turns of many streams that share one event loop.

After a moment without a core, or when a provider sends in bursts, pieces of every stream lie ready
at once. Read one after the other in one turn of the loop they keep everybody else waiting: a click
on a ticket, a fill. So only some milliseconds of them go into one turn.
"""

from __future__ import annotations

import asyncio
from collections import deque

SLICE_SECONDS = 0.008


class FairTurns:
    """Lets streams go on until a slice of the loop's present turn is used up, then one by one."""

    def __init__(self, slice_seconds: float = SLICE_SECONDS) -> None:
        """Nothing of any turn is used yet."""
        self._slice = slice_seconds
        self._until: float | None = None
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_calling = False

    async def mine(self) -> None:
        """Return at once while there is room in this turn of the loop, else in a later one.

        Who came first goes on first.
        """
        loop = asyncio.get_running_loop()
        if not self._waiting and self._has_room(loop):
            return
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        if not self._is_calling:
            self._is_calling = True
            loop.call_soon(self._call, loop)
        await turn

    def _has_room(self, loop: asyncio.AbstractEventLoop) -> bool:
        now = loop.time()
        if self._until is None:
            self._until = now + self._slice
            loop.call_soon(self._begin_anew)
        return now < self._until

    def _begin_anew(self) -> None:
        self._until = None

    def _call(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the next one go on in the coming turn, and ask again there."""
        while self._waiting:
            turn = self._waiting.popleft()
            # Who was cancelled while waiting wants no turn any more.
            if not turn.done():
                turn.set_result(None)
                loop.call_soon(self._call, loop)
                return
        self._is_calling = False
