"""Settles, day by day, whether the exchange opens: table, broker and user are heard.

What the broker said and what a person answered survive as one setting of the ledger; the rulings
that follow are put into the mapping that the trading calendar looks into.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from enum import Enum
from typing import Protocol

import structlog

from core.domain.calendar import WEEKEND, Ruling
from core.domain.day_consensus import (
    DayVerdict,
    DayWord,
    Question,
    Voices,
    judged,
    table_word,
)
from core.domain.journal import JournalEntry
from core.domain.krx import KST
from core.domain.krx_days import TABLE_ENDS
from core.domain.modes import Mode
from core.errors import BrokerError, ConfigurationError, NotOfferedHere
from core.ports.broker import BrokerIdentity
from core.ports.clock import Clock
from core.ports.ledger import Ledger, LedgerTransaction
from core.ports.phrases import Phrases

_LOG = structlog.get_logger(__name__)
SETTING_DAYS = "calendar_days"
ANSWERED = "calendar.answered"
WARNED_BEFORE = timedelta(days=90)
_DAY = timedelta(days=1)


class AsksForDays(Protocol):
    """The one question that is put to a broker here."""

    @property
    def identity(self) -> BrokerIdentity:
        """Say which account on which host this is."""

    async def is_open_day(self, day: date) -> bool:
        """Ask whether the exchange opens on `day`. Raises BrokerError."""


class Rings(Protocol):
    """Where a question becomes visible (core.runtime.outbox)."""

    async def ring(self, key: str, title: str, text: str) -> bool:
        """Store an alarm once for ever under its key. Never raises."""


class DayAnswer(Enum):
    """What became of a person's answer. The locale files hold a sentence per member."""

    OPENED = "opened"
    CLOSED = "closed"
    NOT_ASKED = "not_asked"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class _Note:
    """What is remembered of one day."""

    broker: bool | None = None
    answer: bool | None = None


def question_key(day: date, question: Question, *, again: bool) -> str:
    """Return the outbox key of a question; the chat finds the day in it and adds buttons."""
    return f"calendar:{day.isoformat()}:{question.value}:{'today' if again else 'ahead'}"


@dataclass(slots=True)
class DayConsensus:
    """Hears every side of a day, rules, and asks a person where they differ.

    `rulings` is the mapping behind the trading calendar. `own_words` reads the user's file anew
    (ConfigurationError: what was read before stays). `when_opened` is told of a day that an answer
    opened.
    """

    broker: AsksForDays
    ledger: Ledger
    clock: Clock
    outbox: Rings
    phrases: Phrases
    rulings: MutableMapping[date, Ruling]
    own_words: Callable[[], Mapping[date, DayWord]]
    when_opened: Callable[[date], None] | None = None
    _words: Mapping[date, DayWord] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def restore(self) -> None:
        """Rule again what was known before a restart. Raises StorageError, ConfigurationError."""
        self._words = self.own_words()
        async with self.ledger.transaction() as tx:
            self._rule_all(await self._notes(tx))

    async def settle(self, day: date) -> DayVerdict:
        """Hear all sides of `day`, rule, and ask a person what cannot be settled otherwise.

        The broker is asked once per day of the calendar. One that does not offer the list is
        silent, and the others decide; one that fails to answer is silent too, but a person is told
        where the others open the day. Raises StorageError.
        """
        async with self._turn:
            await self._read_words()
            if self._is_plain_weekend(day):
                return DayVerdict()
            async with self.ledger.transaction() as tx:
                notes = await self._notes(tx)
            self._rule_all(notes)
            note = notes.get(day, _Note())
            failed = False
            if note.broker is None:
                heard, failed = await self._broker_says(day)
                note = replace(note, broker=heard)
            if note != notes.get(day, _Note()):
                await self._keep(day, note)
            verdict = self._rule(day, note)
            if verdict.question is not None:
                await self._ask(day, note, verdict.question)
            elif failed and self._is_open(day, verdict):
                await self._tell_silence(day)
            return verdict

    async def look_ahead(self) -> None:
        """In the evening: settle tomorrow, and warn while the end of the table is near."""
        today = self._today()
        await self.settle(today + _DAY)
        left = TABLE_ENDS - today
        if left <= WARNED_BEFORE:
            year, week, _ = today.isocalendar()
            await self.outbox.ring(
                f"calendar-end:{TABLE_ENDS.isoformat()}:{year}-{week}",
                self.phrases.say("calendar.end_title"),
                self.phrases.say("calendar.end", ends=TABLE_ENDS, days=max(left.days, 0)),
            )

    async def answer(self, day: date, *, is_open: bool, actor: str) -> DayAnswer:
        """Take a person's word for a day that was asked about. Raises StorageError.

        It can be changed until the day is over. What the user's file closes stays closed.
        """
        async with self._turn:
            await self._read_words()
            if day < self._today():
                return DayAnswer.PAST
            async with self.ledger.transaction() as tx:
                note = (await self._notes(tx)).get(day, _Note())
                if self._judged(day, replace(note, answer=None)).question is None:
                    return DayAnswer.NOT_ASKED
                note = replace(note, answer=is_open)
                await self._write(tx, day, note)
                await tx.append_journal(
                    JournalEntry(
                        at=self.clock.now(),
                        kind=ANSWERED,
                        actor=actor,
                        subject=day.isoformat(),
                        facts={"open": is_open, "broker": note.broker},
                    )
                )
            self._rule(day, note)
        if is_open and self.when_opened is not None:
            self.when_opened(day)
        return DayAnswer.OPENED if is_open else DayAnswer.CLOSED

    def _today(self) -> date:
        return self.clock.now().astimezone(KST).date()

    def _is_plain_weekend(self, day: date) -> bool:
        known = table_word(day)
        return known is not None and known.source == WEEKEND and day not in self._words

    async def _read_words(self) -> None:
        """Read the user's file again: it may be changed while the bot runs."""
        try:
            self._words = self.own_words()
        except ConfigurationError as error:
            _LOG.error("the user's calendar cannot be read", error=str(error))
            await self.outbox.ring(
                f"calendar-file:{self._today().isoformat()}",
                self.phrases.say("calendar.file_title"),
                self.phrases.say("calendar.file_kept", error=error),
            )

    async def _broker_says(self, day: date) -> tuple[bool | None, bool]:
        """Return what the broker says, None where it is silent, and whether it failed to answer."""
        if self.broker.identity.mode is Mode.SIM:
            return None, False  # our own exchange keeps the same table: no second opinion
        try:
            return await self.broker.is_open_day(day), False
        except NotOfferedHere:
            return None, False
        except BrokerError as error:
            _LOG.warning("the broker does not say", day=day.isoformat(), error=str(error))
            return None, True

    def _is_open(self, day: date, verdict: DayVerdict) -> bool:
        if verdict.ruling is not None:
            return verdict.ruling.hours is not None
        table = table_word(day)
        return table is not None and table.hours is not None

    async def _tell_silence(self, day: date) -> None:
        await self.outbox.ring(
            f"calendar-silent:{day.isoformat()}",
            self.phrases.say("calendar.silent_title", day=day),
            self.phrases.say("calendar.silent", day=day),
        )

    def _judged(self, day: date, note: _Note) -> DayVerdict:
        voices = Voices(
            table=table_word(day),
            broker=note.broker,
            override=self._words.get(day),
            answer=note.answer,
        )
        return judged(day, voices)

    def _rule_all(self, notes: Mapping[date, _Note]) -> None:
        """Rule every day that somebody said something about, or that was ruled before."""
        for day in {*notes, *self._words, *self.rulings}:
            self._rule(day, notes.get(day, _Note()))

    def _rule(self, day: date, note: _Note) -> DayVerdict:
        verdict = self._judged(day, note)
        if verdict.ruling is None:
            self.rulings.pop(day, None)
        else:
            self.rulings[day] = verdict.ruling
        return verdict

    async def _ask(self, day: date, note: _Note, question: Question) -> None:
        own, table = self._words.get(day), table_word(day)
        word = self._open_word
        await self.outbox.ring(
            question_key(day, question, again=day == self._today()),
            self.phrases.say(f"calendar.ask_{question.value}_title", day=day),
            self.phrases.say(
                f"calendar.ask_{question.value}",
                day=day,
                table=word(None if table is None else table.hours is not None),
                broker=word(note.broker),
                own=word(None if own is None else own.hours is not None),
            ),
        )

    def _open_word(self, is_open: bool | None) -> str:  # noqa: FBT001 - private
        if is_open is None:
            return self.phrases.say("calendar.word_silent")
        return self.phrases.say("calendar.word_open" if is_open else "calendar.word_closed")

    async def _keep(self, day: date, note: _Note) -> None:
        async with self.ledger.transaction() as tx:
            await self._write(tx, day, note)

    async def _notes(self, tx: LedgerTransaction) -> dict[date, _Note]:
        stored = json.loads(await tx.setting(SETTING_DAYS) or "{}")
        return {date.fromisoformat(day): _Note(**note) for day, note in stored.items()}

    async def _write(self, tx: LedgerTransaction, day: date, note: _Note) -> None:
        """Keep the notes of today and later: a day that is over is in the journal."""
        notes = {**await self._notes(tx), day: note}
        kept = {
            one.isoformat(): asdict(each)
            for one, each in sorted(notes.items())
            if one >= self._today()
        }
        await tx.put_setting(SETTING_DAYS, json.dumps(kept))
