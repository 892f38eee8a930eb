from __future__ import annotations

import asyncio

import pytest

from bot import locales
from bot.operations.halt_watch import ACTOR, HaltWatch
from core.domain.halt import HaltOrder
from core.domain.modes import TradingState
from core.errors import StorageError
from core.runtime.halt_file import HaltFile
from core.runtime.outbox import LedgerOutbox
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.fakes.desk_kit import RecordingSurface, at
from tests.fakes.hand_clock import HandClock

HALT = HaltOrder(state=TradingState.HALTED)
CANCEL = HaltOrder(state=TradingState.HALTED, cancel_open=True)


class Cancelling:
    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.fault: StorageError | None = None

    async def __call__(self, actor: str, reason: str) -> tuple[int, int]:
        self.calls.append((actor, reason))
        if self.fault is not None:
            raise self.fault
        return 2, 1


@pytest.fixture
def file(tmp_path):
    return HaltFile(tmp_path / "HALT")


@pytest.fixture
def surface():
    return RecordingSurface()


@pytest.fixture
def cancelling():
    return Cancelling()


class Delivered(LedgerOutbox):
    """The real outbox; what is told is seen at once."""

    async def ring(self, key: str, title: str, text: str) -> bool:
        kept = await super().ring(key, title, text)
        await self.deliver()
        return kept


@pytest.fixture
async def outbox(database_file, surface):
    database = await open_database(f"sqlite:///{database_file}", migrate=False)
    yield Delivered(SqlLedger(database), HandClock(at(10)), surface)
    await database.close()


@pytest.fixture
def watch(file, outbox, cancelling):
    return HaltWatch(file.path, HandClock(at(10)), outbox, locales.load("ko"), cancelling)


def texts(surface) -> list[str]:
    return [text.split(".")[0] for _, text in surface.alerts]


async def test_a_file_is_told_once_and_again_when_it_goes(file, watch, surface, cancelling):
    await watch.look()
    assert surface.alerts == []
    file.write(HALT)
    await watch.look()
    await watch.look()
    file.remove(file.stamp())
    await watch.look()
    # Within the same hour: the last word that people hear must be true.
    file.write(HALT)
    await watch.look()
    assert texts(surface) == [
        "정지 파일이 나타나 매매를 멈췄습니다",
        "정지 파일이 사라졌습니다",
        "정지 파일이 나타나 매매를 멈췄습니다",
    ]
    assert cancelling.calls == []


async def test_a_file_that_asks_for_it_cancels_once(file, watch, surface, cancelling):
    file.write(HaltOrder(state=TradingState.REDUCE_ONLY, cancel_open=True))
    await watch.look()
    file.write(CANCEL)
    await watch.look()
    assert [actor for actor, _ in cancelling.calls] == [ACTOR]
    assert texts(surface) == [
        "정지 파일이 나타나 매수를 멈췄습니다",
        "열린 주문 2건을 취소하거나 취소 요청했습니다",
        "정지 파일이 나타나 매매를 멈췄습니다",
    ]


async def test_a_wish_to_cancel_that_comes_later_counts(file, watch, cancelling):
    file.write(HALT)
    await watch.look()
    file.write(CANCEL)
    await watch.look()
    assert len(cancelling.calls) == 1


async def test_what_cannot_be_cancelled_is_said(file, watch, surface, cancelling):
    cancelling.fault = StorageError("busy")
    file.write(CANCEL)
    await watch.look()
    assert surface.alerts[-1][1] == "열린 주문을 취소하지 못했습니다: busy"


async def test_it_looks_every_second(file, watch, surface):
    running = asyncio.create_task(watch.run())
    try:
        file.write(HALT)
        async with asyncio.timeout(30):
            while not surface.alerts:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0)
    finally:
        running.cancel()
        await asyncio.wait({running})
    assert running.cancelled()
