from __future__ import annotations

import pytest

from core.domain.halt import HaltOrder
from core.domain.modes import TradingState
from core.errors import StorageError
from core.runtime.halt_file import HaltFile

HALT = HaltOrder(state=TradingState.HALTED)
REDUCE = HaltOrder(state=TradingState.REDUCE_ONLY)


def test_it_asks_for_what_it_says_and_nothing_without(tmp_path):
    file = HaltFile(tmp_path / "deep" / "HALT")
    assert file.order() is None
    file.write(REDUCE)
    assert file.order() == REDUCE
    file.remove(file.stamp())
    assert file.order() is None


def test_a_halt_is_never_weakened_and_keeps_its_wish_to_cancel(tmp_path):
    file = HaltFile(tmp_path / "HALT")
    file.write(HaltOrder(state=TradingState.HALTED, cancel_open=True))
    file.write(REDUCE)
    assert file.order() == HaltOrder(state=TradingState.HALTED, cancel_open=True)


def test_a_reduction_is_strengthened(tmp_path):
    file = HaltFile(tmp_path / "HALT")
    file.write(REDUCE)
    file.write(HALT)
    assert file.order() == HALT


@pytest.mark.parametrize("text", [b"", b"\xff\xfe", b"x" * 100_000])
def test_whatever_is_in_it_halts(tmp_path, text):
    path = tmp_path / "HALT"
    path.write_bytes(text)
    assert HaltFile(path).order() == HALT


def test_what_cannot_be_read_is_a_halt_and_what_cannot_be_removed_says_so(tmp_path):
    folder = tmp_path / "HALT"
    folder.mkdir()
    assert HaltFile(folder).order() == HALT
    with pytest.raises(StorageError, match="cannot be removed"):
        HaltFile(folder).remove(HaltFile(folder).stamp())
    assert HaltFile(tmp_path / ("x" * 300)).order() == HALT


@pytest.mark.parametrize("target", ["nowhere", "HALT"])
def test_a_link_that_leads_nowhere_is_there_all_the_same(tmp_path, target):
    path = tmp_path / "HALT"
    path.symlink_to(tmp_path / target)
    file = HaltFile(path)
    assert file.order() == HALT
    file.remove(file.stamp())
    assert file.order() is None


def test_a_file_that_was_written_since_stays(tmp_path):
    file = HaltFile(tmp_path / "HALT")
    before = file.stamp()
    assert before == ""
    file.write(HALT)
    file.remove(before)
    assert file.order() == HALT
