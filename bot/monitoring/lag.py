"""How late the event loop is: it asks to be woken, and looks at the clock."""

from __future__ import annotations

from collections.abc import Callable

from core.ports.clock import Clock
from core.runtime.clock import host_monotonic

PAUSE_SECONDS = 0.5


async def watch_lag(clock: Clock, tell: Callable[[float], None]) -> None:
    """Tell `tell` every half second, for ever, how many seconds later than asked it was woken."""
    while True:
        due = host_monotonic() + PAUSE_SECONDS
        await clock.sleep(PAUSE_SECONDS)
        tell(max(host_monotonic() - due, 0.0))
