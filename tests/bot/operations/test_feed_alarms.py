from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.locales import load
from bot.operations.feed_alarms import TOLD_AFTER, FeedAlarms
from core.domain.ticks import FeedHealth, FeedStatus, FeedTrouble
from tests.bot.operations.kit import FakeAlerts
from tests.bot.operations.test_surfaces import FEED, status_at
from tests.fakes.fake_chat_services import FakeOrders, FakeSwitch
from tests.fakes.hand_clock import HandClock

OFF = replace(FEED, health=FeedHealth.OFF, trouble=FeedTrouble.DISCONNECTED)


class Feed:
    def __init__(self) -> None:
        self.status = FEED

    def __call__(self) -> FeedStatus:
        return self.status


def alarms(feed: Feed) -> tuple[FeedAlarms, FakeAlerts]:
    told = FakeAlerts()
    return FeedAlarms(feed, HandClock(FEED.since + TOLD_AFTER), told, load("ko")), told


async def test_trouble_that_people_can_end_is_told_once() -> None:
    feed = Feed()
    watch, told = alarms(feed)
    for status in (
        FEED,
        OFF,
        replace(OFF, trouble=FeedTrouble.KEY_IN_USE),
        replace(OFF, trouble=FeedTrouble.KEY_IN_USE),
        replace(OFF, trouble=FeedTrouble.REFUSED),
        FEED,
        replace(OFF, trouble=FeedTrouble.REFUSED),
    ):
        feed.status = status
        await watch.look()
    assert [text[:12] for _title, text in told.told] == [
        "같은 앱 키로 다른 프",
        "증권사가 실시간 시세 ",
        "증권사가 실시간 시세 ",
    ]


async def test_what_ends_by_itself_is_not_told() -> None:
    feed = Feed()
    watch, told = alarms(feed)
    since = FEED.since + timedelta(seconds=61)
    feed.status = replace(OFF, trouble=FeedTrouble.KEY_IN_USE, since=since)
    await watch.look()
    assert told.told == []


async def test_it_looks_every_half_minute() -> None:
    feed = Feed()
    feed.status = replace(OFF, trouble=FeedTrouble.KEY_IN_USE)
    watch, told = alarms(feed)
    running = asyncio.create_task(watch.run())
    for _ in range(20):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running])
    assert len(told.told) == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (FEED, "정상 · KIS WebSocket · 12종목 · 11-20 09:03부터"),
        (
            replace(FEED, left_out=3),
            "정상 · KIS WebSocket · 12종목 · 11-20 09:03부터 · 등록 한도를 넘어 3종목은 빠짐",
        ),
        (
            replace(FEED, health=FeedHealth.STALE, trouble=FeedTrouble.SILENT),
            "끊긴 듯함 · KIS WebSocket · 11-20 09:03부터 아무 소식이 없음.",
        ),
        (OFF, "꺼짐 · KIS WebSocket · 11-20 09:03부터 · 연결이 끊겨 다시 연결하는 중"),
    ],
)
async def test_status_says_how_the_feed_is(status: FeedStatus, words: str) -> None:
    lines = dict(
        await status_at("2026-11-20", "ko", FakeOrders(), FakeSwitch(), feed=status).status()
    )
    assert lines["실시간 시세"].startswith(words)


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("trouble", FeedTrouble)
def test_every_trouble_has_words(language: str, trouble: FeedTrouble) -> None:
    assert load(language).say(f"status.feed_trouble_{trouble.value}")
