"""`python -m bot reflect` on a real file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from core.domain.account import AccountSnapshot, Position
from core.domain.books import Adjustment, AdjustmentKind
from core.domain.calendar import TradingCalendar
from core.domain.costs import CostModel
from core.domain.cycle import StepState
from core.domain.instrument import Symbol
from core.domain.journal import CASH_SUBJECT, JournalEntry, TradeRecord
from core.domain.krx import KST
from core.domain.market import Bar, BarSeries
from core.domain.money import Shares, Won
from core.domain.orders import Attempt, Envelope, FillObservation, Order, OrderState, Side
from core.domain.outcomes import Unmeasured
from core.domain.period import PeriodKind, period_of
from core.domain.reflection import WeekNumbers
from core.domain.reflection_run import Node
from core.domain.rule_proposals import ProposalState
from core.flows.values import encoded
from core.services.reflection.weekly import WeekReader
from storage.bars import SqlBarArchive
from storage.ledger import SqlLedger
from storage.opening import open_database
from storage.outcomes import SqlOutcomeArchive
from storage.stored_market import StoredMarket
from storage.trade_history import SqlTradeHistory
from storage.weeks import SqlNodeArchive
from tests.bot.chat.test_reflect_on_sandbox import report
from tests.bot.chat.test_week_rules_on_sandbox import note, proposal
from tests.bot.environment import only
from tests.contracts.ledger_values import ticket
from tests.fakes.flat_bar import flat_bar

KODEX, SPLIT = Symbol("069500"), Symbol("102110")
LAPSED = ProposalState.LAPSED
MONDAY = datetime(2023, 3, 6, 10, tzinfo=KST)
Reflect = Callable[..., Any]


@pytest.fixture
def file(database_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    only(monkeypatch, database_file.parent, DATABASE_URL=f"sqlite:///{database_file}")
    return database_file


def reflected(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["reflect", "--week", "2023-W10", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def numbers() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(reflected("--json"))
    return found


async def trade(tx, name: str, side: Side, quantity: int, price: str, *, days: int, symbol=KODEX):
    at = MONDAY + timedelta(days=days)
    made = ticket(name, at=at)
    await tx.insert_ticket(made)
    await tx.save_trade_record(
        TradeRecord(
            record_id=f"{name}-1",
            at=at,
            symbol=symbol,
            action=side.value,
            quantity=quantity,
            justification="",
            market="{}",
            portfolio_before="{}",
        )
    )
    envelope = Envelope(
        symbol=symbol,
        side=side,
        quantity_max=Shares(quantity),
        limit_won=Won(90_000),
        good_until=at,
    )
    await tx.insert_order(
        Order(
            order_id=f"{name}-1",
            ticket_id=name,
            leg=1,
            envelope=envelope,
            state=OrderState.FILLED,
            filled=quantity,
            average_price_won=Decimal(price),
            created_at=at,
            updated_at=at,
        )
    )
    await tx.insert_attempt(
        Attempt(
            order_id=f"{name}-1",
            signature=name,
            session=at.date(),
            armed_at=at,
            known_numbers=frozenset(),
        )
    )
    await tx.insert_fill(
        FillObservation(
            order_id=f"{name}-1",
            quantity=Shares(quantity),
            price_won=Won(int(Decimal(price))),
            cumulative=quantity,
            observed_at=at,
        )
    )


def account(days: int, cash: int, shares: int, price: int) -> AccountSnapshot:
    held = Position(
        symbol=KODEX,
        name="KODEX 200",
        quantity=shares,
        sellable=shares,
        average_cost_won=Decimal(30_000),
        price_won=Won(price),
    )
    return AccountSnapshot(
        deposit_won=Won(cash),
        settled_d2_won=Won(cash),
        positions=(held,) if shares else (),
        taken_at=MONDAY.replace(hour=15, minute=45) + timedelta(days=days),
    )


def cash_moved(days: int, expected: int, broker: int) -> JournalEntry:
    return JournalEntry(
        at=MONDAY + timedelta(days=days),
        kind="books.cash_moved",
        actor="broker",
        subject=CASH_SUBJECT,
        facts={"expected": expected, "broker": broker},
    )


async def write_bars(archive: SqlBarArchive, symbol: Symbol, *, split_on: date | None) -> None:
    """Raw closes of 30,000 rising by 300 a session; a split into five on `split_on`."""
    calendar, day = TradingCalendar(), date(2023, 3, 2)
    raw: list[Bar] = []
    adjusted: list[Bar] = []
    for number in range(7):
        close = 30_000 + 300 * number
        shown = close // 5 if split_on and day >= split_on else close
        for rows, value in ((raw, shown), (adjusted, close // 5 if split_on else close)):
            rows.append(flat_bar(symbol, day, value))
        day = calendar.next_session(day)
    for is_adjusted, rows in ((False, raw), (True, adjusted)):
        series = BarSeries(symbol=symbol, adjusted=is_adjusted, source="test", bars=tuple(rows))
        await archive.save_bars(series, MONDAY)


async def write_week(path: Path) -> None:
    database = await open_database(f"sqlite:///{path}", migrate=False)
    ledger = SqlLedger(database)
    async with ledger.transaction() as tx:
        await trade(tx, "AAAAAAA1", Side.BUY, 10, "30000.5", days=-4)
        await trade(tx, "AAAAAAA2", Side.SELL, 4, "31000", days=1)
        await trade(tx, "AAAAAAA3", Side.BUY, 2, "30000", days=-4, symbol=SPLIT)
        await trade(tx, "AAAAAAA4", Side.SELL, 10, "5900", days=3, symbol=SPLIT)
        await trade(tx, "AAAAAAA5", Side.SELL, 9, "31000", days=2)
        # From Friday on: 400,000 and 20 shares at 30,300.
        await tx.save_snapshot(account(-3, 400_000, 20, 30_300))
        await tx.save_snapshot(account(0, 400_000, 20, 30_600))
        await tx.save_snapshot(account(4, 500_000, 20, 31_800))
        await tx.append_journal(cash_moved(2, 400_000, 500_000))
        await tx.adjust(
            Adjustment(
                symbol=KODEX,
                shares=1,
                kind=AdjustmentKind.OPENING,
                at=MONDAY - timedelta(days=9),
                actor="recovery",
                reason="",
            )
        )
    archive = SqlBarArchive(database)
    await write_bars(archive, KODEX, split_on=None)
    await write_bars(archive, SPLIT, split_on=date(2023, 3, 8))
    outcomes = SqlOutcomeArchive(database)
    leg = await outcomes.leg("AAAAAAA2-1")
    assert leg is not None
    await outcomes.save_wait(leg, 7, Unmeasured.BARS_MISSING, MONDAY)
    await database.close()


def test_a_week_by_hand(file):
    asyncio.run(write_week(file))
    found = numbers()
    assert (found["nav_start_won"], found["nav_end_won"]) == (1_006_000, 1_136_000)
    assert found["paid_in_won"] == 100_000
    # 1,036,000 / 1,006,000 - 1, whatever was paid in.
    assert Decimal(found["time_weighted"]) == Decimal("0.029821")
    # Held from 30,300 on 3 March to 31,800 on 10 March: 20 of them are 30,000 of 1,006,000.
    assert Decimal(found["benchmark"]) == Decimal("0.049505")
    assert Decimal(found["doing_nothing"]) == Decimal("0.029821")
    assert (found["proposed"], found["filled"], found["sales"]) == (3, 3, 3)
    # One share was there before; of the 13 sold, 10 were bought at 30,000.5, and 2 are unknown.
    assert found["unmatched_shares"] == 3
    # 3 shares and 7 at 31,000 (a purchase rounded to 300,005), and 10 at 5,900 that had cost 60,000.
    gross = (93_000 - 90_002) + (7 * 31_000 - 210_004) + (59_000 - 60_000)
    assert abs(found["realised_gross_won"] - gross) <= 1
    assert Decimal(found["win_rate"]) == Decimal("0.666667")
    assert [item["symbol"] for item in found["worst"]] == [SPLIT]
    assert [item["shares"] for item in found["best"]] == [9, 4]
    assert found["unchecked"] == []
    assert found["waiting"] == [["bars_missing", 1]]


def test_the_table_says_what_is_known_and_what_is_not(file):
    asyncio.run(write_week(file))
    lines = reflected().splitlines()
    assert lines[0] == "2023-W10 돌아보기 (2023-03-06 ~ 2023-03-12)"
    assert "  순자산: 1,006,000원 → 1,136,000원" in lines
    assert "  KODEX 200: +4.95%" in lines
    assert "  승률: 66.67%" in lines
    assert "매입 기록이 없는 3주는 실현손익에 넣지 않았습니다." in lines
    assert lines[-2] == "결과를 재지 못한 것 1건: 종가가 없습니다."
    assert "저장된 것이 없습니다" in lines[-1]


def test_without_bars_nothing_is_guessed(file):
    async def write() -> None:
        await write_week(file)
        database = await open_database(f"sqlite:///{file}", migrate=False)
        for adjusted in (False, True):
            await SqlBarArchive(database).forget_bars((KODEX, SPLIT), adjusted=adjusted)
        await database.close()

    asyncio.run(write())
    found = numbers()
    assert (found["benchmark"], found["doing_nothing"]) == (None, None)
    assert found["unchecked"] == [KODEX, SPLIT]
    lines = reflected().splitlines()
    assert "  KODEX 200: 알 수 없음" in lines
    assert any(KODEX in line and "분할" in line for line in lines)


def test_a_week_without_anything_says_so(file):
    assert reflected().splitlines()[1:-1] == [
        "이 주에는 제안도 거래도 계좌 기록도 없어 말할 것이 없습니다."
    ]


def test_a_week_without_trades_has_only_what_there_is(file):
    async def write() -> None:
        database = await open_database(f"sqlite:///{file}", migrate=False)
        async with SqlLedger(database).transaction() as tx:
            await tx.save_snapshot(account(1, 900_000, 0, 1))
        await database.close()

    asyncio.run(write())
    lines = reflected().splitlines()
    assert "  시간가중 수익률: 알 수 없음" in lines
    assert "  슬리피지: 알 수 없음" in lines
    assert "  평균 보유: 알 수 없음" in lines


def test_what_was_paid_in_while_the_bot_was_off_for_long_is_no_return(file):
    async def write() -> None:
        database = await open_database(f"sqlite:///{file}", migrate=False)
        async with SqlLedger(database).transaction() as tx:
            await tx.save_snapshot(account(-60, 400_000, 0, 1))
            await tx.append_journal(cash_moved(-50, 400_000, 500_000))
            await tx.save_snapshot(account(1, 500_000, 0, 1))
        await database.close()

    asyncio.run(write())
    found = numbers()
    assert (found["nav_start_won"], found["nav_end_won"]) == (400_000, 500_000)
    assert (found["paid_in_won"], Decimal(found["time_weighted"])) == (100_000, Decimal(0))


async def numbers_of(path: Path, day: int, now: AccountSnapshot | None) -> WeekNumbers:
    """What the live reader says of the day `day` days after MONDAY."""
    database = await open_database(f"sqlite:///{path}", migrate=False)
    reader = WeekReader(
        archive=SqlOutcomeArchive(database),
        history=SqlTradeHistory(database),
        market=StoredMarket(SqlBarArchive(database), ()),
        calendar=TradingCalendar(),
        costs=CostModel(),
    )
    found = await reader.numbers(period_of(PeriodKind.DAY, MONDAY + timedelta(days=day)), now)
    await database.close()
    return found


async def test_what_was_paid_in_after_the_last_stored_account_is_no_gain_of_today(file):
    database = await open_database(f"sqlite:///{file}", migrate=False)
    async with SqlLedger(database).transaction() as tx:
        await tx.save_snapshot(account(0, 400_000, 0, 1))
        await tx.save_snapshot(replace(account(1, 404_000, 0, 1), taken_at=MONDAY + timedelta(1)))
        await tx.append_journal(
            replace(cash_moved(1, 404_000, 504_000), at=MONDAY + timedelta(days=1, hours=2))
        )
    await database.close()
    now = account(1, 505_000, 0, 1)
    found = await numbers_of(file, 1, now)
    assert (found.nav_start_won, found.nav_end_won) == (400_000, 505_000)
    assert found.paid_in_won == 100_000
    # 404,000 / 400,000 - 1: the rate ends with what is stored, and so without what came after it.
    assert found.time_weighted == Decimal("0.01")
    stored = await numbers_of(file, 1, None)
    assert (stored.nav_end_won, stored.paid_in_won) == (404_000, 0)


async def test_a_day_without_a_stored_account_is_compared_with_the_one_before(file):
    now = account(5, 401_000, 0, 1)
    nothing = await numbers_of(file, 5, now)
    assert (nothing.nav_start_won, nothing.nav_end_won) == (None, 401_000)
    database = await open_database(f"sqlite:///{file}", migrate=False)
    async with SqlLedger(database).transaction() as tx:
        await tx.save_snapshot(account(4, 400_000, 0, 1))
    await database.close()
    found = await numbers_of(file, 5, now)
    assert (found.nav_start_won, found.nav_end_won) == (400_000, 401_000)
    assert (found.time_weighted, found.benchmark) == (None, None)
    stored = await numbers_of(file, 5, None)
    assert (stored.nav_start_won, stored.nav_end_won) == (None, None)


def test_a_proposal_that_was_told_is_shown_as_it_stands_now(file):
    asked = proposal(1)

    async def write() -> None:
        database = await open_database(f"sqlite:///{file}", migrate=False)
        async with SqlLedger(database).transaction() as tx:
            await tx.insert_rule_proposal(asked)
            await tx.decide_rule_proposal(
                replace(asked, state=LAPSED, decided_by="gate", decided_at=MONDAY)
            )
        nodes = SqlNodeArchive(database)
        begun = await nodes.begin_node("2023-W10", Node.REPORT, MONDAY)
        told = replace(report(None), week="2023-W10", rules=note(asked), place=(1, 2))
        await nodes.finish_node(replace(begun, state=StepState.DONE, output=encoded(told)))
        await database.close()

    asyncio.run(write())
    assert "P1" in reflected()
    assert "기한이 지남" in reflected()
    assert "답을 기다" not in reflected()
    assert numbers()["rules"]["rules"][0]["proposal"]["state"] == "lapsed"


def test_what_is_no_week_and_no_database(file, monkeypatch, tmp_path):
    assert CliRunner().invoke(app, ["reflect", "--week", "2023-10"]).exit_code == 2
    only(monkeypatch, tmp_path)
    result = CliRunner().invoke(app, ["reflect"])
    assert result.exit_code == 2
    assert "아직 기록이 없습니다" in result.output
