"""What the cycle remembers of holdings, and what it forgets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from core.domain.account import Position
from core.domain.books import ExternalOrder
from core.domain.calendar import TradingCalendar
from core.domain.cycle import Step
from core.domain.instrument import Symbol
from core.domain.journal import JournalEntry
from core.domain.krx import KST
from core.domain.market import Bar
from core.domain.money import Shares, Won
from core.domain.orders import (
    Attempt,
    BrokerOrder,
    BrokerOrderRef,
    Envelope,
    Order,
    OrderState,
    OrderType,
    Side,
)
from core.domain.passages import WatchedPosition
from core.domain.tickets import TicketState
from tests.core.flows.world import DAY, RISING, World
from tests.fakes.fake_cycle_desk import portfolio_of, rising, sessions_before
from tests.fakes.fake_cycle_stores import Crash, FakePassages

CALENDAR = TradingCalendar()
BOUGHT = date(2023, 3, 6)
COST = 10_000


def after(day: date, sessions: int = 1) -> date:
    for _ in range(sessions):
        day = CALENDAR.next_session(day)
    return day


class Held:
    """A world past its rebalance, with one holding whose closes are given from `BOUGHT` on."""

    def __init__(self, *closes: int, quantity: int = 5) -> None:
        self.world = World()
        self.passages = FakePassages()
        self.world.passages = self.passages
        days = sessions_before(BOUGHT, 290)
        bars = rising(RISING, days, COST, 0)
        for place, close in enumerate(closes):
            bars.append(replace(bars[0], session=after(BOUGHT, place), close_won=close))
        self.world.market.raw_bars[RISING] = bars
        self.hold(quantity)

    def hold(self, quantity: int, symbol: Symbol = RISING) -> None:
        position = Position(
            symbol=symbol,
            name="x",
            quantity=quantity,
            sellable=quantity,
            average_cost_won=Decimal(COST),
            price_won=Won(COST),
        )
        now = self.world.clock.now()
        self.world.portfolio.value = portfolio_of(now, 100_000, position)

    async def settled(self) -> Held:
        """Run the month's rebalance, which finds nothing to buy, before anything is held."""
        held = self.world.portfolio.value
        self.world.portfolio.value = portfolio_of(self.world.clock.now(), 100_000)
        assert await self.morning(DAY) == []
        self.world.portfolio.value = held
        return self

    async def morning(self, day: date, *, dry_run: bool = False) -> list[tuple[str, int]]:
        """Run the cycle of `day`; return what it wants sold, by rule."""
        self.world.at(day, 8)
        briefing = await self.world.daily().run(day, dry_run=dry_run)
        assert briefing.plan is not None, briefing.warnings
        return [(i.rule, i.quantity) for i in briefing.plan.actions if i.side is Side.SELL]

    def kept(self) -> tuple[date, int, bool]:
        (item,) = self.passages.kept
        return item.begun_on, item.peak_won, item.half_sold

    def order(
        self,
        day: date,
        side: Side,
        filled: int,
        *,
        ticket: str = "",
        state: OrderState = OrderState.FILLED,
        minute: int = 5,
    ) -> None:
        books = self.world.ledger.books
        order_id = f"order-{len(books.orders)}"
        at = datetime(day.year, day.month, day.day, 9, minute, tzinfo=KST)
        books.orders[order_id] = Order(
            order_id=order_id,
            ticket_id=ticket,
            leg=1,
            envelope=Envelope(
                symbol=RISING,
                side=side,
                quantity_max=Shares(max(filled, 1)),
                limit_won=None,
                good_until=at,
            ),
            state=state,
            filled=filled,
            created_at=at,
            updated_at=at,
        )
        books.attempts[order_id] = Attempt(
            order_id=order_id,
            signature="",
            session=day,
            armed_at=at,
            known_numbers=frozenset(),
        )

    def by_hand(self, day: date, side: Side, filled: int, minute: int) -> None:
        at = datetime(day.year, day.month, day.day, 10, minute, tzinfo=KST)
        row = BrokerOrder(
            ref=BrokerOrderRef(number=f"{minute}"),
            original_number="",
            symbol=RISING,
            side=side,
            order_type=OrderType.LIMIT,
            ordered=filled,
            price_won=COST,
            filled=filled,
            remaining=0,
            cancelled=0,
            rejected=0,
            average_price_won=Decimal(COST),
            placed_at=at,
        )
        self.world.ledger.books.externals.append(
            ExternalOrder(session=day, row=row, first_seen_at=at, updated_at=at)
        )


async def test_a_position_begins_with_its_first_fill_even_if_nobody_looked_for_days() -> None:
    held = await Held(10_100, 10_900, 10_200).settled()
    held.order(BOUGHT, Side.BUY, 3)
    held.by_hand(after(BOUGHT), Side.BUY, 2, minute=0)
    assert await held.morning(after(BOUGHT, 3)) == []
    assert held.kept() == (BOUGHT, 10_900, False)


async def test_what_nobody_saw_begin_begins_where_it_is_first_seen() -> None:
    held = await Held(13_000, 10_200).settled()
    await held.morning(after(BOUGHT, 2))
    assert held.kept() == (after(BOUGHT), 10_200, False)


async def test_what_was_bought_today_has_seen_no_close_yet() -> None:
    held = await Held(10_400, 10_600).settled()
    today = after(BOUGHT)
    held.order(today, Side.BUY, 5)
    await held.morning(today)
    assert held.kept() == (today, 0, False)
    await held.morning(after(today))
    assert held.kept() == (today, 10_600, False)


async def test_days_without_the_bot_count_like_days_with_it() -> None:
    closes = (10_100, 11_400, 10_900, 10_800, 10_700)
    daily, late = await Held(*closes).settled(), await Held(*closes).settled()
    for held in (daily, late):
        held.order(BOUGHT, Side.BUY, 5)
        await held.morning(after(BOUGHT))
    for sessions in range(2, 6):
        await daily.morning(after(BOUGHT, sessions))
    await late.morning(after(BOUGHT, 5))
    assert late.passages.kept == daily.passages.kept
    assert late.kept() == (BOUGHT, 11_400, False)


async def test_half_is_sold_once_and_only_a_fill_says_so() -> None:
    held = await Held(10_100, 11_600, 11_700, 11_800, 10_500).settled()
    held.order(BOUGHT, Side.BUY, 5)
    assert await held.morning(after(BOUGHT)) == []
    offered = after(BOUGHT, 2)
    assert await held.morning(offered) == [("take_profit", 2)]
    # Approved, sent, and nothing came of it: it is offered again.
    held.order(offered, Side.SELL, 0, ticket="TICKET01", state=OrderState.CANCELLED)
    assert await held.morning(after(offered)) == [("take_profit", 2)]
    assert held.kept()[2] is False
    # One share of it was filled: that was the half.
    held.order(after(offered), Side.SELL, 1, ticket="TICKET02", state=OrderState.PARTIAL_CANCELLED)
    held.hold(4)
    assert await held.morning(after(offered, 2)) == []
    assert held.kept() == (BOUGHT, 11_800, True)
    # 10 % below the highest close, and still above the cost.
    assert await held.morning(after(offered, 3)) == [("trailing_stop", 4)]
    text = held.world.reports.briefings[-1][0].plan
    assert text is not None
    assert text.actions[0].justification == (
        "추적 손절: 고점 11,800원 대비 -11.0% (기준 -10%), 평균 매입가 대비 +5.0%"
    )
    proposal = held.world.proposer.proposals[-2]
    assert proposal.legs[0].reason.startswith("절반 익절: 평균 매입가 대비 +17.0%")


async def test_a_fill_that_is_found_out_late_still_counts() -> None:
    held = await Held(11_600, 11_700, 11_800, 11_900).settled()
    held.order(BOUGHT, Side.BUY, 5)
    offered = after(BOUGHT)
    assert await held.morning(offered) == [("take_profit", 2)]
    held.order(offered, Side.SELL, 0, ticket="TICKET01", state=OrderState.UNKNOWN)
    assert await held.morning(after(offered)) == [("take_profit", 2)]
    books = held.world.ledger.books
    books.orders["order-1"] = replace(books.orders["order-1"], filled=2, state=OrderState.FILLED)
    held.hold(3)
    assert await held.morning(after(offered, 3)) == []
    assert held.kept()[2] is True


async def test_a_half_that_was_edited_or_offered_anew_counts_too() -> None:
    held = await Held(11_600, 11_700).settled()
    held.order(BOUGHT, Side.BUY, 5)
    await held.morning(after(BOUGHT))
    books, now = held.world.ledger.books, held.world.clock.now()
    books.tickets["EDITED"] = replace(
        books.tickets["TICKET01"], ticket_id="EDITED", state=TicketState.APPROVED
    )
    books.journal.append(
        JournalEntry(
            at=now,
            kind="ticket.superseded",
            actor="11",
            subject="TICKET01",
            facts={"by": "EDITED"},
        )
    )
    held.order(after(BOUGHT), Side.SELL, 1, ticket="EDITED")
    held.hold(4)
    assert await held.morning(after(BOUGHT, 2)) == []
    assert held.kept()[2] is True


async def test_a_sale_by_hand_is_not_the_half_and_does_not_end_the_position() -> None:
    held = await Held(11_600, 11_700).settled()
    held.order(BOUGHT, Side.BUY, 5)
    assert await held.morning(after(BOUGHT)) == [("take_profit", 2)]
    held.by_hand(after(BOUGHT), Side.SELL, 2, minute=0)
    held.hold(3)
    assert await held.morning(after(BOUGHT, 2)) == [("take_profit", 1)]
    assert held.kept() == (BOUGHT, 11_700, False)


async def test_a_single_share_is_kept_with_its_stop_raised() -> None:
    held = await Held(11_600, 10_000, quantity=1).settled()
    held.order(BOUGHT, Side.BUY, 1)
    assert await held.morning(after(BOUGHT)) == []
    assert await held.morning(after(BOUGHT, 2)) == [("trailing_stop", 1)]


async def test_what_is_gone_is_forgotten_and_begins_anew() -> None:
    held = await Held(11_600, 11_700, 10_300).settled()
    held.order(BOUGHT, Side.BUY, 5)
    await held.morning(after(BOUGHT))
    held.hold(0)
    await held.morning(after(BOUGHT, 2))
    assert held.passages.kept == ()
    held.order(after(BOUGHT, 2), Side.SELL, 5, minute=6)
    held.order(after(BOUGHT, 2), Side.BUY, 4, minute=7)
    held.hold(4)
    assert await held.morning(after(BOUGHT, 3)) == []
    assert held.kept() == (after(BOUGHT, 2), 10_300, False)


async def test_sold_out_and_bought_again_between_two_looks_is_a_new_position() -> None:
    held = await Held(11_600, 10_300).settled()
    held.order(BOUGHT, Side.BUY, 5)
    assert await held.morning(after(BOUGHT)) == [("take_profit", 2)]
    held.order(after(BOUGHT), Side.SELL, 2, ticket="TICKET01")
    held.by_hand(after(BOUGHT), Side.SELL, 3, minute=1)
    held.by_hand(after(BOUGHT), Side.BUY, 5, minute=2)
    await held.morning(after(BOUGHT, 2))
    assert held.kept() == (after(BOUGHT), 10_300, False)


async def test_a_crash_after_the_memory_was_written_changes_nothing() -> None:
    whole = await Held(10_100, 11_600).settled()
    broken = await Held(10_100, 11_600).settled()
    for held in (whole, broken):
        held.order(BOUGHT, Side.BUY, 5)
    day = after(BOUGHT, 2)
    assert await whole.morning(day) == [("take_profit", 2)]
    broken.world.cycle.crash_before_finish = Step.STRATEGY
    with pytest.raises(Crash):
        await broken.morning(day)
    assert broken.passages.kept == whole.passages.kept
    assert await broken.morning(day) == [("take_profit", 2)]
    assert broken.passages.kept == whole.passages.kept
    assert broken.passages.writes == 1


async def test_a_dry_run_decides_with_the_memory_and_writes_none() -> None:
    held = await Held(11_600).settled()
    held.order(BOUGHT, Side.BUY, 5)
    assert await held.morning(after(BOUGHT), dry_run=True) == [("take_profit", 2)]
    assert held.passages.writes == 0


async def test_a_look_at_an_older_day_leaves_the_memory_of_the_newer() -> None:
    held = await Held(10_100, 11_000, 10_500).settled()
    held.order(BOUGHT, Side.BUY, 5)
    await held.morning(after(BOUGHT, 3))
    kept = held.passages.kept
    await held.morning(after(BOUGHT, 2))
    assert held.passages.kept == kept


async def test_a_holding_without_a_close_keeps_its_memory() -> None:
    held = await Held(10_100).settled()
    outside = WatchedPosition(
        symbol=Symbol("999999"),
        begun_on=BOUGHT - timedelta(days=30),
        seen_through=BOUGHT,
        peak_won=77,
        half_sold=True,
        updated_at=held.world.clock.now(),
    )
    held.passages.kept = (outside,)
    held.hold(5, symbol=outside.symbol)
    await held.morning(after(BOUGHT))
    assert held.passages.kept == (outside,)


async def test_a_split_while_nobody_looked_divides_the_peak() -> None:
    held = await Held(20_000, 4_100).settled()
    held.order(BOUGHT, Side.BUY, 1)
    await held.morning(after(BOUGHT))
    assert held.kept() == (BOUGHT, 20_000, False)
    adjusted: list[Bar] = [
        replace(bar, close_won=bar.close_won // 5) if bar.session <= BOUGHT else bar
        for bar in held.world.market.raw_bars[RISING]
    ]
    held.world.market.adjusted_bars[RISING] = adjusted
    await held.morning(after(BOUGHT, 2))
    assert held.kept() == (BOUGHT, 4_100, False)


async def test_the_search_for_a_first_fill_ends_where_the_calendar_does() -> None:
    held = Held()
    first = date(2014, 2, 3)
    held.world.market.raw_bars[RISING] = rising(RISING, [first], COST, 0)
    await held.morning(after(first))
    assert held.kept() == (first, COST, False)
