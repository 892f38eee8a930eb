"""A week in a real file: what was proposed, pressed, left, paid in, and what a model said of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.domain.account import AccountSnapshot, Position
from core.domain.books import ExternalOrder
from core.domain.calendar import TradingCalendar
from core.domain.costs import CostModel
from core.domain.cycle import Step, StepRecord, StepState
from core.domain.instrument import Instrument, Symbol, TaxType
from core.domain.journal import CASH_SUBJECT, JournalEntry, TradeRecord
from core.domain.krx import KST
from core.domain.model_calls import ModelBudget, Purpose
from core.domain.money import Shares, Won
from core.domain.orders import (
    BrokerOrder,
    BrokerOrderRef,
    OrderState,
    OrderType,
    Side,
)
from core.domain.plan_review import PlanLine, ReviewState
from core.domain.tickets import TicketKind, TicketState
from core.services.reflection.what_if import WhatIfReader
from core.services.reflection.what_if_history import HistoryReader
from storage.cycles import SqlCycleArchive
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.model_calls import SqlModelCallArchive
from storage.outcomes import SqlOutcomeArchive
from storage.plans import SqlPlanArchive
from storage.trade_history import SqlTradeHistory
from tests.contracts.ledger_values import attempt, fill, order, ticket
from tests.contracts.model_calls_contract import call
from tests.contracts.plan_contract import PLAN
from tests.fakes.fake_cycle_desk import FakeCycleClock, FakeMarket, rising

KODEX, BOND = Symbol("069500"), Symbol("114260")
DAY = date(2023, 3, 2)
AMPLE = ModelBudget(user_won=10**9, day_won=10**9)
_OTHERS = frozenset({TicketState.SUPERSEDED, TicketState.INVALIDATED})


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return an instant of March 2023. Sessions: 2, 3, 6, 7, 8, 9, 10."""
    return datetime(2023, 3, day, hour, minute, tzinfo=KST)


def sessions(first: date, last: date) -> list[date]:
    calendar, found = TradingCalendar(), [first]
    while found[-1] < last:
        found.append(calendar.next_session(found[-1]))
    return found


@dataclass
class WhatIfWorld:
    database: Database
    market: FakeMarket
    clock: FakeCycleClock

    @classmethod
    def of(cls, database: Database) -> WhatIfWorld:
        """KODEX 200 rises from 10,000 by 10 won a session, the bond fund falls from 20,000 by 100."""
        days = sessions(DAY, date(2023, 6, 30))
        market = FakeMarket(
            universe=(
                Instrument(symbol=KODEX, name="KODEX 200", tax_type=TaxType.EXEMPT),
                Instrument(symbol=BOND, name="KODEX 국고채3년"),
            ),
            raw_bars={
                KODEX: rising(KODEX, days, 10_000, 10),
                BOND: rising(BOND, days, 20_000, -100),
            },
        )
        return cls(database, market, FakeCycleClock(at(8, 17, 20)))

    def reader(self, **changes: Any) -> WhatIfReader:
        reader = HistoryReader(
            archive=SqlOutcomeArchive(self.database),
            trades=SqlTradeHistory(self.database),
            plans=SqlPlanArchive(self.database),
            calls=SqlModelCallArchive(self.database),
            market=self.market,
            calendar=TradingCalendar(),
            cycle=SqlCycleArchive(self.database),
        )
        made = WhatIfReader(reader=reader, clock=self.clock, costs=CostModel(), deposit_bps=365)
        return replace(made, **changes)

    async def account(self, when: datetime, cash: int, *held: tuple[Symbol, int, str, int]) -> None:
        positions = tuple(
            Position(
                symbol=symbol,
                name="",
                quantity=shares,
                sellable=shares,
                average_cost_won=Decimal(cost),
                price_won=Won(price),
            )
            for symbol, shares, cost, price in held
        )
        snapshot = AccountSnapshot(
            deposit_won=Won(cash),
            settled_d2_won=Won(cash),
            positions=positions,
            taken_at=when,
        )
        async with SqlLedger(self.database).transaction() as tx:
            await tx.save_snapshot(snapshot)

    async def morning(self, when: datetime, output: str, state: StepState = StepState.DONE) -> None:
        """Leave behind what the third step of a morning does."""
        await SqlCycleArchive(self.database).finish_step(
            StepRecord(
                day=when.date(),
                step=Step.MARKET_FETCH,
                state=state,
                attempts=1,
                started_at=when,
                output=output,
            )
        )

    async def shown(
        self,
        name: str,
        when: datetime,
        side: Side,
        symbol: Symbol,
        shares: int,
        price: int | None,
        *,
        state: TicketState = TicketState.PRESENTED,
        kind: TicketKind = TicketKind.BASKET,
    ) -> None:
        """Show a ticket of one leg; what became of it is its `state`."""
        made = ticket(name, at=when)
        leg = made.legs[0]
        cost = None if price is None else Won(price)
        terms = replace(leg.envelope, symbol=symbol, side=side)
        leg = replace(leg, quantity=Shares(shares), price_won=cost, envelope=terms)
        made = replace(made, legs=(leg,), kind=kind, state=state)
        async with SqlLedger(self.database).transaction() as tx:
            await tx.insert_ticket(made)
            await tx.save_trade_record(
                TradeRecord(
                    record_id=f"{name}-1",
                    at=when,
                    symbol=symbol,
                    action=side.value,
                    quantity=shares,
                    justification="",
                    market="{}",
                    portfolio_before="{}",
                    status=state.value,
                )
            )

    async def filled(
        self, name: str, when: datetime, side: Side, symbol: Symbol, shares: int, price: str
    ) -> None:
        """Fill the order of a shown ticket, approved before."""
        made = replace(
            order(name, at=when),
            state=OrderState.FILLED,
            filled=shares,
            average_price_won=Decimal(price),
        )
        made = replace(
            made,
            envelope=replace(made.envelope, symbol=symbol, side=side, quantity_max=Shares(shares)),
        )
        async with SqlLedger(self.database).transaction() as tx:
            await tx.insert_order(made)
            await tx.insert_attempt(
                replace(
                    attempt(),
                    order_id=made.order_id,
                    signature=name,
                    session=when.date(),
                    armed_at=when,
                )
            )
            seen = replace(fill(shares, shares, at=when), order_id=made.order_id)
            await tx.insert_fill(seen)

    async def by_others(self, when: datetime, symbol: Symbol, shares: int, price: int) -> None:
        """A person bought by hand, elsewhere."""
        row = BrokerOrder(
            ref=BrokerOrderRef(number=f"{when:%d%H}"),
            original_number="",
            symbol=symbol,
            side=Side.BUY,
            order_type=OrderType.LIMIT,
            ordered=shares,
            price_won=price,
            filled=shares,
            remaining=0,
            cancelled=0,
            rejected=0,
            average_price_won=Decimal(price),
            placed_at=when,
        )
        async with SqlLedger(self.database).transaction() as tx:
            await tx.save_external(
                ExternalOrder(session=when.date(), row=row, first_seen_at=when, updated_at=when)
            )

    async def paid_in(self, when: datetime, won: int) -> None:
        async with SqlLedger(self.database).transaction() as tx:
            await tx.append_journal(
                JournalEntry(
                    at=when,
                    kind="books.cash_moved",
                    actor="broker",
                    subject=CASH_SUBJECT,
                    facts={"expected": 0, "broker": won},
                )
            )

    async def planned(
        self,
        when: datetime,
        *lines: tuple[Symbol, Side, int, int, int],
        weighed: Iterable[tuple[Symbol, int]] = (),
        is_rebalance: bool = True,
        state: ReviewState = ReviewState.REVIEWED,
        text: str | None = None,
    ) -> None:
        """Keep the plan of a morning: (symbol, side, price, planned, followed) a line."""
        rankings = [{"symbol": symbol, "close_won": close} for symbol, close in weighed]
        strategy = json.dumps({"is_rebalance": is_rebalance, "rankings": rankings})
        await SqlPlanArchive(self.database).save_plan(
            replace(
                PLAN,
                day=when.date(),
                at=when,
                state=state,
                strategy=strategy if text is None else text,
                lines=tuple(
                    PlanLine(
                        symbol=symbol,
                        side=side,
                        rule="",
                        price_won=price,
                        planned=planned,
                        followed=followed,
                        reason="",
                    )
                    for symbol, side, price, planned, followed in lines
                ),
            )
        )

    async def model_cost(
        self, number: int, when: datetime, purpose: Purpose, milliwon: int
    ) -> None:
        made = call(
            number, at=when, day=when.date(), purpose=purpose, cost_milliwon=milliwon, user_id=0
        )
        assert await SqlModelCallArchive(self.database).begin(made, AMPLE) is None


async def written(world: WhatIfWorld) -> None:
    """The week that the tests reckon by hand. It starts with a million won and nothing held."""
    await world.account(at(2, 8), 1_000_000)
    await world.planned(
        at(2, 8, 1),
        (BOND, Side.BUY, 20_000, 10, 4),
        (KODEX, Side.BUY, 10_000, 20, 20),
        weighed=((KODEX, 10_000), (BOND, 20_000)),
    )
    # The basket: KODEX 200 was approved and filled two won dearer, the bond fund declined.
    await world.shown("AAAAAAA1", at(2, 8, 2), Side.BUY, KODEX, 20, 10_000)
    await world.filled("AAAAAAA1", at(2, 9, 5), Side.BUY, KODEX, 20, "10002")
    declined, expired = TicketState.DECLINED, TicketState.EXPIRED
    await world.shown("AAAAAAA2", at(2, 8, 3), Side.BUY, BOND, 4, 20_000, state=declined)
    # A conversation's wish, let go after the close: it would have been traded on the next day.
    chat = TicketKind.CHAT
    await world.shown("AAAAAAA3", at(3, 16), Side.BUY, KODEX, 5, 10_010, state=expired, kind=chat)
    # What was edited, could not stand, or still waits could not have been approved as it was.
    for number, state in enumerate((*sorted(_OTHERS, key=str), TicketState.PRESENTED), 4):
        await world.shown(f"AAAAAAA{number}", at(3, 10), Side.BUY, KODEX, 50, 10_010, state=state)
    # An urgent exit of half, let go.
    exits = TicketKind.EXIT
    await world.shown(
        "AAAAAAA7", at(7, 10), Side.SELL, KODEX, 10, 10_030, state=expired, kind=exits
    )
    await world.paid_in(at(5, 12), 100_000)
    await world.model_cost(1, at(2, 8), Purpose.PLAN, 1_200)
    await world.model_cost(2, at(3, 8), Purpose.CYCLE, 300)
    await world.model_cost(3, at(3, 9), Purpose.ANSWER, 900_000)
    # 1,000,000 - 200,040 - 30 + 100,000, and twenty at 10,040.
    await world.account(at(8, 15, 45), 899_930, (KODEX, 20, "10002", 10_040))


def later(days: int) -> datetime:
    return at(8, 17, 20) + timedelta(days=days)
