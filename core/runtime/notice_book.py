"""What people chose to hear and when: read once, changed by commands, asked for every message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import structlog

from core.domain.journal import JournalEntry
from core.domain.notices import KEY_OF, Loudness, NoticeKind, Notices, kind_of
from core.domain.outbox import OutboxMessage
from core.domain.quiet_hours import QuietHours, quiet_hours
from core.errors import StorageError
from core.ports.clock import Clock
from core.ports.ledger import Ledger

_LOG = structlog.get_logger(__name__)
# Where the choices are stored among the switches.
_LOUDNESS = "notices.loudness"
_OWN_HOURS = "notices.quiet_hours"
_SHARED_HOURS = "quiet_hours"
# Somebody who wants no quiet hours, whatever is shared.
_NONE = "-"
# Subject of the journal's lines about it.
SUBJECT = "notices"


class NoticeBook:
    """Keeps the choices; who may choose is asked before this."""

    def __init__(self, ledger: Ledger, clock: Clock, people: Callable[[], Collection[int]]) -> None:
        """`people` are those who are called: the approvers of now."""
        self._ledger = ledger
        self._clock = clock
        self._people = people
        self._current = Notices()
        # Two people who choose at once: neither may write over the other.
        self._one_at_a_time = asyncio.Lock()

    @property
    def current(self) -> Notices:
        """What counts now."""
        return self._current

    async def load(self) -> None:
        """Read what is stored, once. Raises StorageError for what cannot be read."""
        async with self._ledger.transaction() as tx:
            loudness = await tx.setting(_LOUDNESS) or ""
            hours = await tx.setting(_OWN_HOURS) or ""
            shared = await tx.setting(_SHARED_HOURS)
        try:
            self._current = Notices(
                chosen=_loudness_in(loudness),
                own_hours=_hours_in(hours),
                shared_hours=quiet_hours(shared),
            )
        except ValueError as error:
            stored = f"{loudness!r}, {hours!r}"
            raise StorageError(
                f"what /system notifications stored cannot be read: {stored}"
            ) from error

    async def choose(self, kind: NoticeKind, loudness: Loudness, *, by: int) -> None:
        """Tell a kind so loud from now on, to everybody. Raises StorageError."""
        facts = {"kind": kind.value, "loudness": loudness.value}
        async with self._one_at_a_time:
            chosen = {**self._current.chosen, kind: loudness}
            text = " ".join(f"{one.value}={loud.value}" for one, loud in chosen.items())
            await self._store(_LOUDNESS, text, by, facts)
            self._current = replace(self._current, chosen=chosen)

    async def set_quiet(self, hours: QuietHours | None, *, by: int) -> None:
        """Let a person be called no more during `hours`, or always again. Raises StorageError."""
        async with self._one_at_a_time:
            own = {**self._current.own_hours, by: hours}
            text = " ".join(f"{person}={quiet or _NONE}" for person, quiet in own.items())
            await self._store(_OWN_HOURS, text, by, {"quiet_hours": str(hours or _NONE)})
            self._current = replace(self._current, own_hours=own)

    def must_wait(self, key: str) -> bool:
        """Whether an alarm is kept for a digest instead of being posted now."""
        return self._current.must_wait(kind_of(key), self._people(), self._clock.now())

    def awake(self) -> tuple[int, ...]:
        """Return whom a message may call that can do without."""
        return self._current.awake(self._people(), self._clock.now())

    def all_asleep(self) -> bool:
        """Whether nobody may be called now."""
        return self._current.all_asleep(self._people(), self._clock.now())

    async def keep(self, kind: NoticeKind, name: str, title: str) -> None:
        """Keep the title of what is not posted at all for the digest. Raises StorageError."""
        now = self._clock.now()
        message = OutboxMessage(
            key=f"{KEY_OF[kind]}{name}", title=title, text="", created_at=now, held_at=now
        )
        async with self._ledger.transaction() as tx:
            await tx.enqueue(message)

    async def waiting(self) -> int:
        """Return how much is kept for the next digests. Raises StorageError."""
        async with self._ledger.transaction() as tx:
            return len(await tx.held_back())

    async def _store(self, name: str, text: str, by: int, facts: Mapping[str, object]) -> None:
        entry = JournalEntry(
            at=self._clock.now(),
            kind="notices.chosen",
            actor=str(by),
            subject=SUBJECT,
            facts=dict(facts),
        )
        async with self._ledger.transaction() as tx:
            await tx.put_setting(name, text)
            await tx.append_journal(entry)
        _LOG.info("notices in force", **facts)


def _loudness_in(text: str) -> dict[NoticeKind, Loudness]:
    """Read ``watch=off result=silent``. Raises ValueError for anything else."""
    pairs = (part.split("=", 1) for part in text.split())
    return {NoticeKind(kind): Loudness(loudness) for kind, loudness in pairs}


def _hours_in(text: str) -> dict[int, QuietHours | None]:
    """Read ``17=22:00-07:00 18=-``. Raises ValueError for anything else."""
    found: dict[int, QuietHours | None] = {}
    for part in text.split():
        person, hours = part.split("=", 1)
        quiet = quiet_hours(hours)
        if quiet is None and hours != _NONE:
            raise ValueError(f"no hours: {hours!r}")
        found[int(person)] = quiet
    return found
