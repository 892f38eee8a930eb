"""`python -m bot backtest --stored`: the bot's own bars instead of a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.app import app
from storage.migrations.runner import upgrade_here
from tests.bot.backtesting.files import SHORT, price_lines, written
from tests.bot.environment import only


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    only(monkeypatch, tmp_path, COLUMNS="140")
    (tmp_path / "data").mkdir()
    upgrade_here(f"sqlite:///{tmp_path / 'data' / 'autotrade-sim.db'}")
    return tmp_path


def bot(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(item) for item in arguments])


def answer(*arguments: object) -> dict[str, object]:
    done = bot("backtest", *SHORT, "--json", *arguments)
    assert done.exit_code == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return {**found, "notes": None, "warnings": None}


def test_stored_bars_give_what_their_files_give(folder: Path) -> None:
    prices = written(folder / "p.csv", price_lines())
    assert bot("data", "import", prices, "--basis", "adjusted").exit_code == 0
    assert answer("--stored") == answer("--prices", prices)
    assert bot("data", "import", prices, "--basis", "raw").exit_code == 0
    assert answer("--stored") == answer("--prices", prices, "--raw", prices)
    ask = ("--symbols", "000002,000003", "--end", "2020-05-29")
    assert answer("--stored", *ask) == answer("--prices", prices, "--raw", prices, *ask)


def test_raw_bars_alone_serve_as_both(folder: Path) -> None:
    prices = written(folder / "p.csv", price_lines())
    bot("data", "import", prices, "--basis", "raw")
    assert answer("--stored") == answer("--prices", prices)


def test_nothing_stored_and_contradictions_are_said(folder: Path) -> None:
    for options, words in (
        (("--stored",), "저장된 시세가 없습니다"),
        ((), "--stored 가운데 하나"),
        (("--stored", "--prices", "x.csv"), "--stored 가운데 하나"),
        (("--stored", "--raw", "x.csv"), "--stored 가운데 하나"),
    ):
        done = bot("backtest", *options)
        assert (done.exit_code, words in done.stderr) == (2, True), done.stderr
    (folder / "data" / "autotrade-sim.db").unlink()
    assert "저장된 시세가 없습니다" in bot("backtest", "--stored").stderr
