from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.app import app
from core.domain.calendar import TradingCalendar
from core.domain.krx import KST
from storage.migrations.runner import upgrade_here
from storage.price_files.reader import read_prices
from tests.bot.environment import child_environment, only

HEADER = "date,symbol,open,high,low,close,volume"
DAYS = ("2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20")


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "empty.db"
    upgrade_here(f"sqlite:///{path}")
    return path


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_database: Path):
    only(monkeypatch, tmp_path, COLUMNS="140")
    (tmp_path / "data").mkdir()
    shutil.copyfile(empty_database, tmp_path / "data" / "autotrade-sim.db")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["data", *arguments])

    return run


def rows(code: str, *closes: int, days: tuple[str, ...] = DAYS, volume: str = "7") -> list[str]:
    return [
        f"{day},{code},{close},{close},{close},{close},{volume}"
        for day, close in zip(days, closes, strict=False)
    ]


def write(folder: Path, *lines: str, name: str = "bars.csv", header: str = HEADER) -> str:
    path = folder / name
    path.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    return str(path)


def stored(data, code: str, *more: str) -> list[tuple]:
    done = data("show", code, "--json", *more)
    assert done.exit_code == 0, done.stderr
    return [(row["date"], row["close"], row["volume"]) for row in json.loads(done.stdout)]


def test_a_file_is_stored_and_what_was_mended_and_refused_is_told(data, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        *rows("069500", 35_000, 35_100, 35_200),
        "2026-11-19,69500,0,0,0,35200,0",
        "2026-11-20,069500,35200,nan,35200,35200,7",
        "2026-11-16,Q530107,1,1,1,1,1",
    )
    done = data("import", path, "--basis", "raw", "--as-of", "2026-11-21")
    assert done.exit_code == 2
    for words in (
        "읽은 것: 4행, 1종목",
        "ETN 코드여서 뺀 행: 1",
        "1행  앞의 0이 사라진 종목 코드를",
        "1행  시가·고가·저가가 0인 거래 없는 날을",
        "거부한 것: 1행",
        "bars.csv 6행: high: 값이 비어 있거나 NaN입니다 [nan]",
        "저장한 것: 원주가 4행, 1종목 (출처 file:bars.csv, 기준 2026-11-21 00:00)",
    ):
        assert words in done.stdout
    assert stored(data, "069500") == [
        ("2026-11-16", 35_000, 7),
        ("2026-11-17", 35_100, 7),
        ("2026-11-18", 35_200, 7),
        ("2026-11-19", 35_200, 0),
    ]
    text = data("show", "69500", "--last", "1").stdout
    assert "2026-11-19  35,200  35,200  35,200  35,200  거래 없음" in text
    assert "2026-11-19 ~ 2026-11-19: 출처 file:bars.csv, 확인한 때 2026-11-21 00:00" in text


def test_many_refusals_are_counted_and_the_first_are_shown(data, tmp_path: Path) -> None:
    path = write(tmp_path, *rows("069500", 1, 2), *("x" for _ in range(25)))
    listed = tmp_path / "refused.csv"
    done = data("import", path, "--basis", "raw", "--refused", str(listed))
    assert "25행  열의 수가 머리글과 다릅니다" in done.stdout
    assert "bars.csv 4행: 열의 수가 머리글과 다릅니다 [x]" in done.stdout
    assert "그 밖에 15행" in done.stdout
    written = listed.read_text(encoding="utf-8").splitlines()
    assert written[:2] == ["line,reason,column,found", "4,열의 수가 머리글과 다릅니다,,x"]
    assert len(written) == 26
    done = data("import", path, "--basis", "raw", "--refused", str(tmp_path))
    assert (done.exit_code, "쓸 수 없습니다" in done.stderr) == (2, True)


def test_raw_and_adjusted_are_kept_apart_and_a_second_import_changes_nothing(
    data, tmp_path: Path
) -> None:
    path = write(tmp_path, *rows("069500", 10_000, 9_800))
    other = write(
        tmp_path,
        *(line.rpartition(",")[0] for line in rows("069500", 9_800, 9_800)),
        name="adjusted.csv",
        header=HEADER.removesuffix(",volume"),
    )
    written = datetime(2026, 11, 22, 9, tzinfo=KST).timestamp()
    os.utime(other, (written, written))
    for _ in range(2):
        assert data("import", path, "--basis", "raw").exit_code == 0
        assert data("import", other, "--basis", "adjusted").exit_code == 0
    done = data("import", other, "--basis", "adjusted")
    assert "거래량 열이 없는 파일입니다" in done.stdout
    assert "기준 2026-11-22 09:00" in done.stdout
    assert stored(data, "069500") == [("2026-11-16", 10_000, 7), ("2026-11-17", 9_800, 7)]
    assert stored(data, "069500", "--basis", "adjusted") == [
        ("2026-11-16", 9_800, 0),
        ("2026-11-17", 9_800, 0),
    ]
    listed = json.loads(data("show", "--json").stdout)
    assert [(one["symbol"], one["adjusted"], one["rows"]) for one in listed] == [
        ("069500", False, 2),
        ("069500", True, 2),
    ]
    assert "저장된 시세: 2계열, 4행" in data("show").stdout
    assert "069500 2026-11-17 분배금 -2.00%" in data("check").stdout


def test_a_file_that_contradicts_what_is_stored_is_refused_until_it_may_replace(
    data, tmp_path: Path
) -> None:
    first = write(tmp_path, *rows("069500", 100, 110, 120), *rows("229200", 200))
    assert data("import", first, "--basis", "raw").exit_code == 0
    second = write(
        tmp_path,
        *rows("069500", 55, 60, 65, days=DAYS[1:]),
        *rows("229200", 200, 210),
        name="second.csv",
    )
    done = data("import", second, "--basis", "raw")
    assert done.exit_code == 2
    assert "저장된 것과 달라 저장하지 않은 종목: 1" in done.stdout
    assert "069500: 2일이 다릅니다. 처음은 2026-11-17, 저장된 종가 110원, 파일 55원" in done.stdout
    assert "저장한 것: 원주가 2행, 1종목" in done.stdout
    assert [row[1] for row in stored(data, "069500")] == [100, 110, 120]
    done = data("import", second, "--basis", "raw", "--replace")
    assert done.exit_code == 0
    assert "통째로 바꾼 종목: 1" in done.stdout
    assert [row[1] for row in stored(data, "069500")] == [55, 60, 65]
    assert [row[1] for row in stored(data, "229200")] == [200, 210]


def test_only_the_symbols_asked_for_are_stored(data, tmp_path: Path) -> None:
    path = write(tmp_path, *rows("069500", 100), *rows("229200", 200))
    done = data("import", path, "--basis", "raw", "--symbols", "229200, 0080g0")
    assert (done.exit_code, "파일에 없는 종목: 0080G0" in done.stdout) == (2, True)
    assert "요청한 종목이나 기간 밖이어서 뺀 행: 1" in done.stdout
    assert [one["symbol"] for one in json.loads(data("show", "--json").stdout)] == ["229200"]
    done = data("import", path, "--basis", "raw", "--symbols", "360750")
    assert done.exit_code == 2
    assert "요청한 종목과 기간의 행이 없습니다" in done.stderr
    done = data("import", path, "--basis", "raw", "--symbols", "가나다")
    assert (done.exit_code, "--symbols: 여섯 자리 종목 코드가 아닙니다" in done.stderr) == (2, True)


def test_a_day_to_come_is_no_day_of_a_file_nor_of_its_making(data, tmp_path: Path) -> None:
    path = write(tmp_path, *rows("069500", 100, 110, days=("2026-11-20", "2999-01-02")))
    done = data("import", path, "--basis", "raw")
    assert (done.exit_code, "아직 오지 않은 날입니다 [2999-01-02]" in done.stdout) == (2, True)
    assert [row[0] for row in stored(data, "069500")] == ["2026-11-20"]
    done = data("import", path, "--basis", "raw", "--as-of", "2999-01-02")
    assert (done.exit_code, "--as-of 2999-01-02: 아직" in done.stderr) == (2, True)
    done = data("import", path, "--basis", "raw", "--as-of", "어제")
    assert (done.exit_code, "--as-of: YYYY-MM-DD 로" in done.stderr) == (2, True)


def test_adjusted_prices_without_a_common_day_are_not_strung_together(data, tmp_path: Path) -> None:
    first = write(tmp_path, *rows("069500", 100, 110))
    later = write(tmp_path, *rows("069500", 55, 60, days=DAYS[3:]), name="later.csv")
    for path in (first, later):
        assert data("import", path, "--basis", "raw").exit_code == 0
    assert data("import", first, "--basis", "adjusted").exit_code == 0
    done = data("import", later, "--basis", "adjusted")
    assert done.exit_code == 2
    assert "파일(2026-11-19부터)과 저장된 것(2026-11-17까지)에 함께 있는 날이 없어" in done.stdout
    assert len(stored(data, "069500", "--basis", "adjusted")) == 2
    overlapping = write(tmp_path, *rows("069500", 110, 120, days=DAYS[1:]), name="third.csv")
    assert data("import", overlapping, "--basis", "adjusted").exit_code == 0
    assert len(stored(data, "069500", "--basis", "adjusted")) == 3


def test_import_and_check_answer_a_script_too(data, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        *rows("069500", 10_000, 9_800),
        "2026-11-19,69500,9800,9800,9800,9800,7",
        "2026-11-20,069500,9800,nan,9800,9800,7",
    )
    done = data("import", path, "--basis", "raw", "--json")
    assert done.exit_code == 2
    found = json.loads(done.stdout)
    assert (found["basis"], found["stored"]) == ("raw", {"rows": 3, "symbols": 1})
    assert found["repairs"] == {"code": 1}
    assert found["refusals"] == [{"line": 5, "reason": "missing", "column": "high", "found": "nan"}]
    assert found["missing_sessions"] == {"069500": 1}
    other = write(tmp_path, *rows("069500", 9_800, 9_800, 9_800), name="adjusted.csv")
    assert data("import", other, "--basis", "adjusted").exit_code == 0
    judged = json.loads(data("check", "--json").stdout)
    assert [(one["adjusted"], one["missing"]) for one in judged["series"]] == [
        (False, ["2026-11-18"]),
        (True, []),
    ]
    assert judged["actions"] == [
        {"symbol": "069500", "date": "2026-11-17", "kind": "distribution", "percent": -2.0}
    ]
    differing = write(tmp_path, *rows("069500", 1, 2), name="differs.csv")
    found = json.loads(data("import", differing, "--basis", "raw", "--json").stdout)
    assert found["differing"] == [{"symbol": "069500", "days": 2, "first": "2026-11-16"}]


def test_gaps_strange_days_stale_series_and_impossible_moves_are_found(
    data, tmp_path: Path
) -> None:
    days = ("2026-11-13", "2026-11-17", "2026-11-20")
    weekend = ("2026-11-20", "2026-11-21", "2026-11-23")
    path = write(
        tmp_path,
        *rows("069500", 100, 110, 1_000, days=days),
        *rows("229200", 100, 100, 100, days=weekend),
    )
    told = data("import", path, "--basis", "raw").stdout
    assert "빠진 거래일이 있는 종목: 1" in told
    assert "069500: 3일 (2026-11-16 … 2026-11-19)" in told
    assert "거래일이 아닌 날의 행이 있는 종목: 1" in told
    done = data("check")
    assert done.exit_code == 4
    line = next(text for text in done.stdout.splitlines() if text.startswith("069500"))
    assert "2026-11-20" in line
    assert "가격제한폭 밖 1일 (처음 2026-11-20)" in line
    assert "거래일 늦음" in line or _newest() <= date(2026, 11, 20)
    assert "거래일 아닌 날 1" in done.stdout
    assert "살펴볼 계열이 2개 있습니다" in done.stdout


def test_a_series_that_nobody_follows_may_end(data, tmp_path: Path) -> None:
    path = write(tmp_path, *rows("999990", 100, 101, days=("2020-01-02", "2020-01-03")))
    data("import", path, "--basis", "raw")
    done = data("check")
    assert (done.exit_code, "빠진 날도 늦은 계열도 없습니다" in done.stdout) == (0, True)


def test_what_is_not_there_is_said(data, tmp_path: Path) -> None:
    for arguments in (("check",), ("show",)):
        done = data(*arguments)
        assert (done.exit_code, "저장된 시세가 없습니다" in done.stderr) == (2, True)
    done = data("show", "069500")
    assert (done.exit_code, "069500: 저장된 시세가 없습니다" in done.stderr) == (2, True)
    done = data("import", str(tmp_path / "none.csv"), "--basis", "raw")
    assert (done.exit_code, "none.csv: 파일이 없습니다" in done.stderr) == (2, True)


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz"])
def test_what_is_stored_can_be_written_and_read_again(data, tmp_path: Path, name: str) -> None:
    path = write(
        tmp_path,
        *rows("069500", 100, 110),
        "2026-11-18,069500,0,0,0,110,0",
        *rows("229200", 200, 210),
    )
    data("import", path, "--basis", "raw")
    target = tmp_path / name
    done = data("export", str(target), "--basis", "raw")
    assert done.exit_code == 0, done.stderr
    assert f"쓴 것: {target} · 5행, 2종목" in done.stdout
    again, first = read_prices(target).table, read_prices(Path(path)).table
    assert again.codes == first.codes
    for code in first.codes:
        ours, theirs = again.column(code), first.column(code)
        for field in ("days", "open", "high", "low", "close", "volume", "traded"):
            assert getattr(ours, field).tolist() == getattr(theirs, field).tolist()
    # What is there is not overwritten.
    done = data("export", str(target), "--basis", "raw")
    assert (done.exit_code, "이미 있는 파일입니다" in done.stderr) == (2, True)
    done = data("export", str(tmp_path / "y.csv"), "--basis", "raw", "--symbols", "69500,999999")
    assert (done.exit_code, "999999: 저장된 시세가 없습니다" in done.stderr) == (2, True)
    assert not (tmp_path / "y.csv").exists()
    done = data("export", str(tmp_path / "x.csv"), "--basis", "adjusted")
    assert (done.exit_code, "저장된 시세가 없습니다" in done.stderr) == (2, True)


def test_an_export_without_volumes_has_no_such_column(data, tmp_path: Path) -> None:
    lines = [line.rpartition(",")[0] for line in (*rows("069500", 100, 110), *rows("229200", 1))]
    path = write(tmp_path, *lines, header=HEADER.removesuffix(",volume"))
    data("import", path, "--basis", "adjusted")
    target = tmp_path / "out.csv"
    done = data("export", str(target), "--basis", "adjusted", "--symbols", "069500")
    assert done.exit_code == 0
    assert target.read_text().splitlines() == [HEADER.removesuffix(",volume"), *lines[:2]]
    assert read_prices(target).table.column("069500").traded.all()


@pytest.mark.slow
def test_the_universe_is_brought_up_to_date(data, tmp_path: Path) -> None:
    """A process of its own: the whole graph is built, logs and all."""

    def update(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "bot", "data", "update", *arguments],
            cwd=tmp_path,
            env=child_environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    done = update("--symbols", "069500,229200", "--sessions", "10")
    assert done.returncode == 0, done.stderr
    assert f"새로 고친 것: 2종목, 마지막 거래일 {_newest()}" in done.stdout
    listed = json.loads(data("show", "--json").stdout)
    assert {(one["symbol"], one["adjusted"]) for one in listed} == {
        (code, adjusted) for code in ("069500", "229200") for adjusted in (False, True)
    }
    assert {one["last"] for one in listed} == {_newest().isoformat()}
    done = update("--symbols", "999999")
    assert done.returncode == 2
    assert "종목 목록에 없는 코드입니다: 999999" in done.stderr


def _newest() -> date:
    from bot.by_hand.stored_bars import last_finished
    from core.runtime.clock import SystemClock

    found = last_finished(TradingCalendar(), SystemClock())
    assert found is not None
    return found
