"""Whether a day has a session, heard from several sides: closed if any of them says closed.

The sides are the committed table, the broker's holiday list, and what the user wrote down. Where
they differ, or where the table ends, a person is asked; until there is an answer the day counts as
closed, so nothing trades by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from core.domain.calendar import CalendarDay, CalendarUnknown, Ruling, TradingCalendar
from core.domain.krx import SessionHours, regular_hours

OVERRIDE, ANSWER, UNSETTLED = "override", "answer", "unsettled"


class Question(Enum):
    """Why a person must be asked. The locale files hold a sentence per member."""

    DISAGREEMENT = "disagreement"
    BEYOND_TABLE = "beyond_table"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayWord:
    """What the user wrote down about one day: closed (`hours` None) or a session.

    `source` and `as_of` are the user's: which notice, of when.
    """

    day: date
    hours: SessionHours | None
    reason: str
    source: str
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """What each side says of one day; None where a side is silent.

    `broker` and `answer` are True for open. `answer` is a person's decision on a question.
    """

    table: CalendarDay | None
    broker: bool | None = None
    override: DayWord | None = None
    answer: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayVerdict:
    """What follows: a ruling in place of the table (None: the table stands), and what to ask."""

    ruling: Ruling | None = None
    question: Question | None = None


def judged(day: date, voices: Voices) -> DayVerdict:
    """Return what `day` is by all voices.

    What the user closed is closed, whatever the others say. A question stays open until it is
    answered; an answer counts for what was asked only, so where all agree it changes nothing.
    """
    own = voices.override
    if own is not None and own.hours is None:
        return DayVerdict(ruling=Ruling(hours=None, source=OVERRIDE, reason=own.reason))
    question = _question(voices)
    if question is not None:
        return _settled(day, voices, question)
    if own is not None:
        return DayVerdict(ruling=Ruling(hours=own.hours, source=OVERRIDE, reason=own.reason))
    return DayVerdict()


def with_overrides(words: Mapping[date, DayWord]) -> dict[date, Ruling]:
    """Return the rulings that follow from table and user alone, without a broker to ask."""
    verdicts = {
        day: judged(day, Voices(table=table_word(day), override=word))
        for day, word in words.items()
    }
    return {day: one.ruling for day, one in verdicts.items() if one.ruling is not None}


def table_word(day: date) -> CalendarDay | None:
    """Return what the committed table alone says of `day`, None beyond it."""
    try:
        return TradingCalendar().describe(day)
    except CalendarUnknown:
        return None


def _question(voices: Voices) -> Question | None:
    """Return what a person must settle. A table that ends is one only where the user is silent."""
    said = [
        None if voices.table is None else voices.table.hours is not None,
        voices.broker,
        None if voices.override is None else voices.override.hours is not None,
    ]
    known = {one for one in said if one is not None}
    if len(known) > 1:
        return Question.DISAGREEMENT
    if voices.table is None and voices.override is None:
        return Question.BEYOND_TABLE
    return None


def _settled(day: date, voices: Voices, question: Question) -> DayVerdict:
    if voices.answer is None:
        closed = Ruling(hours=None, source=UNSETTLED, reason=question.value)
        return DayVerdict(ruling=closed, question=question)
    if not voices.answer:
        return DayVerdict(ruling=Ruling(hours=None, source=ANSWER))
    return DayVerdict(ruling=Ruling(hours=_hours(day, voices), source=ANSWER))


def _hours(day: date, voices: Voices) -> SessionHours:
    """Return the hours of a day that a person called open: the user's, the table's, or regular."""
    for side in (voices.override, voices.table):
        if side is not None and side.hours is not None:
            return side.hours
    return regular_hours(day)
