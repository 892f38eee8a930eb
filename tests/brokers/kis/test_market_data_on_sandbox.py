"""Market data and statements against the sandbox's KIS, over a socket, in both profiles."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from brokers.kis.broker import KisBroker
from brokers.kis.market_data import KisMarketData
from brokers.kis.statements import KisStatements
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.listing import Board, Kind
from core.domain.market import Designation
from core.domain.market_index import MarketIndex
from core.domain.modes import Mode
from core.domain.money import Shares, Won
from core.domain.orders import Accepted, OrderRequest, OrderType, Side
from core.domain.ranking import VolumeOrder
from core.errors import BrokerRefused, NotOfferedHere, TokenRejected
from core.ports.broker import AccessToken
from core.ports.market_data import MarketCall
from core.ports.statements import StatementCall
from core.runtime.broker_session import BrokerSession
from core.runtime.identifiers import SystemIdentifiers
from core.runtime.market_data_session import MarketDataSession
from core.runtime.rate_limiter import RateLimiter, pace_for
from core.runtime.statements_session import StatementsSession
from core.runtime.supervisor import TaskSupervisor
from core.runtime.token_cache import TokenCache
from core.runtime.token_store import FileTokenStore, token_key
from tests.brokers.kis.test_against_sandbox import enter
from tests.brokers.sandbox_world import DAY, KODEX, NOBODY, SandboxWorld

TEN = datetime(2025, 3, 5, 10, 0, tzinfo=KST)
BEFORE = DAY - timedelta(days=1)


@dataclass
class KisDesk:
    world: SandboxWorld[KisBroker]
    token: AccessToken

    symbol: Symbol = KODEX
    unknown_symbol: Symbol = NOBODY

    @property
    def broker(self) -> KisBroker:
        return self.world.adapter

    @property
    def market(self) -> KisMarketData:
        return KisMarketData(
            self.broker, f"{self.world.adapter.wire.account.base_url}/common/master"
        )

    @property
    def statements(self) -> KisStatements:
        return KisStatements(self.broker)

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    def requests(self) -> int:
        return len(self.world.sandbox.kis.requests)


async def sit_down(mode):
    async for world in enter(mode):
        await world.go_to(TEN)
        yield KisDesk(world, await world.adapter.issue_token())


@pytest.fixture
async def real():
    async for desk in sit_down(Mode.REAL):
        yield desk


@pytest.fixture
async def vts():
    async for desk in sit_down(Mode.VTS):
        yield desk


async def test_each_mode_offers_what_the_documents_say(real, vts):
    assert [call for call in MarketCall if real.market.refused(call)] == []
    assert [call for call in StatementCall if real.statements.refused(call)] == []
    assert {call for call in MarketCall if not vts.market.refused(call)} == {
        MarketCall.ORDER_BOOK,
        MarketCall.TRADES,
        MarketCall.INDEX,
        MarketCall.INDEX_BARS,
        MarketCall.LISTINGS,
    }
    assert [call for call in StatementCall if not vts.statements.refused(call)] == [
        StatementCall.OPEN_ORDERS
    ]


async def test_the_last_trades_are_the_last_minutes(vts):
    trades = await vts.market.trades(vts.token, KODEX)
    assert len(trades) == 30
    assert trades[0].at.strftime("%H:%M") == "10:00"
    assert [trade.at for trade in trades] == sorted((t.at for t in trades), reverse=True)
    quote = await vts.broker.quote(vts.token, KODEX)
    assert trades[0].price_won == quote.last_won
    assert trades[0].change_won == quote.last_won - quote.base_won


async def test_price_and_nav_agree_on_every_call(real):
    quote = await real.broker.quote(real.token, KODEX)
    etf = await real.market.etf(real.token, KODEX)
    nav = await real.market.nav(real.token, KODEX)
    moments = await real.market.nav_moments(real.token, KODEX, 60)
    basket = await real.market.basket(real.token, KODEX)
    assert etf.last_won == nav.last_won == moments[0].price_won == quote.last_won
    assert etf.nav_won == nav.nav_won == moments[0].nav_won == basket.nav_won
    assert etf.previous_nav_won == nav.previous_nav_won
    assert (etf.upper_limit_won, etf.lower_limit_won) == (
        quote.upper_limit_won,
        quote.lower_limit_won,
    )
    assert etf.nav_won is not None
    exact = (etf.last_won - etf.nav_won) * 100 / etf.nav_won
    assert etf.disparity_percent is not None
    assert abs(etf.disparity_percent - exact) < Decimal("0.01")
    assert nav.low_nav_won is not None
    assert nav.high_nav_won is not None
    assert nav.low_nav_won <= nav.nav_won <= nav.high_nav_won
    assert (etf.multiple, etf.creation_unit, etf.holdings) == (1, 50_000, 6)
    assert etf.net_assets_won is not None
    assert etf.net_assets_won % 100_000_000 == 0
    assert sum(part.weight_percent for part in basket.components) == 100
    assert not etf.in_volatility_interruption


async def test_a_torn_price_and_a_volatility_interruption_arrive(real):
    real.world.sandbox.kis.disparities[KODEX] = 250
    real.world.sandbox.kis.marks[KODEX] = {"vi_cls_code": "Y"}
    etf = await real.market.etf(real.token, KODEX)
    assert Decimal("2.4") < etf.disparity_percent < Decimal("2.6")
    assert etf.in_volatility_interruption
    book = await real.market.order_book(real.token, KODEX)
    assert book.in_volatility_interruption


async def test_nav_before_the_open_is_the_last_one():
    async for world in enter(Mode.REAL):
        desk = KisDesk(world, await world.adapter.issue_token())
        nav = await desk.market.nav(desk.token, KODEX)
        assert nav.nav_won == nav.previous_nav_won
        assert (nav.open_nav_won, nav.high_nav_won, nav.low_nav_won) == (None, None, None)
        assert await desk.market.nav_moments(desk.token, KODEX, 180) == ()
        assert await desk.market.trades(desk.token, KODEX) == ()


async def test_daily_nav_goes_with_the_bars_over_more_than_one_page(real):
    start = DAY - timedelta(days=300)
    days = await real.market.nav_days(real.token, KODEX, start, BEFORE)
    bars = await real.broker.daily_bars(real.token, KODEX, start, BEFORE, adjusted=True)
    assert len(days) > 150
    assert [day.session for day in days] == [bar.session for bar in bars.bars]
    assert [day.close_won for day in days] == [bar.close_won for bar in bars.bars]
    assert all(abs(day.disparity_percent) < Decimal("0.3") for day in days)


async def test_an_index_is_the_same_in_both_modes(real, vts):
    for index in MarketIndex:
        one = await real.market.index(real.token, index)
        other = await vts.market.index(vts.token, index)
        assert (one.level, one.change, one.open_level) == (
            other.level,
            other.change,
            other.open_level,
        )
        assert None not in {one.rising, one.falling, one.unchanged}
        assert (other.rising, other.falling, other.unchanged) == (None, None, None)
        assert one.volume_shares % 1_000 == 0
        assert one.turnover_won % 1_000_000 == 0
    fund = await real.broker.quote(real.token, KODEX)
    level = (await real.market.index(real.token, MarketIndex.KOSPI200)).level
    assert level == Decimal(fund.last_won) / 100


async def test_index_bars_over_all_pages(vts):
    start = DAY - timedelta(days=200)
    bars = await vts.market.index_bars(vts.token, MarketIndex.KOSPI, start, BEFORE)
    days = [bar.session for bar in bars]
    assert len(days) > 110
    assert days == sorted(set(days))
    assert all(bar.low_level <= bar.close_level <= bar.high_level for bar in bars)
    level = await vts.market.index(vts.token, MarketIndex.KOSPI)
    assert bars[-1].close_level == level.level - level.change


async def test_titles_are_dated_and_until_an_instant(real):
    titles = await real.market.news_titles(real.token, None, None)
    assert len(titles) == 40
    moments = [title.published_at for title in titles]
    assert moments == sorted(moments, reverse=True)
    assert moments[0] <= real.now
    older = await real.market.news_titles(real.token, None, moments[-1])
    assert older[0].number == titles[-1].number
    about = await real.market.news_titles(real.token, KODEX, None)
    assert about
    assert all(KODEX in title.codes for title in about)


@pytest.mark.parametrize("order", VolumeOrder)
async def test_every_order_of_the_volume_ranking(real, order):
    lines = await real.market.volume_ranking(real.token, order)
    kept = {
        VolumeOrder.SHARES: [line.volume_shares for line in lines],
        VolumeOrder.INCREASE: [line.increase_percent for line in lines],
        VolumeOrder.TURNOVER: [line.turnover_won for line in lines],
    }[order]
    assert kept == sorted(kept, reverse=True)


@pytest.mark.parametrize("board", Board)
async def test_the_master_files_list_what_is_quoted(vts, board):
    listings = await vts.market.listings(vts.token, board)
    codes = {listing.code: listing for listing in listings}
    assert all(listing.board is board for listing in listings)
    if board is Board.KOSDAQ:
        assert {listing.kind for listing in listings} == {Kind.STOCK}
        return
    assert codes["005930"].kind is Kind.STOCK
    listing, quote = codes[KODEX], await vts.broker.quote(vts.token, KODEX)
    assert (listing.kind, listing.base_won, listing.lot) == (Kind.ETF, quote.base_won, 1)
    assert (listing.name, listing.isin) == ("KODEX 200", "KR7069500007")
    assert listing.listed_on == date(2002, 10, 14)
    assert not listing.designations
    vts.world.sandbox.kis.marks[KODEX] = {"mrkt_warn_cls_code": "02", "temp_stop_yn": "Y"}
    marked = {row.code: row for row in await vts.market.listings(vts.token, board)}[KODEX]
    assert (marked.is_halted, marked.designations) == (True, {Designation.WARNING})


async def test_a_day_of_trades_is_stated_with_its_profit(real):
    await bought_and_sold(real)
    days = await real.statements.profit_by_day(real.token, BEFORE, DAY)
    trades = await real.statements.profit_by_trade(real.token, BEFORE, DAY)
    (day,), (trade,) = days.days, trades.trades
    assert days.totals == trades.totals
    assert (day.session, trade.session, trade.symbol) == (DAY, DAY, KODEX)
    assert (trade.bought_shares, trade.sold_shares) == (4, 4)
    assert trade.realised_won == day.realised_won == days.totals.realised_won
    assert day.realised_won == day.sold_won - day.bought_won - day.fee_won
    history = await real.broker.order_history(real.token, DAY)
    paid = sum(
        order.filled * order.average_price_won
        for order in history.orders
        if order.side is Side.BUY and order.average_price_won is not None
    )
    assert day.bought_won == paid
    empty = await real.statements.profit_by_day(real.token, BEFORE, BEFORE)
    assert empty.days == ()
    assert empty.totals.realised_won == 0


async def bought_and_sold(desk):
    for side, minute in ((Side.BUY, 15), (Side.SELL, 30)):
        request = OrderRequest(
            symbol=KODEX,
            side=side,
            quantity=Shares(4),
            price_won=None,
            order_type=OrderType.MARKET,
        )
        assert isinstance(await desk.broker.place_order(desk.token, request), Accepted)
        await desk.world.go_to(TEN.replace(minute=minute))


async def test_open_orders_over_all_pages(real):
    quote = await real.broker.quote(real.token, KODEX)
    request = OrderRequest(
        symbol=KODEX, side=Side.BUY, quantity=Shares(1), price_won=Won(quote.lower_limit_won)
    )
    real.world.sandbox.exchange.deposit(100_000_000)
    for _ in range(53):
        assert isinstance(await real.broker.place_order(real.token, request), Accepted)
    orders = await real.statements.open_orders(real.token)
    assert len(orders) == 53
    assert {order.placed_at.date() for order in orders} == {DAY}


async def test_a_revoked_token_opens_nothing_any_more(real):
    await real.broker.revoke_token(real.token)
    with pytest.raises(TokenRejected):
        await real.broker.quote(real.token, KODEX)
    with pytest.raises(TokenRejected):
        await real.broker.revoke_token(real.token)


async def test_what_is_no_fund_has_no_nav(real):
    for call in (real.market.etf, real.market.nav, real.market.basket):
        with pytest.raises(BrokerRefused):
            await call(real.token, NOBODY)


@pytest.mark.parametrize("mode", [Mode.VTS, Mode.REAL])
async def test_market_data_never_meets_the_limit_of_the_server(mode, tmp_path):
    """The profile's own limit, running clocks, many calls at once, pages included: no EGW00201."""
    async for world in enter(mode, requests_per_second=0):
        tasks = TaskSupervisor()
        tokens = TokenCache(
            world.adapter.issue_token, FileTokenStore(tmp_path), token_key("k", mode), world.clock
        )
        session = BrokerSession(
            world.adapter,
            tokens,
            RateLimiter(world.clock, pace_for(mode)),
            world.clock,
            SystemIdentifiers(),
            tasks,
        )
        market = MarketDataSession(session.beside(KisMarketData(world.adapter)))
        statements = StatementsSession(session.beside(KisStatements(world.adapter)))
        await world.go_to(TEN)
        anchor = world.sandbox.clock
        anchor.set_rate(20)
        world.clock.set(anchor.anchor.business, anchor.anchor.host_monotonic, 20)
        answers = await asyncio.gather(
            session.quote(KODEX),
            market.order_book(KODEX),
            market.trades(KODEX),
            market.nav(KODEX),
            market.index(MarketIndex.KOSPI),
            market.index_bars(MarketIndex.KOSDAQ, DAY - timedelta(days=150), BEFORE),
            statements.open_orders(),
            statements.assets(),
        )
        codes = [seen.msg_cd for seen in world.sandbox.kis.requests]
        assert "EGW00201" not in codes
        assert "EGW02006" not in codes
        lacking = [type(answer) for answer in answers].count(NotOfferedHere)
        assert lacking == (2 if mode is Mode.VTS else 0)
        await tasks.aclose()
