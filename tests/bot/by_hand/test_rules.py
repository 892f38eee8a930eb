"""`python -m bot rules` on a real file: it reads what is stored and changes nothing."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.app import app
from core.domain.calendar import TradingCalendar
from core.domain.instrument import Symbol
from core.domain.market import BarSeries
from core.domain.risk import RiskLimits
from core.domain.rules import RuleState
from core.runtime.clock import SystemClock
from core.runtime.rule_book import RuleBook
from core.services.rules.shipped import shipped_rules
from core.strategy.parameters import Parameters
from storage.bars import SqlBarArchive
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.bot.environment import only
from tests.fakes.desk_kit import KO
from tests.fakes.flat_bar import flat_bar

KODEX = Symbol("069500")
DAY = date(2023, 3, 2)
DONE, INPUT = 0, 2


def rules(*words: str) -> Result:
    return CliRunner().invoke(app, ["rules", *words])


def quiet_bars() -> BarSeries:
    """Sixty-one sessions up to the one before `DAY`, the last on half the volume."""
    calendar, day, bars = TradingCalendar(), DAY, []
    for number in range(61):
        day = calendar.previous_session(day)
        bars.append(flat_bar(KODEX, day, 30_000, 500 if number == 0 else 1_000))
    return BarSeries(symbol=KODEX, adjusted=True, source="test", bars=tuple(reversed(bars)))


async def write(path: Path) -> None:
    database = await open_database(f"sqlite:///{path}", migrate=False)
    ledger = SqlLedger(database)
    shipped = shipped_rules(KO, RiskLimits(), Parameters(), Decimal(2))
    book = RuleBook(shipped, ledger, ledger, SystemClock())
    await book.move("S3", RuleState.ACTIVE, actor="7")
    await SqlBarArchive(database).save_bars(quiet_bars(), SystemClock().now())
    await database.close()


@pytest.fixture
def file(database_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    only(monkeypatch, database_file.parent, DATABASE_URL=f"sqlite:///{database_file}")
    asyncio.run(write(database_file))
    return database_file


def test_the_list_is_as_stored_and_nothing_is_written(file: Path) -> None:
    before = file.read_bytes()
    found = rules()
    lines = found.output.splitlines()
    assert (found.exit_code, len(lines)) == (DONE, 5)
    assert lines[0].startswith("S1 · 지키는 중 · 매수 뒤 비중 > 10%: ")
    assert lines[2].startswith("S3 · 지키는 중 · ")
    assert file.read_bytes() == before


def test_one_rule_is_explained(file: Path) -> None:
    found = rules("explain", "s3")
    assert found.exit_code == DONE
    assert "말: 거래량이 20일 평균의 1.5배 이상인 종목만 산다" in found.output.splitlines()
    unknown = rules("explain", "R9")
    assert (unknown.exit_code, "R9: 그런 규칙이 없습니다" in unknown.output) == (INPUT, True)


def test_a_rule_is_tried_on_the_stored_prices(file: Path) -> None:
    found = rules("test", "S3", KODEX, "--date", str(DAY))
    assert found.exit_code == DONE, found.output
    first, second = found.output.splitlines()
    assert first == f"S3, KODEX 200, {DAY}: 조건이 맞습니다. 사지 않음."
    assert second.endswith(": 50%")
    # Before the day after there is no bar of the session before: nothing old is taken for new.
    later = rules("test", "S3", KODEX, "--date", str(DAY + timedelta(days=1)))
    assert "판단할 수 없습니다" in later.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("test", "R9", KODEX), "R9: 그런 규칙이 없습니다"),
        (("test", "S3", "999999"), "999999"),
        (("test", "S3", "x"), "x"),
        (("test", "S3", KODEX, "--date", "2999-01-01"), "오늘까지의 날"),
        (("test", "S3", KODEX, "--date", "tomorrow"), "--date"),
    ],
)
def test_what_cannot_be_tried_is_said(file: Path, words: tuple[str, ...], said: str) -> None:
    found = rules(*words)
    assert (found.exit_code, said in found.output) == (INPUT, True)


def test_without_a_database_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, tmp_path)
    assert rules().exit_code == INPUT
    assert list(tmp_path.iterdir()) == []
