"""A channel through apprise: Slack, Telegram, e-mail, and whatever else its addresses name.

The library is imported by the first message (it takes 30 MB), and its own log is silenced: it
names addresses, and addresses hold secrets.
"""

from __future__ import annotations

import asyncio
import logging

import structlog
from pydantic import SecretStr

from bot.alerting.in_thread import in_thread
from core.domain.conditions import Severity

_LOG = structlog.get_logger(__name__)
SEND_SECONDS = 30.0
_KINDS = {Severity.HEALTHY: "info", Severity.WARNING: "warning", Severity.CRITICAL: "failure"}


class AppriseChannel:
    """Implements `core.ports.alerting.AlertChannel`. Its state: whether a delivery hangs."""

    def __init__(self, name: str, url: SecretStr, *, seconds: float = SEND_SECONDS) -> None:
        """`url` is one address of apprise's: what one address refuses is never sent to another anew."""
        self._name = name
        self._url = url
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._under_way = 0

    @property
    def name(self) -> str:
        """What settings and logs call it."""
        return self._name

    async def send(
        self, title: str, body: str, severity: Severity, *, can_wait: bool = False
    ) -> bool:
        """Deliver within `SEND_SECONDS`. A thread that still hangs keeps a second one from starting."""
        del can_wait
        async with self._turn:
            if self._under_way:
                return False

            def work() -> bool:
                try:
                    return self._deliver(title, body, severity)
                finally:
                    self._under_way -= 1

            self._under_way += 1
            try:
                return await in_thread(work, f"alert-{self._name}", self._seconds)
            except TimeoutError:
                _LOG.warning("an alert channel hangs", channel=self._name)
                return False

    def _deliver(self, title: str, body: str, severity: Severity) -> bool:
        for name in ("apprise", "urllib3", "requests"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        import apprise

        sender = apprise.Apprise()
        if not sender.add(self._url.get_secret_value()):
            _LOG.error("an alert address cannot be read", channel=self._name)
            return False
        return bool(sender.notify(body=body, title=title, notify_type=_KINDS[severity]))
