"""`python -m bot audit`: whether the audit trail is whole, and what it says. Changes nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from bot import locales
from bot.by_hand.loading import loaded
from bot.chat.story_words import sections
from core.domain.journal import JournalLine
from core.domain.krx import KST
from core.domain.story import Story
from core.errors import DataError, JournalAltered, StorageError
from core.ports.phrases import Phrases
from core.services.audit.reader import AuditTrail
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.migrations import check_revision
from storage.opening import has_database


async def verify(expected: tuple[int, str] | None) -> str:
    """Check every line and say how many there are, and the hash that stands for them.

    `expected` is a line and the beginning of its hash, as a closing report posted them: only that
    shows lines cut off the end. Raises StorageError with the first line that does not hold.
    """
    async with _trail() as (trail, phrases):
        try:
            head = await trail.verify()
        except JournalAltered as error:
            raise StorageError(phrases.say("console.audit_altered", line=error.line)) from None
        if expected is not None:
            line, beginning = expected
            found = await trail.line(line)
            if found is None or not found.line_hash.startswith(beginning):
                raise StorageError(phrases.say("console.audit_differs", line=line))
        return phrases.say("console.audit_whole", lines=head.lines, hash=head.line_hash)


async def show(subject: str | None, last: int) -> Iterator[str]:
    """Return the newest lines, or everything about one ticket, order or other subject.

    Raises DataError when nothing is known of it.
    """
    async with _trail() as (trail, phrases):
        if subject is None:
            return map(_line, await trail.last(last))
        story = await trail.story(subject)
        if story is None:
            raise DataError(phrases.say("console.audit_nothing", subject=subject))
        return _told(story, phrases)


@asynccontextmanager
async def _trail() -> AsyncIterator[tuple[AuditTrail, Phrases]]:
    """Open the trail read-only; the bot may run meanwhile."""
    settings = loaded()
    phrases = locales.load(settings.locale)
    if not await has_database(settings.database):
        raise DataError(phrases.say("console.no_database"))
    database = Database(settings.database, read_only=True)
    try:
        await check_revision(database)
        ledger = SqlLedger(database)
        yield AuditTrail(ledger, ledger), phrases
    finally:
        await database.close()


def _line(line: JournalLine) -> str:
    entry = line.entry
    at = entry.at.astimezone(KST)
    facts = json.dumps(entry.facts, ensure_ascii=False, sort_keys=True)
    build = f" [{entry.build}]" if entry.build else ""
    return (
        f"{line.number:>6} {at:%Y-%m-%d %H:%M:%S} {entry.actor} {entry.kind} {entry.subject}"
        f" {facts}{build}"
    )


def _told(story: Story, phrases: Phrases) -> Iterator[str]:
    for section in sections(story, phrases):
        yield section.title
        for line in section.lines:
            yield f"  {line}"
