from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import structlog

from core.domain.notices import kind_of
from core.domain.outbox import OutboxMessage
from core.errors import StorageError
from core.runtime.outbox import TRIES_IN_FRONT, UNSTORED_MAX, LedgerOutbox
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.fakes.desk_kit import at
from tests.fakes.hand_clock import HandClock


@dataclass
class Channel:
    """What people see; a repeat of a key shows nothing, as Discord's nonce has it."""

    shown: list[str] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)
    down: bool = False
    loses_answers: bool = False
    raises: bool = False
    refuses: set[str] = field(default_factory=set)
    _keys: set[str] = field(default_factory=set)

    async def post(self, message: OutboxMessage) -> bool:
        self.posts.append(message.title)
        await asyncio.sleep(0)
        if self.raises:
            raise KeyError("a channel that raises")
        if self.down or message.title in self.refuses:
            return False
        if message.key not in self._keys:
            self._keys.add(message.key)
            self.shown.append(message.title)
        return not self.loses_answers


class Breakable:
    """A ledger whose disk can be full."""

    def __init__(self, ledger: SqlLedger) -> None:
        self._ledger = ledger
        self.full = False

    @asynccontextmanager
    async def transaction(self):
        if self.full:
            raise StorageError("database or disk is full")
        async with self._ledger.transaction() as tx:
            yield tx


@pytest.fixture
def file(database_file):
    return database_file


@pytest.fixture
async def ledger(file):
    database = await open_database(f"sqlite:///{file}", migrate=False)
    yield Breakable(SqlLedger(database))
    await database.close()


@pytest.fixture
def clock():
    return HandClock(at(10))


@pytest.fixture
def channel():
    return Channel()


@pytest.fixture
def outbox(ledger, clock, channel):
    return LedgerOutbox(ledger, clock, channel)


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def until(condition) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0)


async def test_what_was_told_and_not_delivered_is_delivered_after_the_restart(file, clock):
    first = await open_database(f"sqlite:///{file}", migrate=False)
    ledger = SqlLedger(first)
    silent = Channel(down=True)
    outbox = LedgerOutbox(ledger, clock, silent)
    async with ledger.transaction() as tx:
        assert await outbox.tell(tx, "doubt:A:0", "미확인", "주문 A")
        assert not await outbox.tell(tx, "doubt:A:0", "미확인", "주문 A")
    assert await outbox.alert("작업 실패", "scheduler")
    assert await outbox.deliver() is False
    assert silent.shown == []
    await first.close()

    second = await open_database(f"sqlite:///{file}", migrate=False)
    ledger, channel = SqlLedger(second), Channel()
    outbox = LedgerOutbox(ledger, clock, channel)
    assert (await outbox.state()).waiting == 2
    assert await outbox.deliver() is True
    assert channel.shown == ["미확인", "작업 실패"]
    async with ledger.transaction() as tx:
        assert not await outbox.tell(tx, "doubt:A:0", "미확인", "주문 A")
    assert await outbox.deliver() is True
    assert channel.posts == channel.shown
    await second.close()


async def test_a_lost_answer_posts_again_and_shows_once(outbox, channel):
    await outbox.ring("k", "한 번", "")
    channel.loses_answers = True
    assert await outbox.deliver() is False
    channel.loses_answers = False
    assert await outbox.deliver() is True
    assert (channel.posts, channel.shown) == (["한 번", "한 번"], ["한 번"])


async def test_the_same_words_within_an_hour_are_one_alarm(outbox, clock, channel):
    for minutes in (0, 59, 1):
        clock.move(60 * minutes)
        await outbox.alert("마감 실패", "2026-11-16")
    await outbox.alert("마감 실패", "2026-11-17")
    assert await outbox.deliver() is True
    assert channel.shown == ["마감 실패"] * 3


async def test_what_can_wait_obeys_quiet_hours_and_the_rest_does_not(ledger, clock, channel):
    sleeping = LedgerOutbox(ledger, clock, channel, lambda key: kind_of(key) is not None)
    await sleeping.alert("백업 실패", "", can_wait=True)
    await sleeping.alert("매매 정지", "")
    assert await sleeping.deliver() is True
    assert channel.shown == ["매매 정지"]
    async with ledger.transaction() as tx:
        assert [one.title for one in await tx.held_back()] == ["백업 실패"]


async def test_an_alarm_of_an_undone_transaction_is_not_told(ledger, outbox, channel):
    async def fail():
        async with ledger.transaction() as tx:
            await outbox.tell(tx, "k", "없던 일", "")
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    assert await outbox.deliver() is True
    assert channel.posts == []


async def test_a_message_that_is_always_refused_does_not_silence_the_later_ones(outbox, channel):
    channel.refuses = {"독"}
    await outbox.ring("1", "독", "")
    await outbox.ring("2", "다음", "")
    for _ in range(TRIES_IN_FRONT):
        assert await outbox.deliver() is False
        assert channel.shown == []
    assert await outbox.deliver() is False
    assert channel.shown == ["다음"]
    assert [message.title for message in await outbox.waiting()] == ["독"]
    channel.refuses = set()
    assert await outbox.deliver() is True
    assert channel.shown == ["다음", "독"]


async def test_a_dead_channel_is_not_asked_for_every_message(outbox, channel):
    channel.down = True
    for number in range(10):
        await outbox.ring(str(number), f"{number}", "")
    for _ in range(40):
        await outbox.deliver()
    channel.posts.clear()
    assert await outbox.deliver() is False
    assert channel.posts == ["0", "1", "2"]


async def test_more_than_one_read_is_delivered(outbox, channel):
    for number in range(150):
        await outbox.ring(str(number), f"{number}", "")
    assert (await outbox.state()).waiting == 100
    assert await outbox.deliver() is True
    assert channel.shown == [f"{number}" for number in range(150)]


async def test_a_full_disk_is_told_without_the_database(ledger, outbox, channel):
    ledger.full = True
    for _ in range(3):
        assert await outbox.alert("디스크", "가득 찼습니다")
        assert await outbox.deliver() is False
    assert channel.shown == ["디스크"]
    with pytest.raises(StorageError):
        await outbox.state()
    ledger.full = False
    assert await outbox.deliver() is True
    assert (await outbox.state()).waiting == 0
    assert channel.posts == ["디스크"]


async def test_an_alarm_that_nothing_took_is_stored_as_soon_as_it_can_be(
    ledger, outbox, clock, channel
):
    ledger.full = channel.down = True
    await outbox.ring("k", "디스크", "")
    assert await outbox.deliver() is False
    ledger.full = False
    assert await outbox.deliver() is False
    channel.down = False
    again = LedgerOutbox(ledger, clock, channel)
    assert await again.deliver() is True
    assert channel.shown == ["디스크"]


async def test_what_memory_cannot_hold_is_in_the_log(ledger, outbox, channel):
    ledger.full = True
    with structlog.testing.capture_logs() as logs:
        for number in range(UNSTORED_MAX + 1):
            await outbox.ring(str(number), f"{number}", "")
    lost = [line["title"] for line in logs if "never delivered" in line["event"]]
    assert lost == ["0"]
    await outbox.deliver()
    assert channel.shown == [f"{number}" for number in range(1, UNSTORED_MAX + 1)]


async def test_an_overflow_while_posting_takes_no_other(ledger, outbox, channel):
    ledger.full = True
    await outbox.ring("first", "first", "")
    post = channel.post

    async def slow(message: OutboxMessage) -> bool:
        if message.key == "first":
            for number in range(UNSTORED_MAX):
                await outbox.ring(str(number), f"{number}", "")
        return await post(message)

    channel.post = slow
    for _ in range(2):
        await outbox.deliver()
    assert channel.shown == ["first", *(f"{number}" for number in range(UNSTORED_MAX))]


async def test_a_channel_that_takes_nothing_for_a_minute_is_an_error(outbox, clock, channel):
    channel.down = True
    await outbox.ring("k", "미확인", "")
    with structlog.testing.capture_logs() as logs:
        for _ in range(26):
            await outbox.deliver()
            clock.move(5)
    errors = [line for line in logs if line["log_level"] == "error"]
    # After 60 s, and once more after another 60.
    assert [line["title"] for line in errors] == ["미확인", "미확인"]
    assert errors[0]["since"] == at(10).isoformat()
    assert (await outbox.state()).failing_for == timedelta(seconds=130)
    channel.down = False
    assert await outbox.deliver() is True
    assert (await outbox.state()).failing_for == timedelta(0)


async def test_the_loop_delivers_what_comes_and_outlives_a_channel_that_raises(
    outbox, clock, channel
):
    running = asyncio.create_task(outbox.run())
    channel.raises = True
    await outbox.alert("하나", "")
    await until(lambda: len(channel.posts) >= 2)
    assert clock.now() >= at(10, 0, 5)
    channel.raises = False
    await until(lambda: channel.shown == ["하나"])
    await outbox.alert("둘", "")
    await until(lambda: channel.shown == ["하나", "둘"])
    await ended(running)


async def test_a_channel_that_was_connected_is_used_at_once(ledger, channel):
    stopped = HandClock(at(10), skips=False)
    outbox = LedgerOutbox(ledger, stopped, channel)
    channel.down = True
    await outbox.alert("하나", "")
    running = asyncio.create_task(outbox.run())
    await until(lambda: channel.posts)
    await asyncio.sleep(0.05)
    posts = len(channel.posts)
    channel.down = False
    outbox.wake()
    await until(lambda: channel.shown == ["하나"])
    assert len(channel.posts) == posts + 1
    assert stopped.now() == at(10)
    await ended(running)


async def test_what_is_seen_is_not_posted_again_while_that_cannot_be_stored(
    ledger, outbox, channel
):
    await outbox.ring("first", "first", "x")
    await outbox.ring("second", "second", "x")
    posting = channel.post

    async def posted_on_the_last_free_page(message):
        shown = await posting(message)
        ledger.full = True
        return shown

    channel.post = posted_on_the_last_free_page
    assert not await outbox.deliver()
    channel.post = posting
    assert not await outbox.deliver()
    ledger.full = False
    assert await outbox.deliver()
    assert channel.posts == ["first", "second"]
    assert await outbox.waiting() == ()
