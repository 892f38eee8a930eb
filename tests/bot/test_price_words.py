from __future__ import annotations

from pathlib import Path

import pytest

from bot import locales
from bot.price_words import whole
from core.errors import DataError
from storage.price_files.price_file import PriceFile
from storage.price_files.reader import read_prices
from storage.price_files.report import Reason, Repair

HEADER = "date,symbol,open,high,low,close,volume"
GOOD = "2024-01-02,069500,100,110,90,105,7"
KOREAN = locales.load("ko")


def read(tmp_path: Path, *rows: str) -> PriceFile:
    path = tmp_path / "bars.csv"
    path.write_text("\n".join([HEADER, *rows, ""]))
    return read_prices(path)


def test_a_whole_file_passes(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    assert whole(found, KOREAN) is found


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ((GOOD, "x"), "bars.csv 3행: 열의 수가 머리글과 다릅니다 [x] 고친 뒤"),
        ((GOOD, "x", "y"), "그 밖에 1행을 더 거부했습니다"),
        ((GOOD, GOOD.replace("105", "-5")), "bars.csv 3행: close: 음수입니다 [-5]"),
        ((), "요청한 종목과 기간의 행이 없습니다"),
    ],
)
def test_a_file_with_holes_is_refused_with_file_line_and_reason(
    tmp_path: Path, rows: tuple[str, ...], words: str
) -> None:
    with pytest.raises(DataError) as caught:
        whole(read(tmp_path, *rows), KOREAN)
    assert words in str(caught.value)


@pytest.mark.parametrize("name", locales.LOCALES)
def test_every_reason_and_repair_has_a_sentence(name: str) -> None:
    phrases = locales.load(name)
    for reason in Reason:
        assert phrases.say(f"data.reason_{reason.value}")
    for repair in Repair:
        assert phrases.say(f"data.repair_{repair.value}")
