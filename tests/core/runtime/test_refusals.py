from __future__ import annotations

import pytest

from bot import locales
from core.runtime import refusals
from core.runtime.refusals import RefusalLog
from tests.bot.operations.kit import FakeSettingsLedger
from tests.fakes.desk_kit import RecordingSurface, at
from tests.fakes.hand_clock import HandClock


@pytest.fixture
def ledger():
    return FakeSettingsLedger()


@pytest.fixture
def surface():
    return RecordingSurface()


@pytest.fixture
def clock():
    return HandClock(at(10))


@pytest.fixture
def log(ledger, clock, surface):
    return RefusalLog(ledger, clock, surface, locales.load("ko"))


async def refuse(log: RefusalLog, user: int = 99) -> None:
    await log.note(user, "손님", "halt", 70, "chat.refused_trade")


async def test_each_is_journalled_and_the_third_alarms(log, ledger, surface):
    for _ in range(3):
        await refuse(log)
    assert [(line.kind, line.actor) for line in ledger.journal] == [("access.refused", "99")] * 3
    assert ledger.journal[0].facts["what"] == "halt"
    assert [title for title, _ in surface.alerts] == ["거절된 사용자가 계속 시도합니다"]
    await refuse(log)
    assert len(surface.alerts) == 1


async def test_who_goes_on_is_written_and_told_of_ever_more_seldom(log, ledger, surface):
    for _ in range(1_000):
        await refuse(log)
    times = [line.facts["times"] for line in ledger.journal]
    assert times == [*range(1, 11), 20, 40, 80, 160, 320, 640]
    told = [text for _, text in surface.alerts]
    assert len(told) == 9
    assert "잇따라 3번" in told[0]
    assert "잇따라 768번" in told[-1]


async def test_after_a_pause_it_is_all_new(log, ledger, surface, clock):
    for _ in range(15):
        await refuse(log)
    clock.move(601)
    await refuse(log)
    assert [line.facts["times"] for line in ledger.journal][-2:] == [10, 1]


async def test_many_people_together_do_not_keep_the_writer_busy_either(log, ledger, surface):
    for user in range(900):
        await refuse(log, user)
    assert len(ledger.journal) == 100 + 3
    assert surface.alerts == []


async def test_slow_or_different_people_do_not_alarm(log, clock, surface):
    for user in (1, 2, 3, 1, 2, 3):
        await refuse(log, user)
    assert surface.alerts == []
    for _ in range(4):
        clock.move(301)
        await refuse(log)
    assert surface.alerts == []


async def test_a_ledger_that_does_not_answer_hides_nobody(log, ledger, surface):
    ledger.broken = True
    for _ in range(3):
        await refuse(log)
    assert len(surface.alerts) == 1


async def test_a_crowd_does_not_fill_the_memory(log, monkeypatch, surface):
    monkeypatch.setattr(refusals, "PEOPLE_MAX", 2)
    for user in (1, 1, 2, 3, 1):
        await refuse(log, user)
    assert len(log._people) == 2
    assert surface.alerts == []
