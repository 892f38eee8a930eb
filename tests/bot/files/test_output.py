from __future__ import annotations

import errno
from pathlib import Path

import pytest

from bot import locales
from bot.files.output import check_place, output_file
from core.errors import DataError
from tests.bot.full_disk import full_disk

KOREAN = locales.load("ko")


def test_a_full_disk_is_said_and_nothing_half_written_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with (
        full_disk(),
        pytest.raises(DataError, match=r"쓸 수 없습니다\. 디스크에 자리가 없습니다"),
        output_file(path, KOREAN) as draft,
    ):
        draft.write_bytes(b"x" * 1_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "쓸 권한이 없습니다"),
        (errno.EROFS, "쓸 권한이 없습니다"),
        (errno.ENOSPC, "디스크에 자리가 없습니다"),
        (errno.ENAMETOOLONG, "File name too long"),
    ],
)
@pytest.mark.parametrize("name", locales.LOCALES)
def test_each_cause_is_said_with_the_file(
    tmp_path: Path, number: int, words: str, name: str
) -> None:
    path = tmp_path / "a.csv"
    with pytest.raises(DataError) as caught, output_file(path, locales.load(name)):
        raise OSError(number, "File name too long")
    assert str(path) in str(caught.value)
    assert name != "ko" or words in str(caught.value)


def test_a_place_that_cannot_be_is_told_before_the_work(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    check_place(path, KOREAN)
    check_place(path, KOREAN, fresh=True)
    path.write_text("x")
    check_place(path, KOREAN)
    for place, fresh, words in (
        (path, True, "이미 있는 파일입니다"),
        (tmp_path, False, "폴더입니다"),
        (tmp_path / "no" / "a.csv", False, "그 폴더가 없습니다"),
        (path / "a.csv", False, "그 폴더가 없습니다"),
    ):
        with pytest.raises(DataError, match=words):
            check_place(place, KOREAN, fresh=fresh)
