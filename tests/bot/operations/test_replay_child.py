"""The child process that replays a rule: a real one, on a real database."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.backtesting import __main__ as child_process
from bot.cli.app import app
from bot.operations.replay_child import REST_SECONDS, ChildReplays
from core.domain.rule_evidence import Missing, ReplayFigures, Unshown
from core.domain.rule_facts import Fact
from storage.migrations.runner import upgrade_here
from tests.bot.backtesting.files import price_lines, written
from tests.bot.environment import only
from tests.bot.operations.test_backtest_child import ROOT, UNIVERSE
from tests.core.domain.rule_cases import comparison, terms
from tests.fakes.desk_kit import at
from tests.fakes.hand_clock import HandClock

pytestmark = pytest.mark.slow
RISING = terms(condition=[comparison(Fact.RETURN_5_BPS, ">", 0)])
OTHER = terms(condition=[comparison(Fact.ATR_BPS, ">", 2_900)])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    only(monkeypatch, tmp_path, COLUMNS="140", PYTHONPATH=str(ROOT))
    place = tmp_path / "data"
    place.mkdir()
    upgrade_here(f"sqlite:///{place / 'autotrade-sim.db'}")
    numbers = "[parameters]\nformation = 40\nskip = 5\natr_period = 10\n"
    (place / "strategy.toml").write_text(numbers + UNIVERSE, encoding="utf-8")
    return place


def fill(tmp_path: Path) -> None:
    prices = written(tmp_path / "p.csv", price_lines(300, 4))
    done = CliRunner().invoke(app, ["data", "import", str(prices), "--basis", "adjusted"])
    assert done.exit_code == 0, done.stderr


def held_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def replays(folder: Path, **changes: float) -> ChildReplays:
    settings = {"BROKER": "sim", "DATA_DIR": str(folder)}
    return ChildReplays(settings, HandClock(at(18)), **changes)


async def test_a_child_answers_the_same_twice_and_leaves_nothing_behind(
    folder: Path, tmp_path: Path
) -> None:
    await asyncio.to_thread(fill, tmp_path)
    before = held_in(folder)
    child, other = replays(folder), replays(folder)
    found, again = await asyncio.gather(
        child.replay(RISING, [OTHER]), other.replay(RISING, [OTHER])
    )
    assert isinstance(found, ReplayFigures), found
    assert found == again
    assert found.orders_without > 0
    assert found.windows
    assert held_in(folder) == before


async def test_what_the_stored_bars_do_not_hold_is_said(folder: Path, tmp_path: Path) -> None:
    falling = terms(condition=[comparison(Fact.MARKET_RETURN_20_BPS, "<", 0)])
    child = replays(folder)
    assert await child.replay(falling, []) == Missing(Unshown.NO_BARS)
    assert await child.replay(RISING, []) == Missing(Unshown.NO_BARS)
    # The bars come on the same day: what they do not hold is looked for again.
    await asyncio.to_thread(fill, tmp_path)
    missing = Missing(Unshown.NOT_STORED, (Fact.MARKET_RETURN_20_BPS,))
    assert await child.replay(falling, []) == missing
    assert isinstance(await child.replay(RISING, []), ReplayFigures)


async def test_what_would_have_been_bought_is_counted_once_a_day(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = HandClock(at(18))
    child = ChildReplays({"BROKER": "sim", "DATA_DIR": str(folder)}, clock)
    assert await child.purchases() == Missing(Unshown.NO_BARS)
    await asyncio.to_thread(fill, tmp_path)
    found = await child.purchases()
    assert not isinstance(found, Missing)
    assert len(found) > 5
    assert [item.day for item in found] == sorted(item.day for item in found)
    assert all(item.known[Fact.RETURN_5_BPS] is not None for item in found)
    # No other process starts today.
    monkeypatch.setattr(sys, "executable", str(folder / "nothing"))
    assert await child.purchases() is found


async def test_what_failed_is_no_answer_and_is_left_alone_for_half_an_hour(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asyncio.to_thread(fill, tmp_path)
    clock = HandClock(at(18))
    child = ChildReplays({"BROKER": "sim", "DATA_DIR": str(folder)}, clock)
    failed = Missing(Unshown.FAILED)
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", str(folder / "nothing"))
        assert await child.purchases() == failed
        assert await child.replay(RISING, []) == failed
    # It would work now, and nobody tries.
    clock.move(REST_SECONDS - 1)
    assert await child.purchases() == failed
    assert await child.replay(OTHER, []) == failed
    clock.move(1)
    assert not isinstance(await child.purchases(), Missing)
    found = await child.replay(RISING, [])
    assert isinstance(found, ReplayFigures)
    assert found.held is not None
    # What is known of today is not replayed again; another rule is.
    monkeypatch.setattr(sys, "executable", str(folder / "nothing"))
    assert await child.replay(RISING, []) is found
    assert await child.replay(OTHER, []) == failed


async def test_a_child_that_takes_too_long_or_dies_makes_no_figures(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = Missing(Unshown.FAILED)
    assert await replays(folder, seconds=0.001).replay(RISING, []) == failed
    (folder / "strategy.toml").write_text("[parameters", encoding="utf-8")
    assert await replays(folder).replay(RISING, []) == failed
    monkeypatch.setattr(sys, "executable", str(folder / "nothing"))
    assert await replays(folder).replay(RISING, []) == failed


def test_what_is_no_job_is_refused(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    class Stdin:
        class buffer:  # noqa: N801 - as sys.stdin has it
            @staticmethod
            def read(most: int) -> bytes:
                return b'{"wants": "replay", "tried": "everything"}'[:most]

    monkeypatch.setattr(sys, "stdin", Stdin)
    assert child_process.main() == 2
    assert "standing" in capsys.readouterr().err
