"""Whether the bot lives, and whether it is ready: what /healthz and /readyz answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.operations.health import STALE_SECONDS, missing
from core.domain.calendar import CalendarUnknown, TradingCalendar
from core.domain.day_consensus import UNSETTLED
from core.domain.krx import KST
from core.errors import StorageError
from core.ports.clock import Clock
from core.ports.ledger import Ledger
from core.runtime.token_cache import TokenCache

WELL = "ok"
Findings = dict[str, str]


def is_well(found: Findings) -> bool:
    """Whether nothing was found wrong."""
    return all(text == WELL for text in found.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Wellness:
    """Looks. Every finding is `WELL` or says in a few words what is wrong; none names a secret.

    `host_clock` is real time, in which the heart beats; `clock` is business time.
    """

    heartbeat_at: Callable[[], datetime | None]
    host_clock: Clock
    clock: Clock
    tasks: Callable[[], Sequence[str]]
    ledger: Ledger
    is_connected: Callable[[], bool]
    tokens: TokenCache
    calendar: TradingCalendar

    def alive(self) -> Findings:
        """Say whether the loop answers (it does: this runs in it), the heart beats, the loops run."""
        beat = self.heartbeat_at()
        heart = "no heartbeat yet"
        if beat is not None:
            age = (self.host_clock.now() - beat).total_seconds()
            heart = WELL if abs(age) <= STALE_SECONDS else f"last heartbeat {age:.0f} s ago"
        gone = missing(self.tasks())
        return {
            "loop": WELL,
            "heartbeat": heart,
            "tasks": f"not running: {', '.join(gone)}" if gone else WELL,
        }

    async def ready(self) -> Findings:
        """Say whether database, Discord, the broker's token and the calendar can be worked with."""
        return {
            "database": await self._database(),
            "discord": WELL if self.is_connected() else "the gateway is not connected",
            "token": self._token(),
            "calendar": self._calendar(),
        }

    async def _database(self) -> str:
        try:
            async with self.ledger.transaction() as tx:
                await tx.setting("heartbeat")
        except StorageError as error:
            return str(error)
        return WELL

    def _token(self) -> str:
        """Judge the token in hand. One that lapsed while nobody asked is renewed by the next call."""
        if self.tokens.trouble is not None:
            return f"the last issue failed: {type(self.tokens.trouble).__name__}"
        return WELL if self.tokens.held_until is not None else "none was issued yet"

    def _calendar(self) -> str:
        try:
            known = self.calendar.describe(self.clock.now().astimezone(KST).date())
        except CalendarUnknown:
            return "today is not in the calendar"
        is_open_question = known.hours is None and known.source == UNSETTLED
        return "whether today is a session is not settled" if is_open_question else WELL
