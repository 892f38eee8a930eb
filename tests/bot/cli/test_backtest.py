"""`python -m bot backtest` and `metrics` as people and scripts call them."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from bot.cli.app import app
from tests.bot.backtesting.files import SHORT, price_lines, written
from tests.bot.environment import child_environment

ROOT = Path(__file__).parents[3]
INPUT = 2


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["backtest", *SHORT, *(str(item) for item in arguments)])


def refused(words: str, *arguments: object) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (INPUT, ""), result.output
    (said,) = result.stderr.splitlines()
    assert said.startswith("오류 / error: ")
    assert words in said


def answer(*arguments: object) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    return written(tmp_path / "p.csv", price_lines())


def test_json_holds_values_orders_figures_and_decisions(prices: Path) -> None:
    found = answer("--prices", prices, "--cash", 5_000_000, "--top", 2)
    days = list(found["nav"])
    assert found["nav"][days[0]] == 5_000_000
    assert {"cagr", "volatility", "sharpe", "max_drawdown", "turnover", "fees", "taxes"} <= set(
        found["metrics"]
    )
    order = found["orders"][0]
    assert order["date"] == days[days.index(order["decided"]) + 1]
    decision = found["decisions"][order["decided"]]
    assert order["symbol"] in decision["weights"]
    assert set(decision["weights"]) == set(decision["atr"]) <= set(decision["scores"])
    assert sum(decision["weights"].values()) == pytest.approx(1)
    assert len(found["benchmark"]["nav"]) == len(days)
    assert found["warnings"][0].startswith("지나간 시세로")
    assert found["metrics"]["fees"] == pytest.approx(sum(item["fee"] for item in found["orders"]))


def test_symbols_may_lack_their_zeros_and_the_period_may_be_bounded(prices: Path) -> None:
    found = answer(
        "--prices", prices, "--symbols", "1,000003", "--start", "2020-03-02", "--end", "2020-05-29"
    )
    days = list(found["nav"])
    assert (days[0], days[-1]) == ("2020-03-02", "2020-05-29")
    assert {item["symbol"] for item in found["orders"]} <= {"000001", "000003"}


def test_the_table_shows_the_benchmark_and_what_to_beware_of(prices: Path) -> None:
    result = run("--prices", prices, "--benchmark", "000002", "--tax", "etf")
    assert result.exit_code == 0, result.output
    for words in ("000002 보유", "최대 낙폭", "15.4", "앞날을 약속하지 않습니다"):
        assert words in result.stdout
    assert "largest drawdown" in run("--prices", prices, "--locale", "en").stdout


def test_trades_are_written_as_csv(prices: Path, tmp_path: Path) -> None:
    target = tmp_path / "trades.csv"
    found = answer("--prices", prices, "--trades", target)
    rows = list(csv.DictReader(target.read_text(encoding="utf-8-sig").splitlines()))
    assert [(row["date"], row["symbol"], int(row["quantity"])) for row in rows] == [
        (item["date"], item["symbol"], item["quantity"]) for item in found["orders"]
    ]
    missing = tmp_path / "no" / "t.csv"
    refused("t.csv: 쓸 수 없습니다. 그 폴더가 없습니다", "--prices", prices, "--trades", missing)
    refused("쓸 수 없습니다. 파일이 아니라 폴더입니다", "--prices", prices, "--keep", tmp_path)


def test_raw_prices_are_paid_and_their_difference_is_a_distribution(
    prices: Path, tmp_path: Path
) -> None:
    lines = price_lines()
    raw = []
    for line in lines:
        day, code, *numbers, volume = line.split(",")
        # Until April half of what was paid later is still in the price: 2 % are paid out.
        factor = 1.02 if day < "2020-04-10" else 1.0
        raw.append(
            ",".join([day, code, *(str(round(int(item) * factor)) for item in numbers), volume])
        )
    path = written(tmp_path / "raw.csv", raw)
    found = answer("--prices", prices, "--raw", path, "--cash", 5_000_000)
    paid = {(line.split(",")[0], line.split(",")[1]): line.split(",")[2] for line in raw}
    assert found["orders"]
    for item in found["orders"]:
        assert item["price"] == float(paid[item["date"], item["symbol"]])
    assert {item["date"] for item in found["payouts"]} == {"2020-04-10"}


def test_a_universe_file_leaves_leverage_out_and_knows_the_tax(
    prices: Path, tmp_path: Path
) -> None:
    universe = tmp_path / "universe.csv"
    universe.write_text(
        "code,name,multiple,tax_type,fee_pct\n1,가,일반,비과세,0.15\n2,나,2X 레버리지,,0.5\n"
        "000003,다,1X 인버스,,0.5\n000004,라,일반,배당소득세(보유기간과세),0.3\n"
        "000009,파일에 없는 종목,일반,,0.3\n",
        encoding="utf-8",
    )
    found = answer("--prices", prices, "--universe", universe, "--tax", "etf")
    assert {item["symbol"] for item in found["orders"]} <= {"000001", "000004"}
    assert found["notes"]["untaxed_symbols"] == ["000001"]
    only = tmp_path / "only.csv"
    only.write_text("code,multiple\n2,2X 레버리지\n", encoding="utf-8")
    refused("레버리지·인버스를 빼고", "--prices", prices, "--universe", only)
    refused("하나만", "--prices", prices, "--universe", universe, "--symbols", "000001")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--symbols", "000001,000077"), "p.csv에 없는 종목입니다"),
        (("--symbols", "가나다"), "--symbols: 여섯 자리 종목 코드가 아닙니다: '가나다'"),
        (("--symbols", ","), "--symbols: 종목 코드를 하나 이상"),
        (("--benchmark", "x"), "--benchmark: 여섯 자리"),
        (("--benchmark", ""), "--benchmark: 종목 코드를 하나 이상"),
        (("--benchmark", "000001,000002"), "--benchmark: 종목 코드를 하나만"),
        (("--cash", "0"), "--cash: 1 ~ 1,000,000,000,000,000 사이여야 합니다. 받은 값: 0"),
        (("--invested", "nan"), "--invested: 0.01 ~ 1 사이여야 합니다. 받은 값: nan"),
        (("--start", "2020/01/01"), "YYYY-MM-DD"),
        (("--start", "2020-03-01", "--end", "2020-02-01"), "보다 늦습니다"),
        (("--start", "2030-01-01"), "거래일이 둘도 없습니다"),
        (("--end", "2020-01-20"), "끝난 달이 없어"),
        (("--top", "0"), "--top: 1 ~ 100"),
        (("--invested", "1.2"), "--invested"),
        (("--skip", "20"), "보다 작아야"),
        (("--benchmark", "000077"), "000077"),
        (("--lookback", "200"), "000001 108거래일 있음, 93거래일 모자람"),
    ],
)
def test_wrong_options_are_one_sentence(prices: Path, options: tuple[str, ...], words: str) -> None:
    refused(words, "--prices", prices, *options)


def test_a_file_that_is_not_beyond_doubt_is_refused_by_line(tmp_path: Path) -> None:
    lines = price_lines(60, 1)
    lines[4] = lines[4].replace(",100", ",nan").replace(lines[4].split(",")[5], "-5")
    path = written(tmp_path / "bad.csv", lines)
    refused("6행", "--prices", path)
    refused("none.csv: 파일이 없습니다", "--prices", tmp_path / "none.csv")


def test_what_was_mended_is_said(tmp_path: Path) -> None:
    lines = price_lines(60, 1)
    path = written(tmp_path / "p.csv", [line.replace(",000001,", ",1,") for line in lines[::-1]])
    assert "60행, 앞의 0이 사라진 종목 코드를" in run("--prices", path).stdout


def test_what_is_missing_is_told_and_never_filled(tmp_path: Path) -> None:
    lines = [line for line in price_lines() if not line.startswith(("2020-03-02", "2020-03-03"))]
    lines = [line for line in lines if not line.startswith("2020-04-06,000002")]
    path = written(tmp_path / "p.csv", lines)
    universe = tmp_path / "universe.csv"
    universe.write_text("code\n1\n2\n000077\n", encoding="utf-8")
    ask = ("--prices", path, "--universe", universe)
    found = answer(*ask)
    assert "2020-03-02" not in found["nav"]
    assert found["notes"]["absent_symbols"] == ["000077"]
    (file,) = found["notes"]["files"]
    assert file["missing_sessions"] == {"000001": 2, "000002": 3}
    text = run(*ask).stdout
    assert "시세가 없어 뺀 1종목: 000077" in text
    assert "p.csv: 거래일이 빠진 종목 2개, 모두 5일" in text
    assert "000002 3일(2020-03-02 ~ 2020-04-06)" in text
    raw = written(tmp_path / "raw.csv", [line for line in lines if ",000001," in line])
    assert answer("--prices", path, "--raw", raw)["notes"]["absent_symbols"] == [
        "000002",
        "000003",
        "000004",
    ]
    both = ("--prices", path, "--raw", raw, "--symbols", "1,2")
    refused("raw.csv에 없는 종목입니다", *both)


def test_cash_that_buys_nothing_is_told(prices: Path) -> None:
    result = run("--prices", prices, "--cash", 1)
    assert (result.exit_code, "한 번도 사지 않았습니다" in result.stdout) == (0, True)
    assert "한 번도 사지" not in run("--prices", prices, "--cash", 5_000_000).stdout


def strategy_file(tmp_path: Path, **numbers: object) -> Path:
    lines = "\n".join(f"{name} = {value}" for name, value in numbers.items())
    universe = "".join(f'[[universe]]\nsymbol = "00000{n}"\nname = "가{n}"\n' for n in (1, 2, 3))
    path = tmp_path / "strategy.toml"
    path.write_text(f"[parameters]\n{lines}\n{universe}", encoding="utf-8")
    return path


def live(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["backtest", *(str(item) for item in arguments)])


@pytest.mark.parametrize("protect", ["none", "close", "touch"])
def test_the_live_strategy_is_tried_with_its_file(
    prices: Path, tmp_path: Path, protect: str
) -> None:
    path = strategy_file(
        tmp_path, formation=40, skip=5, atr_period=10, entry_value_won_min=1, top_k=2
    )
    ask = ("--prices", prices, "--strategy", path, "--protect", protect, "--loss-limit", 5)
    found = json.loads(live(*ask, "--check-lookahead", "--json").stdout)
    assert found["orders"]
    assert {item["symbol"] for item in found["orders"]} <= {"000001", "000002", "000003"}
    assert all(float(value).is_integer() for value in found["nav"].values())
    assert found["lookahead"]["changed"] == []
    assert found["lookahead"]["checked"] >= len(found["decisions"]) > 0


def test_options_that_contradict_the_strategy_file_are_refused(
    prices: Path, tmp_path: Path
) -> None:
    path = strategy_file(tmp_path, formation=40, skip=5, atr_period=10)
    for options, words in (
        (("--strategy", path, "--top", 3), "--top"),
        (("--strategy", path, "--atr-method", "sma"), "--atr-method"),
        (("--strategy", tmp_path / "none.toml"), "none.toml: 파일이 없습니다"),
        (("--strategy", path, "--sweep", "top=1,2"), "--strategy 없이"),
        (("--strategy", path, "--loss-limit", 200), "--loss-limit"),
        (("--protect", "touch"), "--strategy 와 함께"),
    ):
        result = live("--prices", prices, *options)
        assert (result.exit_code, result.stdout) == (INPUT, ""), result.output
        assert words in result.stderr


def test_the_strategy_that_ships_needs_real_history(prices: Path) -> None:
    result = live("--prices", prices, "--strategy", "default")
    assert result.exit_code == INPUT
    assert "요청한 종목" in result.stderr


def test_studies_stand_in_json_and_in_words(tmp_path: Path) -> None:
    path = written(tmp_path / "long.csv", price_lines(500, 4))
    ask = (
        *("--prices", path, "--check-lookahead", "--bands"),
        *("--sweep", "top=1,2 lookback=20,40", "--walk-forward", "6/3"),
    )
    found = answer(*ask)
    assert found["lookahead"] == {"checked": len(found["decisions"]), "changed": []}
    assert found["bands"]["cagr"]["low"] < found["bands"]["cagr"]["high"]
    assert len(found["sweep"]) == 4
    assert found["sweep"][0]["values"].keys() == {"top", "lookback"}
    walk = found["walk_forward"]
    assert walk["windows"][0]["start"] == next(iter(walk["nav"]))
    text = run(*ask).stdout
    for words in ("미리보기 검사", "운의 폭", "걸어간 결과", "top=1 lookback=20"):
        assert words in text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--sweep", "cash=1,2"), "'cash=1,2'"),
        (("--sweep", "top=1.5"), "'top=1.5'"),
        (("--sweep", "top="), "'top='"),
        (("--sweep", "top=x"), "'top=x'"),
        (("--sweep", "top=0"), "--sweep top: 1 ~ 100 사이여야"),
        (("--sweep", "invested=nan"), "--sweep invested: 0.01 ~ 1"),
        (("--sweep", ""), "''"),
        (("--sweep", "skip=20,30"), "할 수 있는 조합이 없습니다"),
        (("--sweep", "top=" + ",".join(["1"] * 501)), "조합이 501개입니다"),
        (("--walk-forward", "6/3"), "--sweep 으로"),
        (("--sweep", "top=1", "--walk-forward", "6"), "'6'"),
        (("--sweep", "top=1", "--walk-forward", "60/6"), "기간이 짧아"),
    ],
)
def test_wrong_studies_are_one_sentence(prices: Path, options: tuple[str, ...], words: str) -> None:
    refused(words, "--prices", prices, *options)


def test_the_picture_is_a_png_and_a_folder_that_is_missing_is_said(
    prices: Path, tmp_path: Path
) -> None:
    target = tmp_path / "chart.png"
    assert run("--prices", prices, "--chart", target, "--cash", 5_000_000).exit_code == 0
    assert target.read_bytes().startswith(b"\x89PNG")
    refused("그 폴더가 없습니다", "--prices", prices, "--chart", tmp_path / "no" / "c.png")


def test_rows_kept_as_arrays_give_the_same_answer(prices: Path, tmp_path: Path) -> None:
    arrays = tmp_path / "kept.npz"
    first = answer("--prices", prices, "--keep", arrays)
    again = answer("--prices", arrays)
    told = {"notes": None, "warnings": None}  # of the file that was read
    assert {**first, **told} == {**again, **told}


def returns_file(tmp_path: Path, *values: object, title: str = "return") -> Path:
    path = tmp_path / "r.csv"
    path.write_text("\n".join(["month," + title, *(f"m,{v}" for v in values)]), encoding="utf-8")
    return path


def measured(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["metrics", *(str(item) for item in arguments)])


def test_metrics_of_a_file_of_returns(tmp_path: Path) -> None:
    path = returns_file(tmp_path, 0.1, -0.05, 0.02)
    ask = ("--returns", path, "--periods-per-year", 12)
    found = json.loads(measured(*ask, "--risk-free", 0.001, "--json").stdout)
    values = np.array([0.1, -0.05, 0.02])
    assert found["cagr"] == pytest.approx(float(np.prod(1 + values)) ** 4 - 1)
    assert found["sharpe"] == pytest.approx((values.mean() - 0.001) / values.std(ddof=1) * 12**0.5)
    assert (found["max_drawdown"], found["periods"]) == (pytest.approx(-0.05), 3)
    assert "샤프" in measured(*ask).stdout


def test_a_file_of_returns_that_is_none_is_said_in_korean(tmp_path: Path) -> None:
    odd = tmp_path / "odd.csv"
    odd.write_bytes("return\n수익\n".encode("cp949"))
    wide = tmp_path / "wide.csv"
    wide.write_text("return\n" + "1" * 200_000, encoding="utf-8")
    for path, words in (
        (tmp_path / "none.csv", "none.csv: 파일이 없습니다"),
        (odd, "odd.csv: UTF-8 글자가 아닙니다"),
        (wide, "wide.csv: 열과 따옴표를 가려 읽을 수 없습니다"),
    ):
        result = measured("--returns", path, "--periods-per-year", 12)
        assert (result.exit_code, words in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("values", "title", "words"),
    [
        ((0.1,), "r", "'return' 열이 없습니다"),
        ((), "return", "한 줄도 없습니다"),
        ((0.1, "x"), "return", "3번째 줄"),
        ((-1.5,), "return", "2번째 줄"),
        ((0.1,), "return,return", "1행: 같은 열이 머리글에 두 번 있습니다: return"),
        ((1e300, 1e300), "return", "셈할 수 없을 만큼 큽니다"),
        ((1e30,) * 9, "return", "셈할 수 없을 만큼 큽니다"),
    ],
)
def test_unusable_returns_are_one_sentence(
    tmp_path: Path, values: tuple[object, ...], title: str, words: str
) -> None:
    path = returns_file(tmp_path, *values, title=title)
    result = measured("--returns", path, "--periods-per-year", 12)
    assert (result.exit_code, result.stdout) == (INPUT, "")
    assert words in result.stderr


@pytest.mark.parametrize("number", ["nan", "inf", "2"])
def test_a_risk_free_return_that_is_none_is_one_sentence(tmp_path: Path, number: str) -> None:
    path = returns_file(tmp_path, 0.1)
    ask = ("--returns", path, "--periods-per-year", 12, "--risk-free", number)
    result = measured(*ask)
    assert (result.exit_code, result.stdout) == (INPUT, "")
    assert "--risk-free: -1 ~ 1 사이여야" in result.stderr
    result = measured("--returns", path, "--periods-per-year", "inf")
    assert (result.exit_code, "--periods-per-year: 100000" in result.stderr) == (INPUT, True)


def test_the_command_imports_nothing_that_it_does_not_need(prices: Path, tmp_path: Path) -> None:
    arrays = tmp_path / "kept.npz"
    answer("--prices", prices, "--keep", arrays)
    code = (
        "import sys, runpy\n"
        "sys.argv = 'bot backtest --json --lookback 20 --skip 5 --prices'.split() + sys.argv[1:]\n"
        "try: runpy.run_module('bot', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "heavy = {'discord', 'pandas', 'scipy', 'matplotlib', 'sqlalchemy', 'openai'}\n"
        "heavy |= {'typer', 'pydantic', 'rich', 'asyncio', 'numpy.ma', 'importlib.metadata'}\n"
        "sys.stderr.write(','.join(sorted(heavy & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(arrays)],
        cwd=ROOT,
        env=child_environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == ""
