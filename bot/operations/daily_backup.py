"""The daily backup: `python -m bot backup` as a child process, so that the loop waits for nothing."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from datetime import datetime, time, timedelta

import structlog

from bot.operations.scheduler import Job
from core.domain.krx import KST
from core.errors import StorageError
from core.ports.clock import Clock
from core.ports.ledger import Ledger
from core.ports.phrases import Phrases
from core.ports.surface import AlertSurface

_LOG = structlog.get_logger(__name__)
RUN_SECONDS = 1_800.0
SETTING_LAST_BACKUP = "backup_last"


class DailyBackup:
    """Takes one a day, and says so when it could not."""

    def __init__(
        self,
        at: time,
        ledger: Ledger,
        clock: Clock,
        alerts: AlertSurface,
        phrases: Phrases,
        changes: Mapping[str, str],
        *,
        seconds: float = RUN_SECONDS,
    ) -> None:
        """`changes` are the settings that the child must see as they are in force here."""
        self._at = at
        self._ledger = ledger
        self._clock = clock
        self._alerts = alerts
        self._phrases = phrases
        self._changes = dict(changes)
        self._seconds = seconds
        self._turn = asyncio.Lock()

    def job(self) -> Job:
        """Return the appointment, every day: weekends have conversations and outcomes, too."""
        return Job("backup", self.run, hour=str(self._at.hour), minute=str(self._at.minute))

    async def catch_up(self) -> None:
        """At a start: take the one that was missed; the first start only begins to count."""
        try:
            async with self._ledger.transaction() as tx:
                last = await tx.setting(SETTING_LAST_BACKUP)
                if last is None:
                    await tx.put_setting(SETTING_LAST_BACKUP, self._clock.now().isoformat())
                    return
        except StorageError as error:
            _LOG.error("whether a backup is due cannot be read", error=str(error))
            return
        if datetime.fromisoformat(last) < self._last_appointment():
            await self.run()

    def _last_appointment(self) -> datetime:
        """Return when one was due last."""
        now = self._clock.now().astimezone(KST)
        today = datetime.combine(now.date(), self._at, tzinfo=KST)
        return today if today <= now else today - timedelta(days=1)

    async def run(self) -> None:
        """Take one now. What goes wrong is alarmed, and does nothing else."""
        async with self._turn:
            said = await self._failure()
            if said is None:
                return
            _LOG.error("the backup failed", said=said)
            await self._alerts.alert(
                self._phrases.say("alerts.backup_failed_title"),
                self._phrases.say("alerts.backup_failed", error=said),
                can_wait=True,
            )

    async def _failure(self) -> str | None:
        """Run the child; return why there is no new backup, or None."""
        try:
            async with asyncio.timeout(self._seconds):
                status, said = await self._child()
            if status != 0:
                return said or f"exit {status}"
            async with self._ledger.transaction() as tx:
                await tx.put_setting(SETTING_LAST_BACKUP, self._clock.now().isoformat())
        except TimeoutError:
            return self._phrases.say("backup.too_long", minutes=round(self._seconds / 60))
        except (OSError, StorageError) as error:
            return str(error)
        return None

    async def _child(self) -> tuple[int, str]:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "backup"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **self._changes},
        )
        try:
            _, errors = await child.communicate()
        finally:
            # Also reached by the time-out and by a stop: no child outlives its call.
            if child.returncode is None:
                child.kill()
                await child.wait()
        lines = errors.decode("utf-8", "replace").strip().splitlines()
        return child.returncode or 0, lines[-1] if lines else ""
