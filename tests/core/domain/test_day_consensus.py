from __future__ import annotations

from datetime import date

import pytest

from core.domain.calendar import TradingCalendar
from core.domain.day_consensus import (
    DayWord,
    Question,
    Voices,
    judged,
    table_word,
    with_overrides,
)
from core.domain.special_days import hours_of

OPEN_DAY, CLOSED_DAY, EXAM_DAY = date(2026, 11, 20), date(2026, 12, 25), date(2026, 11, 19)
BEYOND = date(2028, 1, 3)


def word(day: date, session: str) -> DayWord:
    return DayWord(
        day=day,
        hours=hours_of(day, session),
        reason="공지",
        source="거래소",
        as_of=date(2026, 11, 1),
    )


def outcome(
    day: date, *, broker: bool | None = None, own: str = "", answer: bool | None = None
) -> tuple[str, str, Question | None]:
    """Return (hours, source, question) of a day; source is "table" where no ruling is made."""
    override = word(day, own) if own else None
    verdict = judged(
        day, Voices(table=table_word(day), broker=broker, override=override, answer=answer)
    )
    if verdict.ruling is None:
        return "", "table", verdict.question
    hours = verdict.ruling.hours
    text = f"{hours.opens:%H:%M}-{hours.closes:%H:%M}" if hours else "closed"
    return text, verdict.ruling.source, verdict.question


TABLE = ("", "table", None)
DISPUTED = ("closed", "unsettled", Question.DISAGREEMENT)


@pytest.mark.parametrize(
    ("day", "voices", "expected"),
    [
        # All agree, or are silent: the table stands.
        (OPEN_DAY, {}, TABLE),
        (OPEN_DAY, {"broker": True}, TABLE),
        (CLOSED_DAY, {"broker": False}, TABLE),
        (OPEN_DAY, {"broker": True, "answer": False}, TABLE),
        # One says closed and another open: closed, and asked.
        (OPEN_DAY, {"broker": False}, DISPUTED),
        (CLOSED_DAY, {"broker": True}, DISPUTED),
        (CLOSED_DAY, {"own": "09:00-15:30"}, DISPUTED),
        (OPEN_DAY, {"broker": False, "own": "09:00-15:30"}, DISPUTED),
        # What the user closed is closed, without a question.
        (OPEN_DAY, {"own": "closed"}, ("closed", "override", None)),
        (OPEN_DAY, {"own": "closed", "broker": True}, ("closed", "override", None)),
        (OPEN_DAY, {"own": "closed", "broker": True, "answer": True}, ("closed", "override", None)),
        # The user's hours of a day that everybody calls open.
        (OPEN_DAY, {"own": "10:00-16:30"}, ("10:00-16:30", "override", None)),
        (EXAM_DAY, {"own": "09:00-15:30", "broker": True}, ("09:00-15:30", "override", None)),
        # An answer settles a question, with the hours of whoever knows them.
        (OPEN_DAY, {"broker": False, "answer": False}, ("closed", "answer", None)),
        (OPEN_DAY, {"broker": False, "answer": True}, ("09:00-15:30", "answer", None)),
        (EXAM_DAY, {"broker": False, "answer": True}, ("10:00-16:30", "answer", None)),
        (CLOSED_DAY, {"broker": True, "answer": True}, ("09:00-15:30", "answer", None)),
        (CLOSED_DAY, {"own": "10:00-15:30", "answer": True}, ("10:00-15:30", "answer", None)),
        # Beyond the table only a person, or what a person wrote down, opens a day.
        (BEYOND, {}, ("closed", "unsettled", Question.BEYOND_TABLE)),
        (BEYOND, {"broker": True}, ("closed", "unsettled", Question.BEYOND_TABLE)),
        (BEYOND, {"broker": True, "answer": True}, ("09:00-15:30", "answer", None)),
        (BEYOND, {"own": "10:00-15:30"}, ("10:00-15:30", "override", None)),
        (BEYOND, {"own": "10:00-15:30", "broker": False}, DISPUTED),
        (BEYOND, {"own": "closed"}, ("closed", "override", None)),
    ],
)
def test_a_day_is_closed_if_any_side_says_so(day: date, voices: dict, expected: tuple) -> None:
    assert outcome(day, **voices) == expected


def test_the_users_words_alone_make_rulings() -> None:
    words = {
        one.day: one
        for one in (
            word(OPEN_DAY, "closed"),
            word(CLOSED_DAY, "09:00-15:30"),
            word(EXAM_DAY, "10:00-16:30"),
        )
    }
    calendar = TradingCalendar(with_overrides(words))
    assert calendar.hours(OPEN_DAY) is None
    assert calendar.hours(CLOSED_DAY) is None
    assert calendar.describe(CLOSED_DAY).source == "unsettled"
    assert calendar.describe(EXAM_DAY).source == "override"
