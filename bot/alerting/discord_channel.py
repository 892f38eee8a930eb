"""The alert channel of the chat as one channel among others: for what has no alarm of its own there."""

from __future__ import annotations

import httpx
import structlog
from pydantic import SecretStr

from core.domain.conditions import Severity
from core.ports.outbox import Outbox

_LOG = structlog.get_logger(__name__)
NAME = "discord"
POST_SECONDS = 10.0
CONTENT_MAX = 2_000


class OutboxChannel:
    """Puts messages into the outbox, which keeps them until people can see them."""

    def __init__(self, outbox: Outbox) -> None:
        """Deliver through `outbox`."""
        self._outbox = outbox

    @property
    def name(self) -> str:
        """What settings and logs call it."""
        return NAME

    async def send(
        self, title: str, body: str, severity: Severity, *, can_wait: bool = False
    ) -> bool:
        """Store it; from then on the outbox sees to it. Only what can wait obeys quiet hours."""
        del severity
        return await self._outbox.alert(title, body, can_wait=can_wait)


class DiscordPost:
    """The alert channel without a gateway: one POST. For the watchdog, when the bot is silent."""

    def __init__(self, api: str, token: SecretStr, channel_id: int) -> None:
        """Post with the bot's own token."""
        self._url = f"{api}/channels/{channel_id}/messages"
        self._token = token

    @property
    def name(self) -> str:
        """What settings and logs call it."""
        return NAME

    async def send(
        self, title: str, body: str, severity: Severity, *, can_wait: bool = False
    ) -> bool:
        """Post it; mentions reach nobody."""
        del severity, can_wait
        text = f"**{title}**\n{body}"[:CONTENT_MAX]
        message = {"content": text, "allowed_mentions": {"parse": []}}
        headers = {"Authorization": f"Bot {self._token.get_secret_value()}"}
        try:
            async with httpx.AsyncClient(timeout=POST_SECONDS, trust_env=False) as client:
                reply = await client.post(self._url, json=message, headers=headers)
        except httpx.HTTPError as error:
            _LOG.warning("Discord takes no message", error=type(error).__name__)
            return False
        return reply.is_success
