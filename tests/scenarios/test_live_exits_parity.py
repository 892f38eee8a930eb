"""The daily cycle with its memory gives the orders of the backtest with protections, to the share.

Every morning a cycle that remembers nothing itself runs on a real database; its tickets are
approved and filled by the simulated exchange at the open. The exits come from rows alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from brokers.sim import rules as exchange_rules
from brokers.sim.exchange import Exchange
from brokers.sim.values import Placed
from core.domain.account import Position
from core.domain.costs import CostModel
from core.domain.instrument import Instrument, Symbol, TaxType
from core.domain.market import Bar
from core.domain.modes import Mode
from core.domain.money import Shares, Won
from core.domain.orders import Attempt, Envelope, Order, OrderState, Side
from core.domain.risk import RiskLimits
from core.domain.tickets import DraftLeg
from core.strategy.backtest.daily import DailyRules, run_daily
from core.strategy.backtest.market import Market
from core.strategy.backtest.rules import Protection
from core.strategy.parameters import Parameters
from storage.opening import open_database
from storage.passages import SqlPassageArchive
from tests.core.flows.world import World
from tests.fakes.fake_cycle_desk import FakeMarket, portfolio_of
from tests.scenarios.replayed_bars import Replay, on_ticks

CASH = 1_000_000
PARAMETERS = Parameters(
    formation=40, skip=5, atr_period=10, top_k=3, take_profit_percent=9, trailing_stop_percent=-5
)
LIMITS = RiskLimits(position_tight_percent=40)
EXITS = {"stop_loss", "take_profit", "trailing_stop", "break_even"}


def bars_of(market: Market) -> dict[str, list[Bar]]:
    source = Replay(market)
    return {
        symbol: [
            Bar(
                symbol=symbol,
                session=bar.session,
                open_won=bar.open,
                high_won=bar.high,
                low_won=bar.low,
                close_won=bar.close,
                volume_shares=bar.volume,
            )
            for bar in (source.bar(symbol, row) for row in range(len(market.sessions)))
        ]
        for symbol in market.symbols
    }


class Owner:
    """Says yes to every ticket; the exchange fills it at the open of the day."""

    def __init__(self, market: Market, world: World, *, taxed: bool) -> None:
        self.market, self.world = market, world
        self.exchange = Exchange(
            Replay(market),
            opening_cash_won=CASH,
            fills_per_minute_percent=100,
            taxed=frozenset(market.symbols if taxed else ()),
        )
        self.orders: list[tuple[Any, str, int, int]] = []
        self.nav: list[int] = []
        self.reasons: list[str] = []

    async def live(self) -> None:
        days = [day.item() for day in self.market.sessions]
        self.close(days[0])
        for day in days[1:]:
            self.world.at(day, 8)
            shown = len(self.world.proposer.proposals)
            briefing = await self.world.daily().run(day)
            assert briefing.plan is not None
            self.reasons += [item.justification for item in briefing.plan.actions]
            opens, _ = exchange_rules.session_hours(day)
            self.exchange.advance(opens)
            for proposal in self.world.proposer.proposals[shown:]:
                assert briefing.ticket_id is not None
                for leg, draft in enumerate(proposal.legs, 1):
                    self.trade(briefing.ticket_id, leg, draft, opens)
            self.close(day)

    def close(self, day: Any) -> None:
        """Let the session end; what the account then says is what the next morning reads."""
        _, closes = exchange_rules.session_hours(day)
        self.exchange.advance(closes)
        source, row = Replay(self.market), self.market.sessions.tolist().index(day)
        positions = [
            Position(
                symbol=Symbol(item.symbol),
                name=item.symbol,
                quantity=item.quantity,
                sellable=item.sellable,
                average_cost_won=item.average_cost,
                price_won=Won(source.bar(item.symbol, row).close),
            )
            for item in self.exchange.holdings(closes)
            if item.quantity
        ]
        cash = self.exchange.cash(closes).d2
        self.world.portfolio.value = portfolio_of(closes, cash, *positions)
        self.nav.append(self.world.portfolio.value.account.nav_won)

    def trade(self, ticket_id: str, leg: int, draft: DraftLeg, now: datetime) -> None:
        view = self.exchange.market(now, draft.symbol)
        assert view is not None
        price, quantity, is_buy = view.minute.last, draft.quantity, draft.side is Side.BUY
        if is_buy:
            _, most = self.exchange.buying_power(now, draft.symbol, price, is_market=False)
            quantity = min(quantity, most)
        if quantity:
            placed = self.exchange.place(
                now, draft.symbol, is_buy=is_buy, quantity=quantity, price=price
            )
            assert isinstance(placed, Placed), placed
            assert sum(item.quantity for item in self.exchange.advance(now)) == quantity
            signed = quantity if is_buy else -quantity
            self.orders.append((now.date(), draft.symbol, signed, price))
        self.note(ticket_id, leg, draft, quantity, now)

    def note(self, ticket_id: str, leg: int, draft: DraftLeg, filled: int, now: datetime) -> None:
        """Write what the order path would have written."""
        books, order_id = self.world.ledger.books, f"{ticket_id}-{leg}"
        books.orders[order_id] = Order(
            order_id=order_id,
            ticket_id=ticket_id,
            leg=leg,
            envelope=Envelope(
                symbol=draft.symbol,
                side=draft.side,
                quantity_max=Shares(draft.quantity),
                limit_won=None,
                good_until=now,
            ),
            state=OrderState.FILLED if filled else OrderState.BLOCKED,
            filled=filled,
            created_at=now,
            updated_at=now,
        )
        books.attempts[order_id] = Attempt(
            order_id=order_id,
            signature="",
            session=now.date(),
            armed_at=now + timedelta(seconds=len(books.attempts)),
            known_numbers=frozenset(),
        )


@pytest.mark.parametrize(
    ("seed", "taxed"), [(0, False), (1, False), (2, False), (0, True), (1, True)]
)
async def test_the_cycle_with_its_memory_gives_the_backtests_orders(
    seed: int, taxed: bool, database_file: Path
) -> None:
    market = on_ticks(seed)
    kind = TaxType.HOLDING_PERIOD if taxed else TaxType.EXEMPT
    instruments = tuple(
        Instrument(symbol=item, name=item, tax_type=kind) for item in market.symbols
    )
    backtest = run_daily(
        market,
        DailyRules(
            cash_won=CASH,
            parameters=PARAMETERS,
            instruments=instruments,
            costs=CostModel(),
            taxed=taxed,
            protection=Protection.CLOSE,
            limits=LIMITS,
        ),
    )
    database = await open_database(f"sqlite:///{database_file}", migrate=False)
    try:
        await database.stamp("sim", Mode.SIM, "h")
        world = World(passages=SqlPassageArchive(database, "h"), parameters=PARAMETERS)
        world.market = FakeMarket(universe=instruments, raw_bars=bars_of(market))
        owner = Owner(market, world, taxed=taxed)
        await owner.live()
    finally:
        await database.close()
    assert [
        (market.sessions[t.row].item(), market.symbols[t.column], t.shares, int(t.price_won))
        for t in backtest.trades
    ] == owner.orders
    assert [int(value) for value in backtest.nav] == owner.nav
    assert (backtest.taxes_won > 0) is taxed
    assert {"take_profit", "trailing_stop"} <= {t.reason for t in backtest.trades} & EXITS
    told = "\n".join(owner.reasons)
    assert "절반 익절" in told
    assert "추적 손절: 고점 " in told
