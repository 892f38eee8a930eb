"""`python -m bot export` on a real file, and the tables themselves."""

from __future__ import annotations

import asyncio
import csv
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from bot.cli.app import app
from core.domain.books import ExternalOrder
from core.domain.calendar import TradingCalendar
from core.domain.costs import CostModel
from core.domain.exports import COLUMNS, TableKind
from core.domain.instrument import Instrument, TaxType
from core.domain.orders import BrokerOrder, BrokerOrderRef, OrderType, Side
from core.domain.period import PeriodKind, period_of
from core.services.reflection.exporting import ExportReader
from core.services.reflection.weekly import WeekReader
from storage.bars import SqlBarArchive
from storage.ledger import SqlLedger
from storage.opening import open_database
from storage.outcomes import SqlOutcomeArchive
from storage.stored_market import StoredMarket
from storage.trade_history import SqlTradeHistory
from tests.bot.by_hand.test_reflect import (
    KODEX,
    MONDAY,
    SPLIT,
    account,
    cash_moved,
    trade,
    write_bars,
)
from tests.bot.environment import only

EVER = period_of(PeriodKind.ALL, MONDAY + timedelta(days=30))


@pytest.fixture
def file(database_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    only(monkeypatch, database_file.parent, DATABASE_URL=f"sqlite:///{database_file}")
    return database_file


async def fill_in(file: Path) -> None:
    database = await open_database(f"sqlite:///{file}", migrate=False)
    async with SqlLedger(database).transaction() as tx:
        await trade(tx, "AAAAAAAA", Side.BUY, 10, "30000", days=0)
        await trade(tx, "BBBBBBBB", Side.SELL, 4, "33000.5", days=2)
        await trade(tx, "CCCCCCCC", Side.BUY, 1, "9000", days=2, symbol=SPLIT)
        await trade(tx, "DDDDDDDD", Side.SELL, 1, "8000", days=3, symbol=SPLIT)
        row = BrokerOrder(
            ref=BrokerOrderRef(number="77"),
            original_number="",
            symbol=KODEX,
            side=Side.SELL,
            order_type=OrderType.LIMIT,
            ordered=1,
            price_won=33_000,
            filled=1,
            remaining=0,
            cancelled=0,
            rejected=0,
            average_price_won=Decimal(33_000),
            placed_at=MONDAY + timedelta(days=3, hours=1),
        )
        seen = row.placed_at
        await tx.save_external(
            ExternalOrder(session=seen.date(), row=row, first_seen_at=seen, updated_at=seen)
        )
        await tx.save_snapshot(account(0, 700_000, 10, 30_000))
        earlier = replace(account(2, 1, 1, 1), taken_at=MONDAY + timedelta(days=2))
        await tx.save_snapshot(earlier)
        await tx.save_snapshot(account(2, 832_000, 6, 33_000))
        await tx.append_journal(cash_moved(2, 800_000, 850_000))
    await database.close()


async def tables(file: Path, *kinds: TableKind, span=EVER):
    database = await open_database(f"sqlite:///{file}", migrate=False)
    universe = (
        Instrument(symbol=KODEX, name="KODEX 200", tax_type=TaxType.EXEMPT),
        Instrument(symbol=SPLIT, name="TIGER 200"),
    )
    market, history = StoredMarket(SqlBarArchive(database), universe), SqlTradeHistory(database)
    numbers = WeekReader(
        archive=SqlOutcomeArchive(database),
        history=history,
        market=market,
        calendar=TradingCalendar(),
        costs=CostModel(),
    )
    reader = ExportReader(history=history, market=market, costs=CostModel(), numbers=numbers)
    try:
        found = await reader.tables(span, kinds)
    finally:
        await database.close()
    return {
        table.kind: [dict(zip(COLUMNS[table.kind], row, strict=True)) for row in table.rows]
        for table in found
    }


def test_trades_are_ours_and_those_by_hand_in_korean_time(file: Path) -> None:
    async def work():
        await fill_in(file)
        return await tables(file, TableKind.TRADES)

    rows = asyncio.run(work())[TableKind.TRADES]
    assert [(row["order"], row["by"]) for row in rows] == [
        ("AAAAAAAA-1", "ours"),
        ("BBBBBBBB-1", "ours"),
        ("CCCCCCCC-1", "ours"),
        ("DDDDDDDD-1", "ours"),
        ("2023-03-09:77", "others"),
    ]
    first, second = rows[:2]
    assert (first["day"], first["time"]) == (date(2023, 3, 6), "10:00:00")
    assert (first["amount_won"], first["fee_won"]) == (300_000, 45)
    assert (second["average_won"], second["amount_won"]) == (Decimal("33000.5"), 132_002)


def test_tax_is_told_sale_by_sale_and_by_taxation_and_a_loss_offsets_nothing(file: Path) -> None:
    async def work():
        await fill_in(file)
        return await tables(file, TableKind.TAX, TableKind.TAX_BY_TYPE)

    found = asyncio.run(work())
    first = found[TableKind.TAX][0]
    assert (first["cost_won"], first["gain_won"], first["tax_won"]) == (120_000, 12_002, 0)
    assert first["days_held"] == 2
    by_type = {row["tax_type"]: row for row in found[TableKind.TAX_BY_TYPE]}
    exempt, taxed = by_type["비과세"], by_type[TaxType.HOLDING_PERIOD.value]
    assert (exempt["sales"], exempt["gains_won"], exempt["tax_won"]) == (2, 15_002, 0)
    assert (taxed["gains_won"], taxed["losses_won"], taxed["tax_won"]) == (0, -1_000, 0)


def test_fills_and_net_assets_are_those_of_the_span(file: Path) -> None:
    async def work():
        await fill_in(file)
        month = period_of(PeriodKind.DAY, MONDAY + timedelta(days=2))
        both = (TableKind.FILLS, TableKind.NAV)
        return await tables(file, *both), await tables(file, *both, span=month)

    ever, day = asyncio.run(work())
    assert ever[TableKind.FILLS][0]["order"] == "AAAAAAAA-1"
    assert [row["order"] for row in day[TableKind.FILLS]] == ["BBBBBBBB-1", "CCCCCCCC-1"]
    assert [row["nav_won"] for row in ever[TableKind.NAV]] == [1_000_000, 1_030_000]
    [last] = day[TableKind.NAV]
    assert (last["time"], last["paid_in_won"]) == ("15:45:00", 50_000)


def test_the_way_of_the_account_leaves_payments_out_and_stands_beside_kodex_200(file: Path) -> None:
    async def work():
        await fill_in(file)
        database = await open_database(f"sqlite:///{file}", migrate=False)
        archive = SqlBarArchive(database)
        reader = WeekReader(
            archive=SqlOutcomeArchive(database),
            history=SqlTradeHistory(database),
            market=StoredMarket(archive, ()),
            calendar=TradingCalendar(),
            costs=CostModel(),
        )
        blind = await reader.course(EVER)
        await write_bars(archive, KODEX, split_on=None)
        found = await reader.course(EVER)
        short = await reader.course(period_of(PeriodKind.DAY, MONDAY))
        trades = await reader.trades_of(SPLIT, EVER)
        await database.close()
        return blind, found, short, trades

    blind, found, short, trades = asyncio.run(work())
    assert short is None
    assert blind is not None
    assert blind.benchmark == (None, None)
    assert found is not None
    assert found.days == (date(2023, 3, 6), date(2023, 3, 8))
    # 1,000,000 became 1,030,000, of which 50,000 were paid in.
    assert found.account == pytest.approx((0.0, -2.0))
    # 30,600 on Monday, 31,200 on Wednesday.
    assert found.benchmark == pytest.approx((0.0, 600 / 30_600 * 100))
    assert [item.order_id for item in trades] == ["CCCCCCCC-1", "DDDDDDDD-1"]


def exported(folder: Path, *arguments: str) -> str:
    result = CliRunner().invoke(
        app, ["export", "--period", "all", "--out", str(folder), *arguments]
    )
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_writes_a_workbook_or_a_csv_for_each_table(file: Path, tmp_path: Path) -> None:
    asyncio.run(fill_in(file))
    folder = tmp_path / "out"
    folder.mkdir()
    assert "썼습니다" in exported(folder)
    [book] = folder.glob("*.xlsx")
    sheets = load_workbook(book).sheetnames
    assert sheets == ["거래", "체결", "매도별 세금", "과세유형별 세금", "순자산"]
    exported(folder, "--kind", "trades", "--csv")
    [written] = folder.glob("*.csv")
    with written.open(encoding="utf-8-sig", newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 5


def test_a_folder_that_is_not_there_is_told(file: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["export", "--out", str(tmp_path / "nowhere")])
    assert result.exit_code != 0
    assert "nowhere" in result.output


def test_without_a_database_there_is_nothing_to_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, tmp_path, DATABASE_URL=f"sqlite:///{tmp_path / 'none.db'}")
    result = CliRunner().invoke(app, ["export", "--out", str(tmp_path)])
    assert result.exit_code != 0
