"""Market data without tokens: the adapter's calls, paced and retried like every read.

What the adapter does not offer is returned before a token or a slot is taken.
"""

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
from core.ports.market_data import MarketCall, MarketDataAdapter
from core.runtime.rate_limiter import Lane
from core.runtime.reads import Reads


class MarketDataSession:
    """Implements `core.ports.market_data.MarketData` over one adapter."""

    def __init__(self, reads: Reads[MarketDataAdapter]) -> None:
        """Read through `reads`; nothing is called yet."""
        self._reads = reads

    def refused(self, call: MarketCall) -> NotOfferedHere | None:
        """Return why `call` is not offered here, or None when it is. Calls nothing."""
        return self._reads.adapter.refused(call)

    async def order_book(self, symbol: Symbol) -> OrderBook | NotOfferedHere:
        """Read both sides of the book."""
        return await self._reads.read_offered(
            self.refused(MarketCall.ORDER_BOOK),
            Lane.QUOTE,
            lambda adapter, token: adapter.order_book(token, symbol),
        )

    async def trades(self, symbol: Symbol) -> tuple[Trade, ...] | NotOfferedHere:
        """Read the last trades, newest first."""
        return await self._reads.read_offered(
            self.refused(MarketCall.TRADES),
            Lane.QUOTE,
            lambda adapter, token: adapter.trades(token, symbol),
        )

    async def etf(self, symbol: Symbol) -> EtfState | NotOfferedHere:
        """Read an ETF's price, NAV and facts."""
        return await self._reads.read_offered(
            self.refused(MarketCall.ETF),
            Lane.QUOTE,
            lambda adapter, token: adapter.etf(token, symbol),
        )

    async def nav(self, symbol: Symbol) -> NavState | NotOfferedHere:
        """Read price and NAV side by side."""
        return await self._reads.read_offered(
            self.refused(MarketCall.NAV),
            Lane.QUOTE,
            lambda adapter, token: adapter.nav(token, symbol),
        )

    async def nav_days(
        self, symbol: Symbol, start: date, end: date
    ) -> tuple[NavDay, ...] | NotOfferedHere:
        """Read closing price and NAV of finished sessions, oldest first."""
        return await self._reads.read_offered(
            self.refused(MarketCall.NAV_DAYS),
            Lane.CHART,
            lambda adapter, token: adapter.nav_days(token, symbol, start, end),
        )

    async def nav_moments(
        self, symbol: Symbol, every_seconds: int
    ) -> tuple[NavMoment, ...] | NotOfferedHere:
        """Read today's last moments, newest first."""
        return await self._reads.read_offered(
            self.refused(MarketCall.NAV_MOMENTS),
            Lane.CHART,
            lambda adapter, token: adapter.nav_moments(token, symbol, every_seconds),
        )

    async def basket(self, symbol: Symbol) -> Basket | NotOfferedHere:
        """Read what an ETF holds."""
        return await self._reads.read_offered(
            self.refused(MarketCall.BASKET),
            Lane.CHART,
            lambda adapter, token: adapter.basket(token, symbol),
        )

    async def volume_ranking(self, order: VolumeOrder) -> tuple[VolumeRank, ...] | NotOfferedHere:
        """Read what trades most, first rank first."""
        return await self._reads.read_offered(
            self.refused(MarketCall.VOLUME_RANKING),
            Lane.CHART,
            lambda adapter, token: adapter.volume_ranking(token, order),
        )

    async def change_ranking(self, direction: Direction) -> tuple[ChangeRank, ...] | NotOfferedHere:
        """Read what rose or fell most, first rank first."""
        return await self._reads.read_offered(
            self.refused(MarketCall.CHANGE_RANKING),
            Lane.CHART,
            lambda adapter, token: adapter.change_ranking(token, direction),
        )

    async def index(self, index: MarketIndex) -> IndexLevel | NotOfferedHere:
        """Read an index."""
        return await self._reads.read_offered(
            self.refused(MarketCall.INDEX),
            Lane.QUOTE,
            lambda adapter, token: adapter.index(token, index),
        )

    async def index_bars(
        self, index: MarketIndex, start: date, end: date
    ) -> tuple[IndexBar, ...] | NotOfferedHere:
        """Read daily bars of an index, oldest first."""
        return await self._reads.read_offered(
            self.refused(MarketCall.INDEX_BARS),
            Lane.CHART,
            lambda adapter, token: adapter.index_bars(token, index, start, end),
        )

    async def instrument(self, symbol: Symbol) -> InstrumentFacts | NotOfferedHere:
        """Read an instrument's record."""
        return await self._reads.read_offered(
            self.refused(MarketCall.INSTRUMENT),
            Lane.CHART,
            lambda adapter, token: adapter.instrument(token, symbol),
        )

    async def news_titles(
        self, symbol: Symbol | None = None, until: datetime | None = None
    ) -> tuple[NewsTitle, ...] | NotOfferedHere:
        """Read titles, newest first."""
        return await self._reads.read_offered(
            self.refused(MarketCall.NEWS_TITLES),
            Lane.CHART,
            lambda adapter, token: adapter.news_titles(token, symbol, until),
        )

    async def listings(self, board: Board) -> tuple[Listing, ...] | NotOfferedHere:
        """Read everything that a board lists."""
        return await self._reads.read_offered(
            self.refused(MarketCall.LISTINGS),
            Lane.CHART,
            lambda adapter, token: adapter.listings(token, board),
        )
