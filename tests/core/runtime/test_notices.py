"""What people chose survives, holds back what it should, and is told together once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot import locales
from core.domain.notices import Loudness, NoticeKind
from core.domain.outbox import OutboxMessage
from core.domain.quiet_hours import quiet_hours
from core.errors import StorageError
from core.runtime.notice_book import NoticeBook
from core.runtime.notice_digest import LINES_MAX, TEXTS_CHARACTERS_MAX, NoticeDigest
from core.runtime.outbox import READ_AT_ONCE, LedgerOutbox
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.fakes.desk_kit import DAY, at
from tests.fakes.hand_clock import HandClock

ALICE, BOB = 11, 12
RULE = "watch:rule:info:r"
DOUBT = "doubt:4F9KQ2ZD-1:0"


@dataclass
class Channel:
    shown: list[OutboxMessage] = field(default_factory=list)
    down: bool = False

    async def post(self, message: OutboxMessage) -> bool:
        if not self.down:
            self.shown.append(message)
        return not self.down


@dataclass
class Place:
    ledger: SqlLedger
    clock: HandClock = field(default_factory=lambda: HandClock(at(10)))
    channel: Channel = field(default_factory=Channel)
    people: set[int] = field(default_factory=lambda: {ALICE})

    async def begin(self) -> None:
        """One life of the process."""
        self.book = NoticeBook(self.ledger, self.clock, lambda: self.people)
        await self.book.load()
        self.outbox = LedgerOutbox(self.ledger, self.clock, self.channel, self.book.must_wait)
        self.digest = NoticeDigest(
            book=self.book,
            ledger=self.ledger,
            outbox=self.outbox,
            clock=self.clock,
            phrases=locales.load("ko"),
        )

    async def tell(self, key: str, title: str) -> None:
        async with self.ledger.transaction() as tx:
            await self.outbox.tell(tx, key, title, "글")
        await self.outbox.deliver()

    async def look(self) -> list[tuple[str, str]]:
        """Return what is on show after the digest looked."""
        await self.digest.look()
        await self.outbox.deliver()
        return [(one.title, one.text) for one in self.channel.shown]


@pytest.fixture
async def place(database_file):
    database = await open_database(f"sqlite:///{database_file}", migrate=False)
    made = Place(SqlLedger(database))
    await made.begin()
    yield made
    await database.close()


async def test_choices_survive_a_restart_and_are_written_down(place):
    await place.book.choose(NoticeKind.WATCH, Loudness.OFF, by=ALICE)
    await place.book.choose(NoticeKind.CLOSING, Loudness.ON, by=BOB)
    await place.book.set_quiet(quiet_hours("22:00-07:00"), by=ALICE)
    await place.book.set_quiet(None, by=BOB)
    before = place.book.current
    await place.begin()
    assert place.book.current == before
    assert place.book.current.loudness(NoticeKind.WATCH) is Loudness.OFF
    assert str(place.book.current.hours_of(ALICE)) == "22:00-07:00"
    assert place.book.current.hours_of(BOB) is None
    async with place.ledger.transaction() as tx:
        lines = await tx.journal_of("notices")
    assert [(line.kind, line.actor) for line in lines] == [
        ("notices.chosen", str(ALICE)),
        ("notices.chosen", str(BOB)),
        ("notices.chosen", str(ALICE)),
        ("notices.chosen", str(BOB)),
    ]
    assert lines[0].facts == {"kind": "watch", "loudness": "off"}


async def test_shared_quiet_hours_of_before_count_until_a_person_has_own_ones(place):
    async with place.ledger.transaction() as tx:
        await tx.put_setting("quiet_hours", "09:00-11:00")
    place.people.add(BOB)
    await place.begin()
    assert place.book.all_asleep()
    await place.book.set_quiet(None, by=BOB)
    assert place.book.awake() == (BOB,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("notices.loudness", "watch=loud"),
        ("notices.loudness", "tickets=off"),
        ("notices.loudness", "watch"),
        ("notices.quiet_hours", "11=late"),
        ("notices.quiet_hours", "me=22:00-07:00"),
    ],
)
async def test_what_cannot_be_read_is_an_error_and_no_default(place, name, value):
    async with place.ledger.transaction() as tx:
        await tx.put_setting(name, value)
    with pytest.raises(StorageError, match="system notifications"):
        await place.begin()


async def test_what_quiet_hours_keep_back_is_told_once_at_their_end(place):
    await place.book.set_quiet(quiet_hours("10:00-11:00"), by=ALICE)
    await place.tell(RULE + "1", "하나")
    await place.tell("reminder:70:901", "둘")
    await place.tell(DOUBT, "미확인 주문")
    assert await place.look() == [("미확인 주문", "글")]
    assert (await place.outbox.state()).waiting == 0
    assert await place.book.waiting() == 2
    # Also over a restart, and not before the hour is over.
    await place.begin()
    place.clock.set(at(10, 59))
    assert len(await place.look()) == 1
    place.clock.set(at(11))
    assert (await place.look())[1:] == [("모아 둔 알림 2건", "10:00 하나\n10:00 둘")]
    assert place.channel.shown[-1].key == f"digest:on:{RULE}1"
    assert len(await place.look()) == 2
    assert await place.book.waiting() == 0


async def test_what_must_wait_is_put_aside_while_the_channel_takes_nothing(place):
    await place.book.set_quiet(quiet_hours("10:00-11:00"), by=ALICE)
    place.channel.down = True
    await place.tell(DOUBT, "미확인 주문")
    for number in range(READ_AT_ONCE + 5):
        await place.tell(f"{RULE}{number}", f"알림 {number}")
    assert (await place.outbox.state()).waiting == 1
    assert await place.book.waiting() == READ_AT_ONCE + 5


async def test_more_than_is_read_at_once_is_put_aside(place):
    await place.book.set_quiet(quiet_hours("10:00-11:00"), by=ALICE)
    async with place.ledger.transaction() as tx:
        for number in range(READ_AT_ONCE + 5):
            await place.outbox.tell(tx, f"{RULE}{number}", f"알림 {number}", "글")
        await place.outbox.tell(tx, DOUBT, "미확인 주문", "글")
    assert await place.outbox.deliver()
    assert [one.title for one in place.channel.shown] == ["미확인 주문"]
    assert await place.book.waiting() == READ_AT_ONCE + 5


async def test_somebody_awake_hears_at_once(place):
    place.people.add(BOB)
    await place.book.set_quiet(quiet_hours("10:00-11:00"), by=ALICE)
    await place.tell(RULE, "하나")
    assert [one.title for one in place.channel.shown] == ["하나"]
    assert place.book.awake() == (BOB,)


async def test_what_is_off_is_told_at_four_without_a_sound(place):
    await place.book.choose(NoticeKind.WATCH, Loudness.OFF, by=ALICE)
    await place.tell(RULE, "하나")
    await place.tell(DOUBT, "미확인 주문")
    await place.book.keep(NoticeKind.BRIEFING, "briefing-20261116.png", "아침 브리핑")
    # The same report again, after its answer was lost, is one line.
    await place.book.keep(NoticeKind.BRIEFING, "briefing-20261116.png", "아침 브리핑")
    await place.book.choose(NoticeKind.BRIEFING, Loudness.OFF, by=ALICE)
    place.clock.set(at(15, 59))
    assert [title for title, _ in await place.look()] == ["미확인 주문"]
    place.clock.set(at(16))
    assert (await place.look())[1:] == [("모아 둔 알림 2건", "10:00 하나\n10:00 아침 브리핑")]
    assert place.channel.shown[-1].key.startswith("digest:silent:")


async def test_a_digest_is_not_lost_when_the_channel_is_down(place):
    await place.book.set_quiet(quiet_hours("10:00-11:00"), by=ALICE)
    await place.tell(RULE, "하나")
    place.clock.set(at(11))
    place.channel.down = True
    assert await place.look() == []
    await place.begin()
    place.channel.down = False
    assert await place.look() == [("모아 둔 알림 1건", "10:00 하나")]


async def test_what_the_night_kept_back_says_its_day_and_the_rest_is_counted(place):
    await place.book.set_quiet(quiet_hours("09:00-08:00"), by=ALICE)
    for number in range(LINES_MAX + 3):
        await place.tell(f"{RULE}{number}", f"알림 {number}")
    place.clock.set(at(8, 30, day=DAY + timedelta(days=1)))
    [(title, text)] = await place.look()
    assert title == f"모아 둔 알림 {LINES_MAX + 3}건"
    assert text.splitlines()[0] == "11-16 10:00 알림 0"
    assert text.splitlines()[-1] == "그 밖에 3건."
    assert len(text.splitlines()) == LINES_MAX + 1


async def test_upkeep_is_told_with_what_to_do_because_nothing_else_shows_it(place):
    await place.book.set_quiet(quiet_hours("10:00-11:00"), by=ALICE)
    await place.outbox.alert(
        "백업하지 못했습니다",
        f"오늘의 백업이 남지 않았습니다: {'가' * 1000}\n\n고친 뒤 python -m bot backup 을 실행하세요.",
        can_wait=True,
    )
    await place.outbox.alert(
        "디스크 빈 자리", "빈 자리가 3MB뿐입니다.\n할 일: disk.md", can_wait=True
    )
    await place.outbox.alert("글 없는 살림", " ", can_wait=True)
    await place.tell(RULE, "하나")
    place.clock.set(at(11))
    [(title, text)] = await place.look()
    assert title == "모아 둔 알림 4건"
    backup, why, disk, free, bare, rule = text.splitlines()
    assert backup == "10:00 백업하지 못했습니다"
    assert why.startswith("↳ 오늘의 백업이 남지 않았습니다: 가")
    assert " … " in why
    assert why.endswith("고친 뒤 python -m bot backup 을 실행하세요.")
    assert TEXTS_CHARACTERS_MAX // 4 < len(why) <= TEXTS_CHARACTERS_MAX // 3 + 2
    assert (disk, free) == ("10:00 디스크 빈 자리", "↳ 빈 자리가 3MB뿐입니다. 할 일: disk.md")
    assert (bare, rule) == ("10:00 글 없는 살림", "10:00 하나")


async def test_many_long_texts_stay_within_one_message(place):
    await place.book.set_quiet(quiet_hours("10:00-11:00"), by=ALICE)
    for number in range(LINES_MAX + 3):
        await place.outbox.alert(f"살림 {number}", "가나 " * 300, can_wait=True)
    await place.outbox.deliver()
    place.clock.set(at(11))
    [(_, text)] = await place.look()
    assert text.endswith("그 밖에 3건.")
    assert len(text) < 4_096


async def test_what_cannot_be_stored_is_not_in_force(place, monkeypatch):
    def full():
        raise StorageError("disk full")

    monkeypatch.setattr(place.ledger, "transaction", full)
    with pytest.raises(StorageError):
        await place.book.choose(NoticeKind.WATCH, Loudness.OFF, by=ALICE)
    with pytest.raises(StorageError):
        await place.book.set_quiet(quiet_hours("10:00-11:00"), by=ALICE)
    assert place.book.current.loudness(NoticeKind.WATCH) is Loudness.ON
    assert place.book.awake() == (ALICE,)
