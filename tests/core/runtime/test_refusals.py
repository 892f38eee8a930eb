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
    assert len(log._recent) == 2
    assert surface.alerts == []
