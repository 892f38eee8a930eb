"""A heartbeat that says something: written by the loop, read by `python -m bot health`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import structlog

from core.domain.ticks import FeedStatus
from core.errors import StorageError
from core.ports.clock import Clock
from core.ports.ledger import Ledger
from core.ports.outbox import FAILING_MAX, OutboxReader, OutboxState

_LOG = structlog.get_logger(__name__)

BEAT_SECONDS = 20.0
STALE_SECONDS = 90.0
# Loops of the order desk (core.services.orders.desk), by their task names.
RECOVERING = "desk"
ALWAYS = ("publisher", "alarms")
AFTER_RECOVERY = ("runner", "tracker", "deadlines")


class Heartbeat:
    """Writes what is alive to a file every few seconds of host time."""

    def __init__(
        self,
        path: Path,
        *,
        ledger: Ledger,
        host_clock: Clock,
        is_connected: Callable[[], bool],
        tasks: Callable[[], Sequence[str]],
        outbox: OutboxReader,
        feed: Callable[[], FeedStatus],
    ) -> None:
        """`tasks` names what runs, `outbox` says whether alarms reach people.

        `feed` is written down and not judged: without live prices nothing is sent on its own.

        `host_clock` is real time: a container's health does not follow a directed clock.
        """
        self._tasks = tasks
        self._outbox = outbox
        self._feed = feed
        self._path = path
        self._ledger = ledger
        self._clock = host_clock
        self._is_connected = is_connected
        # Of the last beat that was written.
        self.at: datetime | None = None

    async def run(self) -> None:
        """Beat forever; each beat reads the database, so a dead one shows."""
        while True:
            try:
                await self.beat()
            except OSError as error:
                # A full disk must not end the beat: the old file goes stale, which says enough.
                _LOG.error("the heartbeat cannot be written", error=str(error))
            await self._clock.sleep(BEAT_SECONDS)

    async def beat(self) -> None:
        """Write one beat."""
        alarms = ""
        try:
            async with self._ledger.transaction() as tx:
                await tx.setting("heartbeat")
            alarms = _stuck(await self._outbox.state())
            database = "ok"
        except StorageError as error:
            database = str(error)
        feed = self._feed()
        at = self._clock.now()
        body = {
            "at": at.isoformat(),
            "database": database,
            "gateway": "connected" if self._is_connected() else "disconnected",
            "tasks": missing(self._tasks()),
            "alarms": alarms,
            "feed": f"{feed.health.value} {feed.trouble.value}".removesuffix(" none"),
            "process": os.getpid(),
        }
        temporary = self._path.with_suffix(".new")
        temporary.write_text(json.dumps(body), encoding="utf-8")
        temporary.replace(self._path)
        self.at = at


def _stuck(state: OutboxState) -> str:
    """Return what is wrong with the delivery of alarms, or nothing."""
    if state.failing_for < FAILING_MAX:
        return ""
    seconds = round(state.failing_for.total_seconds())
    return f"{state.waiting} alarms reach nobody: the alert channel took none for {seconds} s"


def missing(running: Sequence[str]) -> list[str]:
    """Return which of the desk's loops do not run.

    While the desk recovers, it has not started those that send and follow orders.
    """
    needed = ALWAYS if RECOVERING in running else (*ALWAYS, *AFTER_RECOVERY)
    return [name for name in needed if name not in running]


def judge(path: Path, now: datetime) -> tuple[bool, str]:
    """Return (healthy, sentence) from the heartbeat file."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        age_seconds = (now - datetime.fromisoformat(body["at"])).total_seconds()
        database, gateway = str(body["database"]), str(body["gateway"])
        tasks = body.get("tasks")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return False, f"no readable heartbeat at {path}: {error}"
    # A beat from the future says nothing either: the host's clock was set back since.
    if abs(age_seconds) > STALE_SECONDS:
        return False, f"last heartbeat {age_seconds:.0f} s ago"
    if database != "ok":
        return False, f"database: {database}"
    if gateway != "connected":
        return False, "the Discord gateway is not connected"
    gone = _not_running(tasks) or str(body.get("alarms", ""))
    return not gone, gone or f"alive {age_seconds:.0f} s ago"


def _not_running(tasks: object) -> str:
    if not isinstance(tasks, list):
        return "the heartbeat does not say what runs"
    return f"not running: {', '.join(str(name) for name in tasks)}" if tasks else ""
