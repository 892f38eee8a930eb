"""Commands that are typed wrongly: one sentence in every language, code 2."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from bot.cli.app import app

BACKTEST = ("backtest", "--prices", "x.csv")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*BACKTEST, "--top", "2.5"), ("--top: 정수를 주세요", "must be a whole number")),
        ((*BACKTEST, "--cash", "1,000"), ("--cash: 정수를 주세요", "without commas")),
        ((*BACKTEST, "--invested", "x"), ("--invested: 수를 주세요", "must be a number")),
        ((*BACKTEST, "--tax", "x"), ("'none', 'etf' 가운데 하나", "must be one of 'none', 'etf'")),
        ((*BACKTEST, "--brokr", "x"), ("--brokr: 없는 선택지", "no such option")),
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

    monkeypatch.setattr("bot.calendar_by_hand.sessions_json", interrupted)
    ask = ("calendar", "--start", "2026-01-02", "--end", "2026-01-02", "--json")
    assert CliRunner().invoke(app, ask).exit_code == 130
