"""The board on a real ledger: what it finds is remembered and handed out, and nobody waits for it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from bot import locales
from core.domain.conditions import Condition, Severity
from core.domain.krx import KST
from core.errors import StorageError
from core.runtime.supervisor import TaskSupervisor
from core.services.alerts.board import Board, BoardContext
from core.services.alerts.book import ConditionBook
from core.services.alerts.letterbox import Letterbox, Terms
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.fakes.hand_clock import HandClock

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=KST)
TERMS = Terms(takes_warnings=True, quiet=None, rate=12)
PHRASES = locales.load("ko")


class Channel:
    """Takes what it is given, refuses it, or hangs."""

    def __init__(self, name, *, works=True):
        self.name, self.works, self.sent, self.could_wait = name, works, [], []
        self.gate = asyncio.Event()
        self.gate.set()

    async def send(self, title, body, severity, *, can_wait=False):
        await self.gate.wait()
        self.sent.append((title, body, severity))
        self.could_wait.append(can_wait)
        return self.works


class Scene:
    def __init__(self, ledger):
        self.found, self.fault = {}, None
        self.ledger, self.clock = ledger, HandClock(NOW)
        self.supervisor = TaskSupervisor()
        self.slack, self.mail = Channel("slack"), Channel("email")
        self.start()

    def start(self, formerly=()):
        self.book = ConditionBook()
        self.board = Board(
            BoardContext(
                look=self._look,
                book=self.book,
                boxes=[Letterbox(one, TERMS) for one in (self.slack, self.mail)],
                clock=self.clock,
                host_clock=self.clock,
                supervisor=self.supervisor,
                phrases=PHRASES,
                ledger=self.ledger,
                formerly=dict(formerly),
            )
        )

    async def _look(self):
        if self.fault is not None:
            raise self.fault
        return self.found

    async def round(self):
        await self.board.look()
        self.board.deliver()
        await self.settled()

    async def settled(self):
        """Wait for every delivery but those that hang."""
        hang = {f"alert {one.name}" for one in (self.slack, self.mail) if not one.gate.is_set()}
        async with asyncio.timeout(30):
            while set(self.supervisor.names()) - hang:  # noqa: ASYNC110 - no event tells it
                await asyncio.sleep(0)


@pytest.fixture
async def scene(database_file):
    database = await open_database(f"sqlite:///{database_file}", migrate=False)
    made = Scene(SqlLedger(database))
    yield made
    await made.supervisor.aclose()
    await database.close()


async def test_a_condition_is_told_with_its_page_and_so_is_its_end(scene):
    scene.found = {Condition.DISK: "디스크의 빈 자리가 3MB뿐입니다."}
    await scene.round()
    await scene.round()
    ((title, body, severity),) = scene.slack.sent
    assert title == "🟡 주의 · 디스크 빈 자리"
    assert body == (
        "디스크의 빈 자리가 3MB뿐입니다.\n11-20 10:00부터 · 할 일: docs/runbooks/disk.md"
    )
    assert severity is Severity.WARNING
    assert scene.book.severity is Severity.WARNING
    scene.clock.set(NOW + timedelta(minutes=5))
    scene.found = {}
    await scene.round()
    assert scene.slack.sent[1][0] == "더 이상 해당하지 않음 · 디스크 빈 자리"
    assert "더 이상 해당하지 않습니다(10:05 확인)" in scene.slack.sent[1][1]
    assert scene.mail.sent == scene.slack.sent
    assert scene.book.standing == {}


async def test_several_at_once_are_one_message_as_urgent_as_the_worst(scene):
    scene.found = {Condition.DISK: "a", Condition.NAV_FLOOR: "b", Condition.TOKEN: "c"}
    await scene.round()
    ((title, body, severity),) = scene.slack.sent
    assert title.endswith("외 2건")
    assert body.count("할 일: docs/runbooks/") == 3
    assert severity is Severity.CRITICAL


async def test_only_upkeep_alone_can_wait_and_so_can_its_end(scene):
    """Without prices no stop-loss is proposed, without a token no order goes: neither waits."""
    for found, waits in (
        ({Condition.DISK: "a", Condition.BACKUP_AGE: "b"}, True),
        ({Condition.DISK: "a", Condition.STALE_FEED: "c"}, False),
        # The end of both STALE_FEED and DISK is one message.
        ({Condition.TOKEN: "d"}, False),
        ({}, False),
        ({Condition.DISK: "a"}, True),
        ({}, True),
    ):
        scene.found = found
        await scene.round()
        assert scene.slack.could_wait[-1] is waits
    assert len(scene.slack.sent) == 6


async def test_a_channel_that_hangs_keeps_only_its_own_letters(scene):
    scene.slack.gate.clear()
    scene.found = {Condition.DISK: "a"}
    await scene.round()
    scene.found = {Condition.DISK: "a", Condition.TOKEN: "b"}
    await scene.round()
    assert scene.slack.sent == []
    assert len(scene.mail.sent) == 2
    assert scene.supervisor.names() == ("alert slack",)
    scene.slack.gate.set()
    await scene.round()
    await scene.round()
    assert [title for title, _, _ in scene.slack.sent] == [
        "🟡 주의 · 디스크 빈 자리",
        "🟡 주의 · 접속 토큰",
    ]


async def test_what_a_channel_refused_is_sent_again_later(scene):
    scene.mail.works = False
    scene.found = {Condition.DISK: "a"}
    await scene.round()
    await scene.round()
    assert len(scene.mail.sent) == 1
    scene.mail.works = True
    scene.clock.set(NOW + timedelta(seconds=30))
    await scene.round()
    await scene.round()
    assert len(scene.mail.sent) == 2
    assert len(scene.slack.sent) == 1


async def test_a_restart_tells_nothing_twice_and_still_tells_the_end(scene):
    scene.found = {Condition.DISK: "a"}
    await scene.round()
    scene.start()
    await scene.board.restore()
    await scene.round()
    assert len(scene.slack.sent) == 1
    scene.found = {}
    await scene.round()
    assert [title for title, _, _ in scene.slack.sent][1:] == [
        "더 이상 해당하지 않음 · 디스크 빈 자리"
    ]


async def test_what_was_stored_under_an_earlier_name_is_taken_up_once(scene):
    scene.slack.name, scene.mail.name = "urls", "urls-2"
    scene.mail.works = False
    scene.found = {Condition.DISK: "a"}
    await scene.round()
    scene.slack.name, scene.mail.name, scene.mail.works = "urls-aaaaaaaa", "urls-bbbbbbbb", True
    formerly = {"urls-aaaaaaaa": "urls", "urls-bbbbbbbb": "urls-2"}
    scene.start(formerly)
    await scene.board.restore()
    await scene.round()
    # The first had heard of it, the second had not.
    assert (len(scene.slack.sent), len(scene.mail.sent)) == (1, 2)
    # The first address is taken away: the second now stands at its place and keeps what it heard.
    scene.slack.name = "urls-cccccccc"
    scene.start({"urls-bbbbbbbb": "urls", "urls-cccccccc": "urls-2"})
    await scene.board.restore()
    await scene.round()
    assert (len(scene.slack.sent), len(scene.mail.sent)) == (2, 2)


async def test_the_end_of_what_is_being_sent_is_told_after_it(scene):
    scene.slack.gate.clear()
    scene.found = {Condition.DISK: "a"}
    await scene.round()
    scene.found = {}
    await scene.round()
    assert scene.slack.sent == []
    scene.slack.gate.set()
    await scene.settled()
    await scene.round()
    assert [title for title, _, _ in scene.slack.sent] == [
        "🟡 주의 · 디스크 빈 자리",
        "더 이상 해당하지 않음 · 디스크 빈 자리",
    ]


async def test_a_restart_tells_what_a_channel_had_not_taken(scene):
    scene.mail.works = False
    scene.found = {Condition.DISK: "a"}
    await scene.round()
    scene.start()
    scene.mail.works = True
    await scene.board.restore()
    await scene.round()
    assert [title for title, _, _ in scene.mail.sent] == ["🟡 주의 · 디스크 빈 자리"] * 2
    assert len(scene.slack.sent) == 1


async def test_a_broken_database_is_a_condition_and_ends_nothing_else(scene):
    scene.found = {Condition.DISK: "a"}
    await scene.round()
    scene.fault = StorageError("gone")
    await scene.round()
    assert set(scene.book.standing) == {Condition.DISK, Condition.DATABASE}
    assert "데이터베이스를 읽을 수 없습니다: gone" in scene.slack.sent[1][1]
    scene.fault = None
    await scene.round()
    assert set(scene.book.standing) == {Condition.DISK}


async def test_a_defect_in_the_look_leaves_everything_as_it_was(scene):
    scene.found = {Condition.DISK: "a"}
    await scene.round()
    scene.fault = ValueError("a defect")
    await scene.round()
    assert set(scene.book.standing) == {Condition.DISK}
    assert len(scene.slack.sent) == 1


async def test_it_looks_for_ever(scene):
    scene.found = {Condition.DISK: "a"}
    scene.supervisor.start("conditions", scene.board.run())
    async with asyncio.timeout(30):
        while not scene.slack.sent:  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)
    assert "conditions" in scene.supervisor.names()
