"""Where people hear of conditions when they do not look at the chat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from core.domain.conditions import Condition, Severity

# Says of each condition that is true now in which words. Raises StorageError.
Look = Callable[[], Awaitable[Mapping[Condition, str]]]


class AlertChannel(Protocol):
    """One way to reach people (Slack, e-mail, …)."""

    @property
    def name(self) -> str:
        """What settings and logs call it; never an address."""

    async def send(
        self, title: str, body: str, severity: Severity, *, can_wait: bool = False
    ) -> bool:
        """Deliver; return whether that is proven. Bounded in time; never raises.

        `can_wait` is what may be held back where people chose to hear of upkeep later.
        """
