"""What every MarketDataAdapter and StatementsAdapter must do, whatever they talk to.

Subclass `MarketDataContract` in a test module (name it ``Test…``) and give it a fixture ``desk``
with what `MarketDesk` lists: a session day, some time after the open, `symbol` an ETF that trades.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Protocol

import pytest

from core.domain.instrument import Symbol
from core.domain.listing import Board, Kind
from core.domain.market_index import MarketIndex
from core.domain.money import Won, shares
from core.domain.orders import Accepted, OrderRequest, Side
from core.domain.ranking import Direction, VolumeOrder
from core.errors import BrokerRefused, NotOfferedHere
from core.ports.broker import AccessToken, BrokerAdapter
from core.ports.market_data import MarketCall, MarketDataAdapter
from core.ports.statements import StatementCall, StatementsAdapter


class MarketDesk(Protocol):
    """The adapters under test, beside the broker whose account they read."""

    broker: BrokerAdapter
    market: MarketDataAdapter
    statements: StatementsAdapter
    token: AccessToken
    symbol: Symbol
    unknown_symbol: Symbol
    now: datetime

    def requests(self) -> int:
        """Return how many requests left so far (0 for what is in the process)."""


Ask = Callable[[MarketDesk], Awaitable[Any]]
MONTH = timedelta(days=30)

MARKET_CALLS: Mapping[MarketCall, Ask] = {
    MarketCall.ORDER_BOOK: lambda d: d.market.order_book(d.token, d.symbol),
    MarketCall.TRADES: lambda d: d.market.trades(d.token, d.symbol),
    MarketCall.ETF: lambda d: d.market.etf(d.token, d.symbol),
    MarketCall.NAV: lambda d: d.market.nav(d.token, d.symbol),
    MarketCall.NAV_DAYS: lambda d: d.market.nav_days(d.token, d.symbol, *_days(d)),
    MarketCall.NAV_MOMENTS: lambda d: d.market.nav_moments(d.token, d.symbol, 60),
    MarketCall.BASKET: lambda d: d.market.basket(d.token, d.symbol),
    MarketCall.VOLUME_RANKING: lambda d: d.market.volume_ranking(d.token, VolumeOrder.SHARES),
    MarketCall.CHANGE_RANKING: lambda d: d.market.change_ranking(d.token, Direction.UP),
    MarketCall.INDEX: lambda d: d.market.index(d.token, MarketIndex.KOSPI200),
    MarketCall.INDEX_BARS: lambda d: d.market.index_bars(d.token, MarketIndex.KOSPI, *_days(d)),
    MarketCall.INSTRUMENT: lambda d: d.market.instrument(d.token, d.symbol),
    MarketCall.NEWS_TITLES: lambda d: d.market.news_titles(d.token, None, None),
    MarketCall.LISTINGS: lambda d: d.market.listings(d.token, Board.KOSPI),
}
STATEMENT_CALLS: Mapping[StatementCall, Ask] = {
    StatementCall.OPEN_ORDERS: lambda d: d.statements.open_orders(d.token),
    StatementCall.ASSETS: lambda d: d.statements.assets(d.token),
    StatementCall.PROFIT_BY_DAY: lambda d: d.statements.profit_by_day(d.token, *_days(d)),
    StatementCall.PROFIT_BY_TRADE: lambda d: d.statements.profit_by_trade(d.token, *_days(d)),
}


def _days(desk: MarketDesk) -> tuple[date, date]:
    return desk.now.date() - MONTH, desk.now.date() - timedelta(days=1)


class MarketDataContract:
    """The shared suite. See the module's docstring for what a subclass provides."""

    @pytest.mark.parametrize("call", MarketCall)
    async def test_market_data_is_offered_or_refused_before_a_request(
        self, desk: MarketDesk, call: MarketCall
    ) -> None:
        before = desk.requests()
        if desk.market.refused(call) is None:
            assert await MARKET_CALLS[call](desk) is not None
            return
        with pytest.raises(NotOfferedHere, match=call.value):
            await MARKET_CALLS[call](desk)
        assert desk.requests() == before

    @pytest.mark.parametrize("call", StatementCall)
    async def test_statements_are_offered_or_refused_before_a_request(
        self, desk: MarketDesk, call: StatementCall
    ) -> None:
        before = desk.requests()
        if desk.statements.refused(call) is None:
            assert await STATEMENT_CALLS[call](desk) is not None
            return
        with pytest.raises(NotOfferedHere, match=call.value):
            await STATEMENT_CALLS[call](desk)
        assert desk.requests() == before

    async def test_the_book_stands_around_the_price(self, desk: MarketDesk) -> None:
        book = await desk.market.order_book(desk.token, desk.symbol)
        quote = await desk.broker.quote(desk.token, desk.symbol)
        assert book.best_ask_won is not None
        assert book.best_bid_won is not None
        assert book.best_bid_won < book.best_ask_won
        assert quote.last_won in {book.best_bid_won, book.best_ask_won}
        asks = [level.price_won for level in book.asks]
        bids = [level.price_won for level in book.bids]
        assert asks == sorted(set(asks))
        assert bids == sorted(set(bids), reverse=True)
        assert all(level.quantity > 0 for level in (*book.asks, *book.bids))
        with pytest.raises(BrokerRefused):
            await desk.market.order_book(desk.token, desk.unknown_symbol)

    async def test_rankings_are_in_order(self, desk: MarketDesk) -> None:
        if desk.market.refused(MarketCall.VOLUME_RANKING) is not None:
            pytest.skip("this mode has no such call")
        volumes = await desk.market.volume_ranking(desk.token, VolumeOrder.SHARES)
        assert [line.rank for line in volumes] == list(range(1, len(volumes) + 1))
        traded = [line.volume_shares for line in volumes]
        assert traded == sorted(traded, reverse=True)
        assert desk.symbol in {line.code for line in volumes}
        for direction, is_reversed in ((Direction.UP, True), (Direction.DOWN, False)):
            changes = await desk.market.change_ranking(desk.token, direction)
            percents = [line.change_percent for line in changes]
            assert percents == sorted(percents, reverse=is_reversed)
            assert all((line.change_won > 0) == (line.change_percent > 0) for line in changes)

    async def test_an_instrument_says_what_it_is(self, desk: MarketDesk) -> None:
        if desk.market.refused(MarketCall.INSTRUMENT) is not None:
            pytest.skip("this mode has no such call")
        facts = await desk.market.instrument(desk.token, desk.symbol)
        quote = await desk.broker.quote(desk.token, desk.symbol)
        assert (facts.code, facts.kind, facts.is_halted) == (desk.symbol, Kind.ETF, False)
        assert facts.previous_close_won == quote.base_won
        assert facts.name
        with pytest.raises(BrokerRefused):
            await desk.market.instrument(desk.token, desk.unknown_symbol)

    async def test_an_open_order_is_stated_until_it_is_cancelled(self, desk: MarketDesk) -> None:
        assert await desk.statements.open_orders(desk.token) == ()
        quote = await desk.broker.quote(desk.token, desk.symbol)
        request = OrderRequest(
            symbol=desk.symbol,
            side=Side.BUY,
            quantity=shares(3),
            price_won=Won(quote.lower_limit_won),
        )
        outcome = await desk.broker.place_order(desk.token, request)
        assert isinstance(outcome, Accepted)
        (order,) = await desk.statements.open_orders(desk.token)
        assert order.ref.number == outcome.ref.number
        assert (order.symbol, order.side, order.ordered) == (desk.symbol, Side.BUY, 3)
        assert (order.filled, order.cancellable) == (0, 3)
        assert order.price_won == quote.lower_limit_won
        assert isinstance(await desk.broker.cancel_order(desk.token, order.ref), Accepted)
        assert await desk.statements.open_orders(desk.token) == ()

    async def test_the_statement_of_assets_agrees_with_the_balance(self, desk: MarketDesk) -> None:
        if desk.statements.refused(StatementCall.ASSETS) is not None:
            pytest.skip("this mode has no such call")
        assets = await desk.statements.assets(desk.token)
        account = await desk.broker.account(desk.token)
        assert assets.total_won == account.nav_won
        assert assets.securities_won == account.securities_won
        assert assets.classes
