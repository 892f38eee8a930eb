"""The child process of /strategy backtest: a real one, on a real database."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from bot.operations.backtest_child import ChildBacktests
from core.errors import DataError
from core.ports.backtests import BacktestAnswer, BacktestAsk, BacktestRefusal, BacktestStage
from storage.migrations.runner import upgrade_here
from tests.bot.backtesting.files import price_lines, written
from tests.bot.environment import only

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
ASK = BacktestAsk(start=None, end=None, cash_won=5_000_000, protection="touch", locale="ko")
UNIVERSE = "".join(f'[[universe]]\nsymbol = "00000{n}"\nname = "가{n}"\n' for n in (1, 2, 3, 4))


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ChildBacktests:
    only(monkeypatch, tmp_path, COLUMNS="140", PYTHONPATH=str(ROOT))
    folder = tmp_path / "data"
    folder.mkdir()
    upgrade_here(f"sqlite:///{folder / 'autotrade-sim.db'}")
    strategy = folder / "strategy.toml"
    numbers = "[parameters]\nformation = 40\nskip = 5\natr_period = 10\n"
    strategy.write_text(numbers + UNIVERSE, encoding="utf-8")
    changes = {"BROKER": "sim", "DATA_DIR": str(folder), "ACCOUNT_KIND": "general"}
    return ChildBacktests(folder, strategy, changes)


def fill(tmp_path: Path) -> None:
    prices = written(tmp_path / "p.csv", price_lines(160, 4))
    done = CliRunner().invoke(app, ["data", "import", str(prices), "--basis", "adjusted"])
    assert done.exit_code == 0, done.stderr


async def test_a_child_answers_and_leaves_nothing_behind(child, tmp_path: Path) -> None:
    await asyncio.to_thread(fill, tmp_path)
    stages: list[BacktestStage] = []
    again: list[object] = []

    async def told(stage: BacktestStage) -> None:
        stages.append(stage)
        if stage is BacktestStage.READ:
            again.append(await child.run(ASK, told))

    found = await child.run(ASK, told)
    assert isinstance(found, BacktestAnswer), found
    assert stages == list(BacktestStage)
    assert again == [BacktestRefusal.BUSY]
    assert found.png.startswith(b"\x89PNG")
    assert found.ours.final_won > 0
    assert found.orders > 0
    assert found.warnings[0] == "지나간 시세로 셈한 것입니다. 앞날을 약속하지 않습니다."
    assert any("1,000,000원까지만" in line for line in found.warnings)
    assert [item.name for item in (tmp_path / "data").glob("backtest-*")] == []


async def test_a_cancelled_child_ends_at_once(child, tmp_path: Path) -> None:
    await asyncio.to_thread(fill, tmp_path)

    async def told(stage: BacktestStage) -> None:
        child.cancel()

    assert await child.run(ASK, told) is BacktestRefusal.CANCELLED
    child.cancel()  # nothing runs: nothing happens


async def test_what_the_command_refuses_is_said_in_its_words(child) -> None:
    async def told(stage: BacktestStage) -> None:
        assert stage is BacktestStage.READ

    with pytest.raises(DataError, match="저장된 시세가 없습니다") as caught:
        await child.run(ASK, told)
    assert not str(caught.value).startswith("오류")


async def test_a_child_that_is_killed_is_said_to_have_died(child, tmp_path: Path) -> None:
    await asyncio.to_thread(fill, tmp_path)

    async def told(stage: BacktestStage) -> None:
        os.kill(child._child.pid, signal.SIGKILL)

    assert await child.run(ASK, told) is BacktestRefusal.DIED
    assert [item.name for item in (tmp_path / "data").glob("backtest-*")] == []


async def test_a_folder_that_cannot_be_is_said(child, tmp_path: Path) -> None:
    async def told(stage: BacktestStage) -> None:
        raise AssertionError(stage)

    (tmp_path / "file").touch()
    nowhere = ChildBacktests(tmp_path / "file" / "data", tmp_path, {"ACCOUNT_KIND": "general"})
    assert await nowhere.run(ASK, told) is BacktestRefusal.NOT_STARTED


async def test_a_backtest_has_a_time_limit(child, tmp_path: Path) -> None:
    async def told(stage: BacktestStage) -> None:
        raise AssertionError(stage)

    hasty = ChildBacktests(
        tmp_path / "data",
        tmp_path / "data" / "strategy.toml",
        {"ACCOUNT_KIND": "general", "DATA_DIR": os.environ.get("DATA_DIR", "data")},
        seconds=0.01,
    )
    assert await hasty.run(ASK, told) is BacktestRefusal.TOO_LONG
