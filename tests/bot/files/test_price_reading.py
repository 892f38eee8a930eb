from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from bot import locales
from bot.files.price_reading import read_price_file, written_at
from core.errors import DataError
from core.runtime.clock import SystemClock
from storage.price_files.report import Reason

KOREAN = locales.load("ko")
HEADER = "date,symbol,open,high,low,close,volume"


def priced(path: Path, *days: object) -> Path:
    rows = [f"{day},069500,100,110,90,105,7" for day in days]
    path.write_text("\n".join([HEADER, *rows, ""]))
    return path


def test_a_day_to_come_is_refused_whatever_time_the_file_bears(tmp_path: Path) -> None:
    today = SystemClock().now().date()
    tomorrow = today + timedelta(days=1)
    path = priced(tmp_path / "a.csv", "2024-01-02", tomorrow)
    found = read_price_file(path, KOREAN)
    assert [(one.line, one.reason) for one in found.report.refusals] == [(3, Reason.FUTURE)]
    assert len(found.table) == 1
    priced(path, "2024-01-02", today)
    os.utime(path, (0, 0))  # as some archives leave it
    assert read_price_file(path, KOREAN).report.refused_rows == 0
    assert written_at(path).year == 1970


def test_a_file_that_is_none_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="파일이 없습니다"):
        read_price_file(tmp_path / "a.csv", KOREAN)
    (tmp_path / "a.csv").write_bytes(b"")
    with pytest.raises(DataError, match="빈 파일입니다"):
        read_price_file(tmp_path / "a.csv", KOREAN)
