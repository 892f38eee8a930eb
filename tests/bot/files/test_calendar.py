from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.files.calendar import BYTES_MAX, FILE_NAME, load_day_words
from core.errors import ConfigurationError

GOOD = """
[[day]]
date = 2026-12-01
session = "closed"
reason = "임시공휴일"
source = "거래소 공지"
as_of = 2026-11-20

[[day]]
date = 2027-11-18
session = "10:00-16:30"
reason = "수능"
source = "거래소 공지"
as_of = 2027-10-01
"""


def test_no_file_adds_nothing(tmp_path: Path) -> None:
    assert load_day_words(tmp_path) == {}


def test_days_are_read_with_their_source_and_date(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(f"\N{ZERO WIDTH NO-BREAK SPACE}{GOOD}", encoding="utf-8")
    words = load_day_words(tmp_path)
    assert list(words) == [date(2026, 12, 1), date(2027, 11, 18)]
    first, second = words.values()
    assert (first.hours, first.reason, first.source, first.as_of) == (
        None,
        "임시공휴일",
        "거래소 공지",
        date(2026, 11, 20),
    )
    assert second.hours is not None
    assert f"{second.hours.closes:%H:%M}" == "16:30"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("day = 1", "모르는 항목입니다: day"),
        ("[[days]]\nx = 1", "모르는 항목입니다: days"),
        ("day = [1]", "1번째 [[day]]: 모르는 항목입니다: day"),
        (GOOD.replace("reason", "because"), "1번째 [[day]]: 모르는 항목입니다: because"),
        (GOOD.replace('reason = "수능"\n', ""), "2번째 [[day]]: reason이(가) 없습니다"),
        (GOOD.replace('"거래소 공지"', '""'), "1번째 [[day]]: source이(가) 없습니다"),
        (GOOD.replace("2026-12-01", '"2026-12-01"'), "date의 값이 맞지 않습니다: 2026-12-01"),
        (GOOD.replace("2026-12-01", "2026-12-01T09:00:00"), "date의 값이 맞지 않습니다"),
        (GOOD.replace("closed", "half"), "session은 closed 또는 10:00-16:30처럼 적습니다: half"),
        (GOOD.replace("2027-11-18", "2026-12-01"), "2번째 [[day]]: 2026-12-01이(가) 두 번"),
        ("[[day]", "TOML 형식이 아닙니다"),
        ("#" * (BYTES_MAX + 1), "100,000바이트보다 큽니다"),
    ],
)
def test_what_is_wrong_is_said_with_file_entry_and_reason(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / FILE_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_day_words(tmp_path)
    assert str(tmp_path / FILE_NAME) in str(caught.value)
    assert words in str(caught.value)


def test_a_file_that_is_no_text_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="읽을 수 없습니다"):
        load_day_words(tmp_path)
