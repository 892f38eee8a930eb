from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.domain.decision_prompt import PROMPT_CHARACTERS_MAX
from core.errors import DataError, StorageError
from storage.prompt_file import OwnPrompt

SUNDAY = datetime(2026, 11, 22, 9, 0, 5, tzinfo=UTC)  # 18:00:05 in Korea


@pytest.fixture
def own(tmp_path: Path) -> OwnPrompt:
    return OwnPrompt(tmp_path, "실려 온 글")


def test_without_a_file_the_shipped_text_is_in_force(own: OwnPrompt) -> None:
    assert own.text() == "실려 온 글"
    own.replace("내 글")
    assert own.text() == "내 글"
    own.replace("실려 온 글")
    assert own.text() == "실려 온 글"
    assert not own.path.exists()


@pytest.mark.parametrize(
    "content", [b"", b" \n", b"\xff\xfe\x00", b"a" * (PROMPT_CHARACTERS_MAX + 1)]
)
def test_a_file_that_cannot_be_used_is_said_and_not_passed_over(own: OwnPrompt, content) -> None:
    own.path.parent.mkdir()
    own.path.write_bytes(content)
    with pytest.raises(DataError, match=r"core_decision_prompt\.md"):
        own.text()


def test_a_copy_is_named_by_the_korean_time_and_never_overwritten(own: OwnPrompt) -> None:
    first = own.back_up("하나", SUNDAY)
    assert first == "core_decision_prompt_20261122_180005.md"
    assert own.back_up("하나", SUNDAY) == first
    second = own.back_up("둘", SUNDAY)
    assert second == "core_decision_prompt_20261122_180006.md"
    assert own.path.with_name(first).read_text(encoding="utf-8") == "하나\n"


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "prompts").write_text("no folder")
    own = OwnPrompt(tmp_path, "글")
    with pytest.raises(StorageError):
        own.replace("새 글")
    with pytest.raises(StorageError):
        own.back_up("글", SUNDAY)
    with pytest.raises(DataError):
        own.text()
