from __future__ import annotations

import pytest

from bot import stopping_by_hand
from core.domain.halt import HaltOrder
from core.domain.modes import TradingState
from core.errors import ConfigurationError
from core.runtime.halt_file import HaltFile
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
