from __future__ import annotations

from datetime import datetime

import pytest

from core.domain.books import UnstoredAnswer
from core.domain.krx import KST
from core.errors import StorageError
from core.runtime.emergency_file import EmergencyFile

ANSWER = UnstoredAnswer(
    order_id="T0000001-1",
    number="0000000007",
    branch="00950",
    at=datetime(2026, 11, 16, 10, tzinfo=KST),
)


def test_lines_are_kept_in_order_and_removed_together(tmp_path):
    file = EmergencyFile(tmp_path / "answers")
    assert file.read() == ()
    file.append(ANSWER)
    other = UnstoredAnswer(order_id="T2-1", number="8", branch="", at=ANSWER.at)
    file.append(other)
    assert EmergencyFile(tmp_path / "answers").read() == (ANSWER, other)
    assert (tmp_path / "answers").stat().st_mode & 0o077 == 0
    file.clear()
    file.clear()
    assert file.read() == ()


@pytest.mark.parametrize("torn", [b'{"order_id": "T', b"[]", b'{"order_id": "T"}', b"\xff"])
def test_a_line_nobody_can_read_is_no_empty_file(tmp_path, torn):
    path = tmp_path / "answers"
    path.write_bytes(torn)
    with pytest.raises(StorageError):
        EmergencyFile(path).read()


def test_a_torn_line_does_not_swallow_the_next(tmp_path):
    path = tmp_path / "answers"
    path.write_bytes(b'{"order_id": "T')
    EmergencyFile(path).append(ANSWER)
    assert b"0000000007" in path.read_bytes().splitlines()[-1]


def test_a_folder_that_is_not_there_is_a_fault(tmp_path):
    with pytest.raises(OSError):
        EmergencyFile(tmp_path / "nowhere" / "answers").append(ANSWER)
