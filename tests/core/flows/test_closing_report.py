from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from core.domain.account import Position
from core.domain.books import SymbolHold
from core.domain.journal import CASH_SUBJECT, JournalEntry, JournalHead
from core.domain.krx import KST
from core.domain.money import Shares, Won
from core.domain.orders import (
    Envelope,
    FillObservation,
    Order,
    OrderRequest,
    OrderState,
    Side,
)
from core.errors import BrokerUnavailable, DataError
from tests.core.flows.world import DAY, FALLING, RISING, World
from tests.fakes.fake_cycle_desk import portfolio_of

NOON = datetime(2023, 3, 2, 12, 0, tzinfo=KST)


def order(order_id: str, symbol: str, side: Side, state: OrderState, filled: int) -> Order:
    envelope = Envelope(
        symbol=symbol,  # type: ignore[arg-type]
        side=side,
        quantity_max=Shares(10),
        limit_won=Won(60_000),
        good_until=NOON,
    )
    return Order(
        order_id=order_id,
        ticket_id="T",
        leg=1,
        envelope=envelope,
        state=state,
        request=OrderRequest(
            symbol=envelope.symbol, side=side, quantity=Shares(10), price_won=Won(60_000)
        ),
        filled=filled,
        average_price_won=Decimal(60_000) if filled else None,
        created_at=NOON,
        updated_at=NOON,
    )


def fill(order_id: str, quantity: int, price: int, cumulative: int) -> FillObservation:
    return FillObservation(
        order_id=order_id,
        quantity=Shares(quantity),
        price_won=Won(price),
        cumulative=cumulative,
        observed_at=NOON,
    )


def traded_world() -> World:
    world = World()
    position = Position(
        symbol=FALLING,
        name="",
        quantity=10,
        sellable=10,
        average_cost_won=Decimal(50_000),
        price_won=Won(60_000),
    )
    world.portfolio.value = portfolio_of(world.clock.now(), 400_000, position)
    books = world.ledger.books
    books.orders = {
        "A": order("A", FALLING, Side.SELL, OrderState.FILLED, 10),
        "B": order("B", RISING, Side.BUY, OrderState.WORKING, 0),
    }
    books.fills = [fill("A", 4, 60_000, 4), fill("A", 6, 60_000, 10)]
    return world


async def test_fees_per_order_and_tax_on_the_gain_since_the_morning() -> None:
    world = traded_world()
    earlier = datetime(2023, 2, 28, 15, 45, tzinfo=KST)
    world.ledger.books.snapshots = [portfolio_of(earlier, 987_000).account]
    await world.daily().run(DAY)
    world.portfolio.value = portfolio_of(world.clock.now(), 999_000)
    world.at(DAY, 15, 45)
    report = await world.closing().report(DAY)
    assert report.fees_won == 90  # 600,000 × 0.015 %
    assert report.taxes_won == 15_400  # 15.4 % of (60,000 - 50,000) × 10
    assert report.nav_before_won == 987_000
    assert report.journal == JournalHead(lines=12, line_hash="ab" * 32)
    assert [item.order_id for item in report.orders] == ["A", "B"]
    assert world.reports.closings == [(report, b"\x89PNG")]
    assert [item.nav_won for item in world.ledger.books.snapshots] == [987_000, 999_000]
    note = world.memory.notes["closing:2023-03-02", DAY]
    assert "체결 10/10주" in note.text
    assert "999,000" in note.text
    assert note.symbols == (FALLING, RISING)


async def test_without_a_morning_the_tax_is_said_to_be_unknown() -> None:
    world = traded_world()
    evening = world.portfolio.value
    world.portfolio.value = replace(evening, account=replace(evening.account, positions=()))
    report = await world.closing().report(DAY)
    assert report.taxes_won == 0
    assert any("KODEX 국고채3년" in text for text in report.warnings)
    assert report.nav_before_won is None


async def test_what_was_bought_and_sold_today_is_taxed_by_its_own_cost() -> None:
    report = await traded_world().closing().report(DAY)
    assert report.taxes_won == 15_400
    assert report.warnings == ()


async def test_the_last_stored_day_is_the_nav_before() -> None:
    world = traded_world()
    earlier = datetime(2023, 2, 28, 15, 45, tzinfo=KST)
    world.ledger.books.snapshots = [portfolio_of(earlier, 987_000).account]
    assert (await world.closing().report(DAY)).nav_before_won == 987_000


async def test_an_unreadable_account_and_a_failed_chart_are_warnings() -> None:
    world = traded_world()
    world.portfolio.failure = BrokerUnavailable("silent")
    world.painter.failure = DataError("no font")
    days = [datetime(2023, 2, day, 15, 45, tzinfo=KST) for day in (27, 28)]
    stored = [portfolio_of(at, 987_000).account for at in days]
    world.ledger.books.snapshots = list(stored)
    report = await world.closing().report(DAY)
    assert report.portfolio is None
    assert any("silent" in text for text in report.warnings)
    assert any("no font" in text for text in report.warnings)
    assert world.ledger.books.snapshots == stored
    assert world.reports.closings == [(report, None)]


async def test_yesterday_reaches_the_morning_memory() -> None:
    world = traded_world()
    await world.daily().run(DAY)
    friday = DAY.replace(day=3)
    world.at(friday, 8)
    await world.daily().run(friday)
    rows = [row for row in await world.cycle.steps_of(friday) if row.step.number == 2]
    assert "체결 4주 @ 60,000원" in rows[0].output
    assert "2023-03-02 브리핑" in rows[0].output


async def test_a_fill_of_an_older_order_is_listed_with_it() -> None:
    world = traded_world()
    books = world.ledger.books
    old = order("C", RISING, Side.BUY, OrderState.FILLED, 10)
    books.orders["C"] = replace(old, created_at=datetime(2023, 2, 28, tzinfo=KST))
    books.fills.append(fill("C", 10, 20_000, 10))
    report = await world.closing().report(DAY)
    assert [item.order_id for item in report.orders] == ["C", "A", "B"]


async def test_the_first_day_has_no_chart_and_says_nothing_of_it() -> None:
    world = traded_world()
    report = await world.closing().report(DAY)
    assert world.reports.closings == [(report, None)]


async def test_what_the_comparison_after_the_close_found_is_part_of_the_report() -> None:
    world = traded_world()
    hold = SymbolHold(symbol=FALLING, since=NOON, reason="장부 10주, 증권사 8주")
    world.ledger.books.holds = [hold]

    def moved(at: datetime, expected: int, broker: int) -> JournalEntry:
        facts = {"expected": expected, "broker": broker}
        return JournalEntry(
            at=at, kind="books.cash_moved", actor="broker", subject=CASH_SUBJECT, facts=facts
        )

    world.ledger.books.journal += [
        moved(NOON - timedelta(days=1), 0, 9_000_000),
        moved(NOON, 100_000, 150_000),
        moved(NOON, 150_000, 130_000),
    ]
    report = await world.closing().report(DAY)
    assert report.holds == (hold,)
    assert report.cash_moved_won == 30_000
