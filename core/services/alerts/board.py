"""Looks for conditions again and again, and has them told.

Nothing here is awaited by anybody who trades, and every delivery is a task of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from core.domain.conditions import UPKEEP, Condition, Notice, Severity, looked_again
from core.errors import StorageError
from core.ports.alerting import Look
from core.ports.clock import Clock
from core.ports.ledger import Ledger
from core.ports.phrases import Phrases
from core.ports.tasks import Supervisor
from core.services.alerts.book import (
    ConditionBook,
    as_text,
    from_text,
    heard_as_text,
    heard_from_text,
)
from core.services.alerts.letterbox import Letterbox

_LOG = structlog.get_logger(__name__)
LOOK_SECONDS = 15.0
SETTING = "conditions"
SETTING_HEARD = "conditions_heard"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardContext:
    """What the board works with. `ledger` None remembers nothing over a restart.

    `host_clock` is real time, by which it looks; `clock` is business time, in which people sleep.
    `formerly` gives by the name of a channel the one under which an earlier version stored it.
    """

    look: Look
    book: ConditionBook
    boxes: Sequence[Letterbox]
    clock: Clock
    host_clock: Clock
    supervisor: Supervisor
    phrases: Phrases
    ledger: Ledger | None
    formerly: Mapping[str, str] = field(default_factory=dict)


class Board:
    """One look compares, remembers and hands out; `run` looks for ever."""

    def __init__(self, context: BoardContext) -> None:
        """Know nothing yet."""
        self._context = context
        self._sending: set[str] = set()
        self._stored: tuple[str | None, str | None] = (None, None)
        self._storing = asyncio.Lock()

    async def run(self) -> None:
        """Look every `LOOK_SECONDS` of host time."""
        await self.restore()
        while True:
            await self.look()
            self.deliver()
            await self._context.host_clock.sleep(LOOK_SECONDS)

    async def restore(self) -> None:
        """Take up what an earlier process knew, and what each channel had heard of it."""
        ledger = self._context.ledger
        if ledger is None:
            return
        try:
            async with ledger.transaction() as tx:
                self._stored = (await tx.setting(SETTING), await tx.setting(SETTING_HEARD))
        except StorageError as error:
            _LOG.warning("the conditions of before cannot be read", error=str(error))
            return
        standing, heard = from_text(self._stored[0]), heard_from_text(self._stored[1])
        self._context.book.standing = standing
        now = self._context.clock.now()
        for box in self._context.boxes:
            name = box.channel.name
            former = self._context.formerly.get(name, name)
            box.restore(heard.get(name, heard.get(former, {})), standing, now)

    async def look(self) -> None:
        """Compare what is true now with what was, and put what is new into the letterboxes."""
        context = self._context
        now = context.clock.now()
        try:
            found = await context.look()
        except StorageError as error:
            # What only the database knows stays as it was; that it cannot be read is news.
            lasting = {one.condition: one.text for one in context.book.standing.values()}
            found = lasting | {
                Condition.DATABASE: context.phrases.say("conditions.text_database", error=error)
            }
        except Exception:  # noqa: BLE001 - a defect in a look must not end the looking
            _LOG.exception("the conditions could not be looked for")
            return
        standing, notices = looked_again(context.book.standing, found, now)
        context.book.standing = standing
        for notice in notices:
            _LOG.info("condition", name=notice.condition.value, turn=notice.turn.value)
            for box in context.boxes:
                box.put(notice)
        await self._store()

    def deliver(self) -> None:
        """Start a delivery for each channel that has something due and none under way."""
        now = self._context.clock.now()
        for box in self._context.boxes:
            name = box.channel.name
            due = box.due(now)
            if due and name not in self._sending:
                self._sending.add(name)
                box.handed(due)
                self._context.supervisor.start(f"alert {name}", self._send(box, due))

    async def _send(self, box: Letterbox, due: tuple[Notice, ...]) -> None:
        context = self._context
        try:
            title, body = worded(due, context.phrases)
            severity = max((one.severity for one in due), key=list(Severity).index)
            # One message tells of all of them: what cannot wait takes the rest along.
            can_wait = all(one.condition in UPKEEP for one in due)
            done = await box.channel.send(title, body, severity, can_wait=can_wait)
        finally:
            self._sending.discard(box.channel.name)
        if done:
            box.delivered(due, context.clock.now())
            await self._store()
        else:
            box.failed(context.clock.now())

    async def _store(self) -> None:
        """Store what changed. One at a time, so that an older text never overwrites a newer one."""
        context = self._context
        if context.ledger is None:
            return
        async with self._storing:
            heard = {box.channel.name: box.heard for box in context.boxes}
            texts = (as_text(context.book.standing), heard_as_text(heard))
            if texts == self._stored:
                return
            try:
                async with context.ledger.transaction() as tx:
                    await tx.put_setting(SETTING, texts[0])
                    await tx.put_setting(SETTING_HEARD, texts[1])
                self._stored = texts
            except StorageError as error:
                _LOG.warning("the conditions cannot be stored", error=str(error))


def worded(notices: Sequence[Notice], phrases: Phrases) -> tuple[str, str]:
    """Return title and text of one message that tells of all of them, the first in its title."""
    say = phrases.say
    first = notices[0]
    title = say(
        f"conditions.title_{first.turn.value}",
        mark=say(f"conditions.mark_{first.severity.value}"),
        name=say(f"conditions.name_{first.condition.value}"),
    )
    if len(notices) > 1:
        title = say("conditions.and_more", title=title, count=len(notices) - 1)
    return title, "\n\n".join(_lines(one, phrases) for one in notices)


def _lines(notice: Notice, phrases: Phrases) -> str:
    say = phrases.say
    return say(
        f"conditions.line_{notice.turn.value}",
        name=say(f"conditions.name_{notice.condition.value}"),
        text=notice.text,
        since=f"{notice.since:%m-%d %H:%M}",
        at=f"{notice.at:%H:%M}",
        runbook=notice.condition.runbook,
    )
