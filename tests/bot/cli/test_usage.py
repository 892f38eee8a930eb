"""Commands that are typed wrongly: one sentence in every language, code 2."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import options, start
from bot.cli.app import app
from tests.bot.environment import child_environment

BACKTEST = ("backtest", "--prices", "x.csv")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*BACKTEST, "--top", "2.5"), ("--top: 정수를 주세요", "must be a whole number")),
        ((*BACKTEST, "--cash", "1,000"), ("--cash: 정수를 주세요", "without commas")),
        ((*BACKTEST, "--invested", "x"), ("--invested: 수를 주세요", "must be a number")),
        ((*BACKTEST, "--tax", "x"), ("'none', 'etf' 가운데 하나", "must be one of 'none', 'etf'")),
        ((*BACKTEST, "--brokr", "x"), ("--brokr: 없는 선택지", "no such option")),
        ((*BACKTEST, "--top"), ("알아듣지 못했습니다", "--top")),
        ((*BACKTEST, "--to", "2"), ("--to: 없는 선택지", "no such option")),
        ((*BACKTEST, "069500"), ("알아듣지 못했습니다", "'069500'")),
        (("metrics", "--periods-per-year", "12"), ("--returns: 꼭 있어야", "must be given")),
        (("metrics", "--periods-per-year", "0"), ("--periods-per-year: 0.001 이상", "at least")),
        (("metrics", "--periods-per-year", "nan"), ("0.001 이상", "at least 0.001")),
        (("metrics", "--periods-per-year", "1e6"), ("100000 이하", "at most 100000")),
        (("calendar",), ("--start: 꼭 있어야", "must be given")),
        (("data", "import"), ("FILE: 꼭 있어야", "FILE: must be given")),
        (("data", "show", "--last", "0"), ("--last: 1 이상", "at least 1")),
        (("data", "update", "--sessions", "9999"), ("5000 이하", "at most 5000")),
        (("data", "show", "--last"), ("알아듣지 못했습니다", "not understood")),
        (("buy",), ("알아듣지 못했습니다", "'buy'")),
    ],
)
def test_what_is_typed_wrongly_is_one_sentence(
    arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    done = CliRunner().invoke(app, arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("오류 / error: ")
    assert all(part in line for part in words)


@pytest.mark.parametrize("arguments", [(), ("data",)])
def test_no_command_at_all_shows_what_there_is(arguments: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert "Commands" in done.output
    assert "오류" not in done.output


def test_an_interrupt_ends_with_the_code_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("bot.by_hand.calendar.sessions_json", interrupted)
    ask = ("calendar", "--start", "2026-01-02", "--end", "2026-01-02", "--json")
    assert CliRunner().invoke(app, ask).exit_code == 130


@pytest.mark.parametrize("command", ["backtest", "metrics"])
def test_light_commands_are_listed_and_explained(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command in CliRunner().invoke(app, ["--help"]).output
    with pytest.raises(SystemExit) as ended:
        start.main([command, "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert "--json" in told
    assert "--stages" not in told
    assert CliRunner().invoke(app, [command, "--help"]).output == told


def test_a_variable_stands_in_for_an_option_that_was_not_typed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = (options.Option(name="locale", about="", default="ko", environment="LOCALE"),)
    monkeypatch.setenv("LOCALE", "en")
    assert options.typed_options("x", "", asked, []) == {"locale": "en"}
    assert options.typed_options("x", "", asked, ["--locale", "ko"]) == {"locale": "ko"}
    monkeypatch.setenv("LOCALE", "fr")
    done = CliRunner().invoke(app, BACKTEST)
    assert (done.exit_code, "--locale: 'ko', 'en' 가운데" in done.stderr) == (2, True)


def test_a_light_command_that_is_interrupted_ends_with_the_code_of_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(start.LIGHT, "backtest", interrupted)
    with pytest.raises(SystemExit) as ended:
        start.main(["backtest"])
    assert ended.value.code == 130


def test_a_reader_who_has_seen_enough_is_no_fault(tmp_path: Path) -> None:
    returns = tmp_path / "r.csv"
    returns.write_text("return\n0.1\n-0.2\n", encoding="utf-8")
    ask = ("--returns", str(returns), "--periods-per-year", "12", "--json")
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "metrics", *ask],
        env=child_environment(),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        child.stdout.close()
        assert child.stderr is not None
        said = child.stderr.read()
        assert (child.wait(60), said) == (1, b"")
