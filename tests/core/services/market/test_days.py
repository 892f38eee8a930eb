from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, cast

import pytest

from bot import locales
from core.domain.calendar import Ruling, TradingCalendar
from core.domain.day_consensus import DayWord, Question, table_word
from core.domain.krx import KST
from core.domain.krx_days import TABLE_ENDS
from core.domain.modes import Mode
from core.domain.special_days import hours_of
from core.errors import BrokerUnavailable, ConfigurationError, NotOfferedHere
from core.ports.broker import BrokerIdentity
from core.ports.ledger import Ledger
from core.services.market.days import (
    SETTING_DAYS,
    DayAnswer,
    DayConsensus,
    question_key,
)
from tests.bot.operations.kit import FakeSettingsLedger
from tests.fakes.fake_cycle_desk import FakeCycleClock

FRIDAY, MONDAY, CHRISTMAS = date(2026, 11, 20), date(2026, 11, 23), date(2026, 12, 25)
BEYOND = date(2028, 1, 3)


@dataclass
class HolidayList:
    """A broker that knows some days; `silence` is what it raises instead of answering."""

    mode: Mode = Mode.REAL
    says: dict[date, bool] = field(default_factory=dict)
    silence: Exception | None = None
    asked: list[date] = field(default_factory=list)

    @property
    def identity(self) -> BrokerIdentity:
        return BrokerIdentity(
            broker="kis", mode=self.mode, base_url="", account_masked="", account_hash=""
        )

    async def is_open_day(self, day: date) -> bool:
        self.asked.append(day)
        if self.silence is not None:
            raise self.silence
        known = table_word(day)
        return self.says.get(day, known is None or known.hours is not None)


@dataclass
class Bell:
    rung: dict[str, tuple[str, str]] = field(default_factory=dict)

    async def ring(self, key: str, title: str, text: str) -> bool:
        self.rung.setdefault(key, (title, text))
        return True


@dataclass
class Case:
    """The service with everything it meets, and the calendar that everybody else asks."""

    broker: HolidayList = field(default_factory=HolidayList)
    bell: Bell = field(default_factory=Bell)
    ledger: FakeSettingsLedger = field(default_factory=FakeSettingsLedger)
    clock: FakeCycleClock = field(
        default_factory=lambda: FakeCycleClock(datetime(2026, 11, 19, 18, 0, tzinfo=KST))
    )
    words: dict[date, DayWord] = field(default_factory=dict)
    broken_file: bool = False
    opened: list[date] = field(default_factory=list)
    rulings: dict[date, Ruling] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.calendar = TradingCalendar(self.rulings)
        self.days = self.started()

    def started(self) -> DayConsensus:
        ledger: Any = self.ledger
        days = DayConsensus(
            broker=self.broker,
            ledger=cast("Ledger", ledger),
            clock=self.clock,
            outbox=self.bell,
            phrases=locales.load("ko"),
            rulings=self.rulings,
            own_words=self._read,
        )
        days.when_opened = self.opened.append
        return days

    def _read(self) -> dict[date, DayWord]:
        if self.broken_file:
            raise ConfigurationError("calendar.toml: no")
        return dict(self.words)

    def write(self, day: date, session: str) -> None:
        self.words[day] = DayWord(
            day=day,
            hours=hours_of(day, session),
            reason="공지",
            source="거래소",
            as_of=date(2026, 11, 1),
        )


@pytest.fixture
def case() -> Case:
    return Case()


def asked(day: date, question: Question = Question.DISAGREEMENT, *, again: bool = False) -> str:
    return question_key(day, question, again=again)


async def test_where_all_agree_nothing_is_ruled_and_nobody_is_asked(case: Case) -> None:
    await case.days.look_ahead()
    assert (case.rulings, case.bell.rung) == ({}, {})
    assert case.broker.asked == [FRIDAY]
    # Known by now: the morning asks the broker no second time.
    await case.days.settle(FRIDAY)
    assert case.broker.asked == [FRIDAY]


async def test_a_disagreement_closes_the_day_and_asks_the_evening_before(case: Case) -> None:
    case.broker.says[FRIDAY] = False
    await case.days.look_ahead()
    assert not case.calendar.is_session(FRIDAY)
    title, text = case.bell.rung[asked(FRIDAY)]
    assert title == "2026-11-20에 장이 열리는지 확인해 주세요"
    assert "달력: 개장 · 증권사: 휴장 · 내 파일(calendar.toml): 말 없음" in text
    # Nobody answered: in the morning it is asked again, once.
    case.clock.at = datetime(2026, 11, 20, 8, 0, tzinfo=KST)
    verdict = await case.days.settle(FRIDAY)
    await case.days.settle(FRIDAY)
    assert verdict.question is Question.DISAGREEMENT
    assert list(case.bell.rung) == [asked(FRIDAY), asked(FRIDAY, again=True)]


async def test_a_broker_that_opens_a_holiday_is_not_believed_alone(case: Case) -> None:
    case.broker.says[CHRISTMAS] = True
    await case.days.settle(CHRISTMAS)
    assert not case.calendar.is_session(CHRISTMAS)
    assert await case.days.answer(CHRISTMAS, is_open=True, actor="1") is DayAnswer.OPENED
    assert case.calendar.is_session(CHRISTMAS)


async def test_an_answer_is_kept_journalled_and_told(case: Case) -> None:
    case.broker.says[FRIDAY] = False
    await case.days.settle(FRIDAY)
    assert await case.days.answer(FRIDAY, is_open=True, actor="77") is DayAnswer.OPENED
    assert case.calendar.is_session(FRIDAY)
    assert case.opened == [FRIDAY]
    (entry,) = case.ledger.journal
    assert (entry.kind, entry.actor, entry.subject) == ("calendar.answered", "77", "2026-11-20")
    assert entry.facts == {"open": True, "broker": False}
    # A restart forgets nothing.
    case.rulings.clear()
    await case.started().restore()
    assert case.calendar.is_session(FRIDAY)
    assert case.calendar.describe(FRIDAY).source == "answer"
    # Minds change until the day is over.
    assert await case.days.answer(FRIDAY, is_open=False, actor="77") is DayAnswer.CLOSED
    assert not case.calendar.is_session(FRIDAY)
    assert case.opened == [FRIDAY]


async def test_an_unsettled_day_stays_closed_over_a_restart(case: Case) -> None:
    case.broker.says[FRIDAY] = False
    await case.days.settle(FRIDAY)
    case.rulings.clear()
    await case.started().restore()
    assert not case.calendar.is_session(FRIDAY)


async def test_only_what_was_asked_can_be_answered(case: Case) -> None:
    assert await case.days.answer(FRIDAY, is_open=False, actor="1") is DayAnswer.NOT_ASKED
    past = date(2026, 11, 18)
    assert await case.days.answer(past, is_open=True, actor="1") is DayAnswer.PAST
    assert (case.rulings, case.ledger.journal, case.opened) == ({}, [], [])
    # Nobody needs to listen.
    case.broker.says[FRIDAY] = False
    await case.days.settle(FRIDAY)
    case.days.when_opened = None
    assert await case.days.answer(FRIDAY, is_open=True, actor="1") is DayAnswer.OPENED


@pytest.mark.parametrize(
    ("silence", "rung"),
    [(NotOfferedHere("vts"), []), (BrokerUnavailable("down"), ["calendar-silent:2026-11-20"])],
)
async def test_a_broker_that_does_not_say_leaves_it_to_the_others_and_is_asked_again(
    case: Case, silence: Exception, rung: list[str]
) -> None:
    case.broker.silence = silence
    await case.days.settle(FRIDAY)
    assert (case.rulings, list(case.bell.rung), case.ledger.rows) == ({}, rung, {})
    case.broker.silence = None
    case.broker.says[FRIDAY] = False
    await case.days.settle(FRIDAY)
    assert not case.calendar.is_session(FRIDAY)


async def test_silence_is_told_only_where_the_bot_would_trade_without_asking(case: Case) -> None:
    case.broker.silence = BrokerUnavailable("down")
    await case.days.settle(CHRISTMAS)  # closed by the table
    assert case.bell.rung == {}
    await case.days.settle(BEYOND)  # asked about
    assert list(case.bell.rung) == [question_key(BEYOND, Question.BEYOND_TABLE, again=False)]
    case.words[FRIDAY] = DayWord(
        day=FRIDAY,
        hours=hours_of(FRIDAY, "10:00-16:30"),
        reason="수능",
        source="공지",
        as_of=MONDAY,
    )
    await case.days.settle(FRIDAY)  # open by table and file
    title, text = case.bell.rung["calendar-silent:2026-11-20"]
    assert "2026-11-20" in title
    assert "답이 없었습니다" in text


async def test_the_simulated_exchange_is_no_second_opinion(case: Case) -> None:
    case.broker.mode = Mode.SIM
    case.broker.says[FRIDAY] = False
    await case.days.settle(FRIDAY)
    assert (case.broker.asked, case.rulings) == ([], {})


async def test_weekends_are_nobodys_question(case: Case) -> None:
    case.clock.at = datetime(2026, 11, 20, 18, 0, tzinfo=KST)
    await case.days.look_ahead()
    assert case.broker.asked == []
    # But the user may say something of one.
    case.write(date(2026, 11, 21), "10:00-12:00")
    await case.days.look_ahead()
    assert asked(date(2026, 11, 21)) in case.bell.rung


async def test_the_users_file_is_read_anew(case: Case) -> None:
    case.write(FRIDAY, "closed")
    case.write(MONDAY, "10:00-16:30")
    await case.days.restore()
    assert not case.calendar.is_session(FRIDAY)
    hours = case.calendar.hours(MONDAY)
    assert hours is not None
    assert f"{hours.closes:%H:%M}" == "16:30"
    del case.words[FRIDAY]
    case.write(MONDAY, "09:00-16:00")
    await case.days.settle(FRIDAY)
    assert case.calendar.is_session(FRIDAY)
    hours = case.calendar.hours(MONDAY)
    assert hours is not None
    assert f"{hours.closes:%H:%M}" == "16:00"


async def test_a_file_that_became_unreadable_keeps_what_was_read_and_alarms(case: Case) -> None:
    case.write(FRIDAY, "closed")
    await case.days.restore()
    case.broken_file = True
    await case.days.settle(FRIDAY)
    assert not case.calendar.is_session(FRIDAY)
    title, text = case.bell.rung["calendar-file:2026-11-19"]
    assert title == "calendar.toml 을 읽을 수 없습니다"
    assert "calendar.toml: no" in text
    with pytest.raises(ConfigurationError):
        await case.started().restore()


async def test_beyond_the_table_a_person_opens_each_day(case: Case) -> None:
    case.clock.at = datetime(2028, 1, 2, 18, 0, tzinfo=KST)
    case.broker.says[BEYOND] = True
    await case.days.look_ahead()
    key = asked(BEYOND, Question.BEYOND_TABLE)
    assert case.bell.rung[key][0] == "2028-01-03은(는) 거래일 달력 밖의 날입니다"
    assert "달력: 말 없음 · 증권사: 개장" in case.bell.rung[key][1]
    assert not case.calendar.is_session(BEYOND)
    assert await case.days.answer(BEYOND, is_open=True, actor="1") is DayAnswer.OPENED
    assert case.calendar.is_session(BEYOND)


@pytest.mark.parametrize(("left", "warned"), [(91, False), (90, True), (3, True), (-5, True)])
async def test_the_end_of_the_table_is_told_ninety_days_before(
    case: Case, left: int, warned: bool
) -> None:
    today = TABLE_ENDS - timedelta(days=left)
    case.clock.at = datetime.combine(today, datetime.min.time(), tzinfo=KST).replace(hour=18)
    await case.days.look_ahead()
    told = [key for key in case.bell.rung if key.startswith("calendar-end:")]
    assert bool(told) is warned
    if warned:
        assert f"({max(left, 0)}일 남음)" in case.bell.rung[told[0]][1]


async def test_days_that_are_over_are_not_kept(case: Case) -> None:
    case.broker.says[FRIDAY] = False
    await case.days.settle(FRIDAY)
    case.clock.at = datetime(2026, 11, 22, 18, 0, tzinfo=KST)
    await case.days.look_ahead()
    assert "2026-11-20" not in case.ledger.rows[SETTING_DAYS]
    assert "2026-11-23" in case.ledger.rows[SETTING_DAYS]


@pytest.mark.parametrize("name", locales.LOCALES)
def test_every_question_and_answer_has_its_words(name: str) -> None:
    phrases = locales.load(name)
    for question in Question:
        assert phrases.sentences[f"calendar.ask_{question.value}"]
        assert phrases.sentences[f"calendar.ask_{question.value}_title"]
        assert phrases.sentences[f"calendar.reason_{question.value}"]
    for answer in DayAnswer:
        assert phrases.sentences[f"calendar.answer_{answer.value}"]
