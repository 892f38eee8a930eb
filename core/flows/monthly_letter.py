"""The letter about a month: once, after the close of the first session that follows it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Protocol

import structlog

from core.domain.calendar import CalendarUnknown, TradingCalendar
from core.domain.journal import JournalEntry
from core.domain.krx import KST
from core.domain.month import Month, last_month
from core.errors import TradingError
from core.ports.clock import Clock
from core.ports.ledger import Ledger
from core.ports.letters import LetterDesk, MonthlyLetter
from core.ports.phrases import Phrases
from core.ports.pictures import ChartPainter, ChartSpec

_LOG = structlog.get_logger(__name__)
# After the closing report of the longest day, and after the outcomes: nothing else speaks then.
LETTER_AT = time(17, 40)
CHART_SECONDS_MAX = 30.0
LETTER_POSTED = "letter.posted"
_BEGUN, _POSTED = "letter_begun", "letter_posted"


class ReadsMonths(Protocol):
    """Reads what a month brought (core.services.reflection.letters)."""

    async def letter(self, month: Month) -> MonthlyLetter:
        """Return it. Raises StorageError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyLetters:
    """Posts each month's letter once. Which was the last one is a row: a restart repeats none.

    That one is begun is a row of its own, written before. Where it stands without the other, a
    process died between posting and noting, or Discord's answer was lost: the channel itself is
    then read, and knows.
    """

    reader: ReadsMonths
    ledger: Ledger
    surface: LetterDesk
    calendar: TradingCalendar
    clock: Clock
    phrases: Phrases
    painter: ChartPainter | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def post_due(self) -> bool:
        """Post the letter of the last month if its hour has come and it was not posted.

        A month of which nothing is stored has no letter. Returns whether one was posted. Raises
        StorageError, and TradingError when it cannot be posted: then it is still due.
        """
        async with self._turn:
            month = last_month(self.clock.now())
            if not self._has_come(month) or await self._is_posted(month):
                return False
            letter = await self.reader.letter(month)
            if letter.says_nothing:
                return False
            if await self._was_begun(month) and await self.surface.has_letter(letter):
                await self._note(month)
                # A post whose answer was lost was copied to nobody; who died after the copies makes
                # one too many. Noted first, so that no later look copies again.
                await self.surface.copy_letter(letter)
                return False
            chart = await self.picture(letter, self.phrases)
            await self.surface.show_letter(letter, chart)
            await self._note(month)
            return True

    async def read(self, month: Month) -> MonthlyLetter:
        """Return the letter of a month that is over. Raises StorageError."""
        return await self.reader.letter(month)

    async def picture(self, letter: MonthlyLetter, phrases: Phrases) -> bytes | None:
        """Return the account beside KODEX 200 and its falls; None without two values to compare.

        `phrases` are the language of who will see it.
        """
        if self.painter is None or letter.course is None:
            return None
        days = letter.course.days
        spec = ChartSpec(
            title=phrases.say("letter.chart_title", month=letter.month.first_day),
            subtitle=f"{days[0]:%Y-%m-%d} ~ {days[-1]:%Y-%m-%d}",
            course=letter.course,
            locale=phrases.locale,
        )
        try:
            async with asyncio.timeout(CHART_SECONDS_MAX):
                return await self.painter.paint(spec)
        except (TradingError, TimeoutError) as error:
            # The words say the same; a picture is no reason to keep a letter back.
            _LOG.warning("no picture of the month", month=str(letter.month), error=str(error))
            return None

    def _has_come(self, month: Month) -> bool:
        try:
            session = self.calendar.next_session(month.last_day)
        except CalendarUnknown:
            # Without a table nothing trades, and that is told elsewhere.
            return False
        due = datetime.combine(session, LETTER_AT, tzinfo=KST)
        return self.clock.now() >= due

    async def _was_begun(self, month: Month) -> bool:
        """Note that the post begins; return whether one had begun before."""
        async with self.ledger.transaction() as tx:
            before = await tx.setting(_BEGUN)
            await tx.put_setting(_BEGUN, str(month))
        return before == str(month)

    async def _is_posted(self, month: Month) -> bool:
        async with self.ledger.transaction() as tx:
            return await tx.setting(_POSTED) == str(month)

    async def _note(self, month: Month) -> None:
        async with self.ledger.transaction() as tx:
            await tx.put_setting(_POSTED, str(month))
            await tx.append_journal(
                JournalEntry(
                    at=self.clock.now(),
                    kind=LETTER_POSTED,
                    actor="letter",
                    subject=str(month),
                    facts={},
                )
            )
