"""Sees the halt file come and go, tells people, and cancels open orders when it asks for that.

The arm transaction reads the file itself, so nothing is sent while this sleeps: it only tells.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from core.domain.halt import HaltOrder
from core.errors import TradingError
from core.ports.clock import Clock
from core.ports.outbox import Outbox
from core.ports.phrases import Phrases
from core.runtime.halt_file import HaltFile

_LOG = structlog.get_logger(__name__)
LOOK_SECONDS = 1.0
ACTOR = "halt file"

# Cancels every open order for this actor and reason; returns (asked or dropped, not).
CancelAll = Callable[[str, str], Awaitable[tuple[int, int]]]


class HaltWatch:
    """Looks at the file once a second of host time."""

    def __init__(
        self,
        path: Path,
        host_clock: Clock,
        outbox: Outbox,
        phrases: Phrases,
        cancel_all: CancelAll,
    ) -> None:
        """`host_clock` is real time: a directed clock may stand still."""
        self._file = HaltFile(path)
        self._clock = host_clock
        self._outbox = outbox
        self._phrases = phrases
        self._cancel_all = cancel_all
        self._seen: HaltOrder | None = None

    async def run(self) -> None:
        """Watch for as long as the process lives."""
        while True:
            await self.look()
            await self._clock.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Tell of a change since the last look, and act on a wish to cancel."""
        order = self._file.order()
        if order == self._seen:
            return
        before, self._seen = self._seen, order
        if order is None:
            await self._tell("halt_lifted", path=self._file.path)
            return
        _LOG.warning("the halt file is there", state=order.state.value, cancel=order.cancel_open)
        await self._tell(f"halt_{order.state.value.lower()}", path=self._file.path)
        if order.cancel_open and not (before and before.cancel_open):
            await self._cancel()

    async def _cancel(self) -> None:
        try:
            asked, not_asked = await self._cancel_all(
                ACTOR, self._phrases.say("halting.cancel_reason")
            )
        except TradingError as error:
            _LOG.exception("open orders could not be cancelled")
            await self._tell("cancel_failed", error=str(error))
            return
        await self._tell("cancelled", asked=asked, left=not_asked)

    async def _tell(self, name: str, **values: object) -> None:
        # Each change is an alarm of its own: a file that comes, goes and comes again within the
        # hour must not leave people with "it is gone" as the last word.
        key = f"halting:{name}:{self._file.stamp()}:{self._clock.now().isoformat()}"
        title, text = (
            self._phrases.say("halting.title"),
            self._phrases.say(f"halting.{name}", **values),
        )
        await self._outbox.ring(key, title, text)
