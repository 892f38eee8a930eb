from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import pytest

from bot import locales
from bot.files.price_words import fault_line, in_words, whole
from brokers.sim.bar_fault import BarFault
from core.errors import DataError
from storage.price_files.fault import FileFault, PriceFileFault, detail_of, fault_of
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


@pytest.mark.parametrize("name", locales.LOCALES)
def test_every_fault_of_a_file_has_a_sentence(name: str, tmp_path: Path) -> None:
    phrases = locales.load(name)
    for kind in FileFault:
        text = fault_line(PriceFileFault(tmp_path / "a.csv", kind, "found"), phrases)
        assert text.startswith(f"{tmp_path / 'a.csv'}: ")


@pytest.mark.parametrize("name", locales.LOCALES)
def test_every_fault_of_a_file_to_replay_has_a_sentence(name: str) -> None:
    for kind in BarFault:
        assert locales.load(name).say(f"data.replay_{kind.name.lower()}", found="x")


def made(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


ROWS = f"{HEADER}\n".encode() + b"".join(
    f"2024-01-02,{code:06},100,110,90,105,{code % 977}\n".encode() for code in range(1, 90_000)
)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "a.csv",
            b"date,symbol,open\n",
            "a.csv 1행: 필요한 열이 머리글에 없습니다: high, low, close",
        ),
        (
            "a.csv",
            f"{HEADER},close\n".encode(),
            "a.csv 1행: 같은 열이 머리글에 두 번 있습니다: close",
        ),
        ("a.csv", "일자,종목코드\n".encode("cp949"), "a.csv 1행: UTF-8 글자가 아닙니다"),
        ("a.csv", b'"date,symbol\n', "a.csv 1행: 열과 따옴표를 가려 읽을 수 없습니다"),
        (
            "a.csv",
            f"{HEADER}\n{GOOD}\n".encode() + b"x" * 3_000_000,
            "a.csv 3행: 한 행이 65,536바이트보다 깁니다",
        ),
        ("a.csv.gz", b"no gzip at all", "a.csv.gz: 파일이 손상되었거나"),
        ("a.csv.gz", gzip.compress(ROWS)[:-200], "행: 파일이 손상되었거나 중간에 끊겨"),
    ],
)
def test_a_file_that_is_none_is_said_in_korean(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = made(tmp_path / name, content)
    with pytest.raises(DataError) as caught, in_words(KOREAN):
        read_prices(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_damage_in_the_middle_names_a_line_within_the_file(tmp_path: Path) -> None:
    path = made(tmp_path / "a.csv.gz", gzip.compress(ROWS)[:-200])
    with pytest.raises(PriceFileFault) as caught:
        read_prices(path)
    assert 2 < caught.value.line <= ROWS.count(b"\n") + 1


def test_what_cannot_be_opened_is_said_in_korean(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "none.csv", "파일이 없습니다"), (tmp_path, "폴더입니다")):
        with pytest.raises(DataError, match=words), in_words(KOREAN):
            read_prices(path)


def test_what_the_system_says_of_other_errors_is_kept() -> None:
    assert fault_of(PermissionError(13, "denied")) is FileFault.FORBIDDEN
    error = OSError(5, "Input/output error")
    assert (fault_of(error), detail_of(error)) == (FileFault.UNREADABLE, "Input/output error")
    assert (fault_of(zlib.error("x")), detail_of(zlib.error("x"))) == (FileFault.DAMAGED, "")
    assert fault_of(ValueError("no arrays")) is FileFault.DAMAGED
