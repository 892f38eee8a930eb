"""The alert channel of the chat as one channel among others: for what has no alarm of its own there."""

from __future__ import annotations

from core.domain.conditions import Severity
from core.ports.outbox import Outbox

NAME = "discord"


class OutboxChannel:
    """Puts messages into the outbox, which keeps them until people can see them."""

    def __init__(self, outbox: Outbox) -> None:
        """Deliver through `outbox`."""
        self._outbox = outbox

    @property
    def name(self) -> str:
        """What settings and logs call it."""
        return NAME

    async def send(self, title: str, body: str, severity: Severity) -> bool:
        """Store it; from then on the outbox sees to it."""
        del severity
        return await self._outbox.alert(title, body)
