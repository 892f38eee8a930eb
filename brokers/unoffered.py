"""What a source of market data is that offers nothing: others override what they can answer."""

# ruff: noqa: ARG002  the signatures are the port's

from __future__ import annotations

from datetime import date, datetime

from core.domain.etf import Basket, EtfState, NavDay, NavMoment, NavState
from core.domain.instrument import Symbol
from core.domain.listing import Board, InstrumentFacts, Listing
from core.domain.market_index import IndexBar, IndexLevel, MarketIndex
from core.domain.news_title import NewsTitle
from core.domain.order_book import OrderBook, Trade
from core.domain.ranking import ChangeRank, Direction, VolumeOrder, VolumeRank
from core.errors import NotOfferedHere
from core.ports.broker import AccessToken
from core.ports.market_data import MarketCall


class UnofferedMarketData:
    """Implements `core.ports.market_data.MarketDataAdapter`: every call raises NotOfferedHere.

    A subclass names in `offers` the calls that it overrides.
    """

    source = "this broker"
    offers: frozenset[MarketCall] = frozenset()

    def refused(self, call: MarketCall) -> NotOfferedHere | None:
        """Return why `call` is not offered, or None when it is."""
        return None if call in self.offers else self._without(call)

    def _without(self, call: MarketCall) -> NotOfferedHere:
        return NotOfferedHere(f"{self.source} does not offer {call.value}")

    async def order_book(self, token: AccessToken, symbol: Symbol) -> OrderBook:
        """Raise NotOfferedHere."""
        raise self._without(MarketCall.ORDER_BOOK)

    async def trades(self, token: AccessToken, symbol: Symbol) -> tuple[Trade, ...]:
        """Raise NotOfferedHere."""
        raise self._without(MarketCall.TRADES)

    async def etf(self, token: AccessToken, symbol: Symbol) -> EtfState:
        """Raise NotOfferedHere."""
        raise self._without(MarketCall.ETF)

    async def nav(self, token: AccessToken, symbol: Symbol) -> NavState:
        """Raise NotOfferedHere."""
        raise self._without(MarketCall.NAV)

    async def nav_days(
        self, token: AccessToken, symbol: Symbol, start: date, end: date
    ) -> tuple[NavDay, ...]:
        """Raise NotOfferedHere."""
        raise self._without(MarketCall.NAV_DAYS)

    async def nav_moments(
        self, token: AccessToken, symbol: Symbol, every_seconds: int
    ) -> tuple[NavMoment, ...]:
        """Raise NotOfferedHere."""
        raise self._without(MarketCall.NAV_MOMENTS)

    async def basket(self, token: AccessToken, symbol: Symbol) -> Basket:
        """Raise NotOfferedHere."""
        raise self._without(MarketCall.BASKET)

    async def volume_ranking(
        self, token: AccessToken, order: VolumeOrder
    ) -> tuple[VolumeRank, ...]:
        """Raise NotOfferedHere."""
        raise self._without(MarketCall.VOLUME_RANKING)

    async def change_ranking(
        self, token: AccessToken, direction: Direction
    ) -> tuple[ChangeRank, ...]:
        """Raise NotOfferedHere."""
        raise self._without(MarketCall.CHANGE_RANKING)

    async def index(self, token: AccessToken, index: MarketIndex) -> IndexLevel:
        """Raise NotOfferedHere."""
        raise self._without(MarketCall.INDEX)

    async def index_bars(
        self, token: AccessToken, index: MarketIndex, start: date, end: date
    ) -> tuple[IndexBar, ...]:
        """Raise NotOfferedHere."""
        raise self._without(MarketCall.INDEX_BARS)

    async def instrument(self, token: AccessToken, symbol: Symbol) -> InstrumentFacts:
        """Raise NotOfferedHere."""
        raise self._without(MarketCall.INSTRUMENT)

    async def news_titles(
        self, token: AccessToken, symbol: Symbol | None, until: datetime | None
    ) -> tuple[NewsTitle, ...]:
        """Raise NotOfferedHere."""
        raise self._without(MarketCall.NEWS_TITLES)

    async def listings(self, token: AccessToken, board: Board) -> tuple[Listing, ...]:
        """Raise NotOfferedHere."""
        raise self._without(MarketCall.LISTINGS)
