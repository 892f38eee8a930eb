"""`python -m bot whatif` on a real file: the table and the JSON of a week reckoned by hand."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from core.domain.instrument import Symbol
from core.domain.market import BarSeries
from storage.bars import SqlBarArchive
from storage.opening import open_database
from tests.bot.environment import only
from tests.core.services.reflection.what_if_world import BOND, KODEX, WhatIfWorld, at, written


@pytest.fixture
def file(database_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    only(monkeypatch, database_file.parent, DATABASE_URL=f"sqlite:///{database_file}")
    return database_file


async def write(path: Path) -> None:
    database = await open_database(f"sqlite:///{path}", migrate=False)
    world = WhatIfWorld.of(database)
    await written(world)
    archive = SqlBarArchive(database)
    for symbol in (KODEX, BOND):
        known = [bar for bar in world.market.raw_bars[symbol] if bar.session <= date(2023, 3, 8)]
        for adjusted in (False, True):
            series = BarSeries(
                symbol=Symbol(symbol), adjusted=adjusted, source="test", bars=tuple(known)
            )
            await archive.save_bars(series, at(8, 17))
    await database.close()


def asked(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["whatif", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_json_holds_the_figures_of_the_week(file):
    asyncio.run(write(file))
    found: dict[str, Any] = json.loads(asked("--json"))
    assert (found["start_day"], found["last_day"]) == ("2023-03-02", "2023-03-08")
    assert found["courses"]["done"] == {"made_won": 700, "more_won": None, "more_band_won": None}
    assert found["courses"]["all"]["made_won"] == -907
    assert found["model"]["worth"] == "too_early"
    assert found["model"]["more_won"] == 2_436
    assert found["model"]["sentence"].startswith("모델이 값을 했는지 말하기에는 아직 이릅니다")
    assert found["days"][0]["session"] == "2023-03-02"
    assert found["days"][4]["done"] == 700
    # After the last stored bar nothing is known of what holds shares.
    assert found["days"][5]["done"] is None
    assert found["missing"].keys() == {KODEX, BOND}
    assert found["stated"] == {
        "day": "2023-03-08",
        "stated_won": 1_100_730,
        "reckoned_won": 1_100_730,
    }


def test_the_table_says_the_same(file):
    asyncio.run(write(file))
    lines = asked().splitlines()
    assert lines[0] == "만약에 · 2023-03-02 ~ 2023-03-08 (5거래일)"
    assert lines[2] == "  실제로 한 것: +700원 (+0.07%)"
    assert lines[3] == "  모두 승인: -907원 (-0.09%) · 실제보다 -1,607원"
    assert any(line.startswith("KODEX 200(069500): 종가가 없는 거래일") for line in lines)


def test_without_anything_to_compare_and_without_a_database_it_says_so(file, monkeypatch, tmp_path):
    result = CliRunner().invoke(app, ["whatif"])
    assert result.exit_code == 2
    assert "아직 견줄 것이 없습니다" in result.output
    only(monkeypatch, tmp_path)
    result = CliRunner().invoke(app, ["whatif"])
    assert result.exit_code == 2
    assert "아직 기록이 없습니다" in result.output
