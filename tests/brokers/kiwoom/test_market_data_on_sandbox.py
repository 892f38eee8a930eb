"""Market data and statements against the sandbox's Kiwoom, over a socket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from brokers.kiwoom.broker import KiwoomBroker
from brokers.kiwoom.market_data import KiwoomMarketData
from brokers.kiwoom.statements import KiwoomStatements
from core.domain.instrument import Symbol
from core.domain.listing import Board, Kind
from core.domain.market_index import MarketIndex
from core.domain.modes import Mode
from core.domain.money import shares
from core.domain.orders import Accepted, OrderRequest, OrderType, Side
from core.domain.ranking import VolumeOrder
from core.errors import BrokerRefused, NotOfferedHere
from core.ports.broker import AccessToken
from tests.brokers.kiwoom.test_against_sandbox import enter
from tests.brokers.sandbox_world import KODEX, NOBODY, START, SandboxWorld


@dataclass
class KiwoomDesk:
    world: SandboxWorld[KiwoomBroker]
    token: AccessToken
    symbol: Symbol = KODEX
    unknown_symbol: Symbol = NOBODY

    @property
    def broker(self) -> KiwoomBroker:
        return self.world.adapter

    @property
    def market(self) -> KiwoomMarketData:
        return KiwoomMarketData(self.broker)

    @property
    def statements(self) -> KiwoomStatements:
        return KiwoomStatements(self.broker, self.world.clock)

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    def requests(self) -> int:
        return len(self.world.sandbox.kiwoom.requests)


async def sit_down(mode):
    async for world in enter(mode):
        await world.go_to(START.replace(hour=10))
        yield KiwoomDesk(world, await world.adapter.issue_token())


@pytest.fixture
async def desk():
    async for desk in sit_down(Mode.VTS):
        yield desk


async def test_an_index_follows_its_fund(desk):
    quote = await desk.broker.quote(desk.token, KODEX)
    level = await desk.market.index(desk.token, MarketIndex.KOSPI200)
    assert level.level == (quote.last_won * Decimal("0.01")).quantize(Decimal("0.01"))
    assert level.low_level <= level.level <= level.high_level
    assert (level.change > 0) == (quote.last_won > quote.base_won)
    assert level.turnover_won > level.volume_shares > 0


async def test_rankings_by_turnover_but_not_by_increase(desk):
    lines = await desk.market.volume_ranking(desk.token, VolumeOrder.TURNOVER)
    assert lines[0].turnover_won >= lines[-1].turnover_won
    before = desk.requests()
    with pytest.raises(NotOfferedHere):
        await desk.market.volume_ranking(desk.token, VolumeOrder.INCREASE)
    assert desk.requests() == before


async def test_every_read_takes_its_turn(desk):
    turns = []

    async def turn(name):
        turns.append(name)

    market = desk.market.taking_turns(turn)
    await market.order_book(desk.token, KODEX)
    await market.instrument(desk.token, KODEX)
    assert turns == ["ka10004", "ka10100", "ka40002"]


async def test_price_and_nav_go_together_and_may_be_torn(desk):
    etf = await desk.market.etf(desk.token, KODEX)
    quote = await desk.broker.quote(desk.token, KODEX)
    assert etf.last_won == quote.last_won
    assert abs(etf.disparity_percent) <= Decimal("0.2")
    assert etf.previous_nav_won is not None
    desk.world.sandbox.kiwoom.disparities[KODEX] = 250
    etf = await desk.market.etf(desk.token, KODEX)
    assert abs(etf.last_won * 100 / etf.nav_won - 100 - Decimal("2.5")) < Decimal("0.01")
    with pytest.raises(BrokerRefused):
        await desk.market.etf(desk.token, NOBODY)


async def test_nav_before_the_open_is_the_last_one():
    async for world in enter(Mode.VTS):
        await world.go_to(START.replace(hour=8, minute=30))
        token = await world.adapter.issue_token()
        market = KiwoomMarketData(world.adapter)
        etf = await market.etf(token, KODEX)
        day = world.clock.now().date()
        (*_, last) = await market.nav_days(token, KODEX, day - timedelta(days=10), day)
        assert (etf.nav_won, etf.volume_shares) == (last.nav_won, 0)


async def test_daily_nav_goes_with_the_bars_over_more_than_one_page(desk):
    end = desk.now.date()
    span = end - timedelta(days=80), end
    days = await desk.market.nav_days(desk.token, KODEX, *span)
    bars = (await desk.broker.daily_bars(desk.token, KODEX, *span, adjusted=False)).bars
    finished = [bar for bar in bars if bar.session < end]
    assert len(days) > 30
    assert [(d.session, d.close_won, d.volume_shares) for d in days] == [
        (bar.session, bar.close_won, bar.volume_shares) for bar in finished
    ]


async def test_index_bars_end_where_the_index_stands(desk):
    end = desk.now.date()
    bars = await desk.market.index_bars(
        desk.token, MarketIndex.KOSPI200, end - timedelta(days=30), end
    )
    level = await desk.market.index(desk.token, MarketIndex.KOSPI200)
    assert bars[-1].close_level == level.level
    assert bars[-2].close_level == level.level - level.change
    assert all(bar.low_level <= bar.close_level <= bar.high_level for bar in bars)


async def test_a_board_lists_what_is_quoted(desk):
    listed = {line.code: line for line in await desk.market.listings(desk.token, Board.KOSPI)}
    quote = await desk.broker.quote(desk.token, KODEX)
    assert (listed[KODEX].kind, listed[KODEX].base_won) == (Kind.ETF, quote.base_won)
    assert await desk.market.listings(desk.token, Board.KOSDAQ) == ()


async def test_a_day_of_trades_is_stated_with_its_profit(desk):
    day = desk.now.date()
    for side, minute in ((Side.BUY, 10), (Side.SELL, 20)):
        request = OrderRequest(
            symbol=KODEX,
            side=side,
            quantity=shares(2),
            price_won=None,
            order_type=OrderType.MARKET,
        )
        assert isinstance(await desk.broker.place_order(desk.token, request), Accepted)
        await desk.world.go_to(START.replace(hour=10, minute=minute))
    buy, sell = (await desk.broker.order_history(desk.token, day)).orders
    stated = await desk.statements.profit_by_day(desk.token, day - timedelta(days=3), day)
    (line,) = stated.days
    assert (line.bought_won, line.sold_won) == (
        2 * buy.average_price_won,
        2 * sell.average_price_won,
    )
    gross = line.sold_won - line.bought_won
    assert gross - line.fee_won < line.realised_won < gross
    assert stated.totals.realised_won == line.realised_won
