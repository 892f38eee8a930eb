from __future__ import annotations

from datetime import timedelta

import pytest

from bot.by_hand import stopping as stopping_by_hand
from bot.operations.process_lock import ProcessLock
from bot.wiring.foundations import LOCK_FILE
from core.domain.halt import HaltOrder
from core.domain.interlock import SETTING_REAL_ARMING, Arming, arming_text, read_arming
from core.domain.modes import TradingState
from core.errors import ConfigurationError, DataError
from core.runtime.clock import SystemClock
from core.runtime.halt_file import HaltFile
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.bot.environment import only
from tests.bot.full_disk import full_disk


@pytest.fixture
def file(monkeypatch, tmp_path):
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path))
    return HaltFile(tmp_path / "HALT")


@pytest.mark.parametrize("reduce_only", [True, False])
def test_on_a_full_disk_the_empty_file_halts_and_that_is_what_is_said(file, reduce_only):
    with full_disk():
        said = stopping_by_hand.halt(reduce_only=reduce_only)
    assert file.order() == HaltOrder(state=TradingState.HALTED)
    assert said.startswith("매매를 정지했습니다")


def test_a_wish_to_cancel_that_could_not_be_written_is_no_success(file):
    with full_disk(), pytest.raises(ConfigurationError, match=r"^HALTED, but nothing is cancelled"):
        stopping_by_hand.halt(cancel_open=True)
    assert file.order() == HaltOrder(state=TradingState.HALTED)


def test_where_no_file_can_be_made_nothing_is_halted(file):
    file.path.mkdir()
    with pytest.raises(ConfigurationError, match=r"^NOT HALTED"):
        stopping_by_hand.halt()


REAL = {
    "BROKER": "kis",
    "KIS_MODE": "KIS_REAL",
    "KIS_REAL_APP_KEY": "key",
    "KIS_REAL_APP_SECRET": "secret",
    "KIS_REAL_ACCOUNT_NO": "12345678",
}


async def test_disarming_closes_the_real_account_for_the_next_start(monkeypatch, tmp_path):
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path), **REAL)
    said: list[str] = []
    with pytest.raises(DataError, match="아직 기록이 없습니다"):
        await stopping_by_hand.disarm(said.append)
    database = await open_database(f"sqlite:///{tmp_path / 'autotrade-real.db'}")
    ledger = SqlLedger(database)
    now = SystemClock().now()
    arming = Arming(owner_id=1, armed_at=now, expires_at=now + timedelta(days=1), fingerprint="f")
    async with ledger.transaction() as tx:
        await tx.put_setting(SETTING_REAL_ARMING, arming_text(arming))
    await stopping_by_hand.disarm(said.append)
    await stopping_by_hand.disarm(said.append)
    async with ledger.transaction() as tx:
        assert read_arming(await tx.setting(SETTING_REAL_ARMING)) is None
        lines = await tx.journal_of("interlock")
    await database.close()
    assert [(line.kind, line.actor, line.facts["was_armed"]) for line in lines] == [
        ("interlock.disarmed", "command line", True),
        ("interlock.disarmed", "command line", False),
    ]
    assert said == [
        "실전 주문을 닫았습니다. 봇을 시작하면 관찰 모드입니다. 이미 나간 주문은 그대로입니다.",
        "실전 주문은 열려 있지 않았습니다. 닫힌 그대로입니다.",
    ]


async def test_disarming_is_for_a_bot_that_is_off_and_for_a_real_account(monkeypatch, tmp_path):
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path))
    with pytest.raises(DataError, match="실전 계좌를 쓰는 설정이 아니어서"):
        await stopping_by_hand.disarm(print)
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path), **REAL)
    await (await open_database(f"sqlite:///{tmp_path / 'autotrade-real.db'}")).close()
    with (
        ProcessLock(tmp_path / LOCK_FILE),
        pytest.raises(ConfigurationError, match=r"실전닫기\(risk disarm\)를 쓰거나"),
    ):
        await stopping_by_hand.disarm(print)
