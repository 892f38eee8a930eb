"""What may be asked about the market beside quotes and bars, and what a broker may lack of it.

`MarketDataAdapter` takes the token; `MarketData` is what services see: paced, retried, and without
tokens. What this broker or mode does not offer is known before any call and comes back as a
`NotOfferedHere` *value*: whoever asks must say what it does without, nobody retries it.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Protocol

from core.domain.etf import Basket, EtfState, NavDay, NavMoment, NavState
from core.domain.instrument import Symbol
from core.domain.listing import Board, InstrumentFacts, Listing
from core.domain.market_index import IndexBar, IndexLevel, MarketIndex
from core.domain.news_title import NewsTitle
from core.domain.order_book import OrderBook, Trade
from core.domain.ranking import ChangeRank, Direction, VolumeOrder, VolumeRank
from core.errors import NotOfferedHere
from core.ports.broker import AccessToken


class MarketCall(Enum):
    """The calls, by the name of the method that makes them."""

    ORDER_BOOK = "order_book"
    TRADES = "trades"
    ETF = "etf"
    NAV = "nav"
    NAV_DAYS = "nav_days"
    NAV_MOMENTS = "nav_moments"
    BASKET = "basket"
    VOLUME_RANKING = "volume_ranking"
    CHANGE_RANKING = "change_ranking"
    INDEX = "index"
    INDEX_BARS = "index_bars"
    INSTRUMENT = "instrument"
    NEWS_TITLES = "news_titles"
    LISTINGS = "listings"


class MarketDataAdapter(Protocol):
    """One source of market data. A call that is `refused` raises that before any request."""

    def refused(self, call: MarketCall) -> NotOfferedHere | None:
        """Return why this source does not offer `call`, or None when it does. Calls nothing."""

    async def order_book(self, token: AccessToken, symbol: Symbol) -> OrderBook:
        """Read both sides of the book. Raises BrokerRefused for an unknown symbol."""

    async def trades(self, token: AccessToken, symbol: Symbol) -> tuple[Trade, ...]:
        """Read the last trades, newest first."""

    async def etf(self, token: AccessToken, symbol: Symbol) -> EtfState:
        """Read an ETF's price, NAV and facts."""

    async def nav(self, token: AccessToken, symbol: Symbol) -> NavState:
        """Read price and NAV side by side."""

    async def nav_days(
        self, token: AccessToken, symbol: Symbol, start: date, end: date
    ) -> tuple[NavDay, ...]:
        """Read closing price and NAV of finished sessions, oldest first, both ends included."""

    async def nav_moments(
        self, token: AccessToken, symbol: Symbol, every_seconds: int
    ) -> tuple[NavMoment, ...]:
        """Read today's last moments, newest first, `every_seconds` (60 or more) apart."""

    async def basket(self, token: AccessToken, symbol: Symbol) -> Basket:
        """Read what an ETF holds."""

    async def volume_ranking(
        self, token: AccessToken, order: VolumeOrder
    ) -> tuple[VolumeRank, ...]:
        """Read what trades most, first rank first."""

    async def change_ranking(
        self, token: AccessToken, direction: Direction
    ) -> tuple[ChangeRank, ...]:
        """Read what rose or fell most, first rank first."""

    async def index(self, token: AccessToken, index: MarketIndex) -> IndexLevel:
        """Read an index."""

    async def index_bars(
        self, token: AccessToken, index: MarketIndex, start: date, end: date
    ) -> tuple[IndexBar, ...]:
        """Read daily bars of an index, oldest first, both ends included."""

    async def instrument(self, token: AccessToken, symbol: Symbol) -> InstrumentFacts:
        """Read an instrument's record."""

    async def news_titles(
        self, token: AccessToken, symbol: Symbol | None, until: datetime | None
    ) -> tuple[NewsTitle, ...]:
        """Read titles, newest first: about `symbol` or anything, until an instant or now."""

    async def listings(self, token: AccessToken, board: Board) -> tuple[Listing, ...]:
        """Read everything that a board lists."""


class MarketFigures(Protocol):
    """The four calls of `MarketData` that the market analysis of the daily cycle is made of."""

    async def volume_ranking(self, order: VolumeOrder) -> tuple[VolumeRank, ...] | NotOfferedHere:
        """Read what trades most, first rank first."""

    async def change_ranking(self, direction: Direction) -> tuple[ChangeRank, ...] | NotOfferedHere:
        """Read what rose or fell most, first rank first."""

    async def index(self, index: MarketIndex) -> IndexLevel | NotOfferedHere:
        """Read an index."""

    async def trades(self, symbol: Symbol) -> tuple[Trade, ...] | NotOfferedHere:
        """Read the last trades, newest first."""


class MarketData(Protocol):
    """What services see. Each answer is the value, or `NotOfferedHere` as a value."""

    def refused(self, call: MarketCall) -> NotOfferedHere | None:
        """Return why `call` is not offered here, or None when it is. Calls nothing."""

    async def order_book(self, symbol: Symbol) -> OrderBook | NotOfferedHere:
        """Read both sides of the book."""

    async def trades(self, symbol: Symbol) -> tuple[Trade, ...] | NotOfferedHere:
        """Read the last trades, newest first."""

    async def etf(self, symbol: Symbol) -> EtfState | NotOfferedHere:
        """Read an ETF's price, NAV and facts."""

    async def nav(self, symbol: Symbol) -> NavState | NotOfferedHere:
        """Read price and NAV side by side."""

    async def nav_days(
        self, symbol: Symbol, start: date, end: date
    ) -> tuple[NavDay, ...] | NotOfferedHere:
        """Read closing price and NAV of finished sessions, oldest first."""

    async def nav_moments(
        self, symbol: Symbol, every_seconds: int
    ) -> tuple[NavMoment, ...] | NotOfferedHere:
        """Read today's last moments, newest first."""

    async def basket(self, symbol: Symbol) -> Basket | NotOfferedHere:
        """Read what an ETF holds."""

    async def volume_ranking(self, order: VolumeOrder) -> tuple[VolumeRank, ...] | NotOfferedHere:
        """Read what trades most, first rank first."""

    async def change_ranking(self, direction: Direction) -> tuple[ChangeRank, ...] | NotOfferedHere:
        """Read what rose or fell most, first rank first."""

    async def index(self, index: MarketIndex) -> IndexLevel | NotOfferedHere:
        """Read an index."""

    async def index_bars(
        self, index: MarketIndex, start: date, end: date
    ) -> tuple[IndexBar, ...] | NotOfferedHere:
        """Read daily bars of an index, oldest first."""

    async def instrument(self, symbol: Symbol) -> InstrumentFacts | NotOfferedHere:
        """Read an instrument's record."""

    async def news_titles(
        self, symbol: Symbol | None = None, until: datetime | None = None
    ) -> tuple[NewsTitle, ...] | NotOfferedHere:
        """Read titles, newest first."""

    async def listings(self, board: Board) -> tuple[Listing, ...] | NotOfferedHere:
        """Read everything that a board lists."""
