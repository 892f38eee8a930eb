"""Market data of KIS beside quotes and bars. Frozen, without memory, like the broker's adapter.

모의투자 offers the book, the last trades, index bars and the master files; an index it has as the
head of the bars' answer. Everything else it refuses, so it is never called there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

from brokers.kis import endpoints, etfs, master, quotes, records
from brokers.kis.broker import KisBroker
from brokers.kis.endpoints import Endpoint
from brokers.kis.fields_etf import (
    BasketRow,
    ComponentRow,
    EtfRow,
    NavDayRow,
    NavMomentRow,
    NavPriceRow,
    NavRow,
)
from brokers.kis.fields_index import IndexBarRow, IndexRow
from brokers.kis.fields_quotes import (
    BookRow,
    ChangeRankRow,
    ExpectedRow,
    TradeRow,
    VolumeRankRow,
)
from brokers.kis.fields_records import InstrumentRow, NewsRow
from brokers.kis.pages import DayPage, NextRequest, read_days
from brokers.wire.fields import WireRow, read_output, read_row, read_rows, read_table
from core.domain.etf import Basket, EtfState, NavDay, NavMoment, NavState
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.listing import Board, InstrumentFacts, Listing
from core.domain.market_index import IndexBar, IndexLevel, MarketIndex
from core.domain.news_title import NewsTitle
from core.domain.order_book import OrderBook, Trade
from core.domain.ranking import ChangeRank, Direction, VolumeOrder, VolumeRank
from core.errors import NotOfferedHere
from core.ports.broker import AccessToken
from core.ports.market_data import MarketCall

_Row = TypeVar("_Row", bound=WireRow)

_DAY_FORMAT = "%Y%m%d"
_CODES: Mapping[MarketIndex, str] = {
    MarketIndex.KOSPI: "0001",
    MarketIndex.KOSDAQ: "1001",
    MarketIndex.KOSPI200: "2001",
}
_VOLUME_ORDERS: Mapping[VolumeOrder, str] = {
    VolumeOrder.SHARES: "0",
    VolumeOrder.INCREASE: "1",
    VolumeOrder.TURNOVER: "3",
}
_DIRECTIONS: Mapping[Direction, str] = {Direction.UP: "0", Direction.DOWN: "1"}
# What each call needs. An index needs its bars only, where it has no call of its own.
_NEEDS: Mapping[MarketCall, Endpoint] = {
    MarketCall.ORDER_BOOK: endpoints.BOOK,
    MarketCall.TRADES: endpoints.TRADES,
    MarketCall.ETF: endpoints.ETF_PRICE,
    MarketCall.NAV: endpoints.NAV,
    MarketCall.NAV_DAYS: endpoints.NAV_DAYS,
    MarketCall.NAV_MOMENTS: endpoints.NAV_MOMENTS,
    MarketCall.BASKET: endpoints.BASKET,
    MarketCall.VOLUME_RANKING: endpoints.VOLUME_RANKING,
    MarketCall.CHANGE_RANKING: endpoints.CHANGE_RANKING,
    MarketCall.INDEX: endpoints.INDEX_BARS,
    MarketCall.INDEX_BARS: endpoints.INDEX_BARS,
    MarketCall.INSTRUMENT: endpoints.INSTRUMENT,
    MarketCall.NEWS_TITLES: endpoints.NEWS_TITLES,
}


@dataclass(frozen=True, slots=True)
class KisMarketData:
    """Implements `core.ports.market_data.MarketDataAdapter` over the wire of a `KisBroker`.

    `master_url` is the folder of the symbol master files.
    """

    broker: KisBroker
    master_url: str = master.MASTER_URL

    def paced(self, next_request: NextRequest) -> KisMarketData:
        """Return a copy that awaits `next_request` before each request of a call but the first."""
        return replace(self, broker=self.broker.paced(next_request))

    def refused(self, call: MarketCall) -> NotOfferedHere | None:
        """Return why this mode does not offer `call`, or None when it does."""
        endpoint = _NEEDS.get(call)
        if endpoint is None:
            return None
        refusal = endpoint.refusal(is_vts=self._is_vts)
        return None if refusal is None else NotOfferedHere(f"{call.value}: {refusal}")

    async def order_book(self, token: AccessToken, symbol: Symbol) -> OrderBook:
        """Read ten levels of each side on KRX, dated when it was asked for."""
        asked_at = self._now()
        body = await self._ask(MarketCall.ORDER_BOOK, token, _of(symbol))
        row = _one(BookRow, body, "output1", endpoints.BOOK)
        expected = _one(ExpectedRow, body, "output2", endpoints.BOOK)
        return quotes.order_book(row, expected, symbol, asked_at)

    async def trades(self, token: AccessToken, symbol: Symbol) -> tuple[Trade, ...]:
        """Read the last thirty trades, newest first."""
        body = await self._ask(MarketCall.TRADES, token, _of(symbol))
        rows = _many(TradeRow, body, "output", endpoints.TRADES)
        return tuple(quotes.trade(row) for row in rows)

    async def etf(self, token: AccessToken, symbol: Symbol) -> EtfState:
        """Read an ETF's price, NAV and facts."""
        asked_at = self._now()
        body = await self._ask(MarketCall.ETF, token, _of(symbol))
        return etfs.etf_state(_one(EtfRow, body, "output", endpoints.ETF_PRICE), symbol, asked_at)

    async def nav(self, token: AccessToken, symbol: Symbol) -> NavState:
        """Read price and NAV side by side."""
        asked_at = self._now()
        body = await self._ask(MarketCall.NAV, token, _of(symbol))
        price = _one(NavPriceRow, body, "output1", endpoints.NAV)
        return etfs.nav_state(price, _one(NavRow, body, "output2", endpoints.NAV), symbol, asked_at)

    async def nav_days(
        self, token: AccessToken, symbol: Symbol, start: date, end: date
    ) -> tuple[NavDay, ...]:
        """Read closing price and NAV of finished sessions, oldest first."""
        endpoint = endpoints.NAV_DAYS

        async def page_of(last: date) -> DayPage[NavDay]:
            body = await self._ask(
                MarketCall.NAV_DAYS, token, {**_of(symbol), **_span(start, last)}
            )
            rows = read_rows(body, "output", endpoint.name)
            days = [etfs.nav_day(row) for row in _sessions(NavDayRow, rows, endpoint, "output")]
            return DayPage([(day.session, day) for day in days], self._is_full(endpoint, rows))

        return tuple(
            await read_days(page_of, (start, end), endpoint.name, self.broker.next_request)
        )

    async def nav_moments(
        self, token: AccessToken, symbol: Symbol, every_seconds: int
    ) -> tuple[NavMoment, ...]:
        """Read the last thirty moments of the session, newest first."""
        params = {**_of(symbol), "FID_COND_MRKT_DIV_CODE": "E"}
        params["FID_HOUR_CLS_CODE"] = str(every_seconds)
        body = await self._ask(MarketCall.NAV_MOMENTS, token, params)
        rows = _many(NavMomentRow, body, "output", endpoints.NAV_MOMENTS)
        return tuple(etfs.nav_moment(row) for row in rows)

    async def basket(self, token: AccessToken, symbol: Symbol) -> Basket:
        """Read what an ETF holds."""
        asked_at = self._now()
        params = {**_of(symbol), "FID_COND_SCR_DIV_CODE": "11216"}
        body = await self._ask(MarketCall.BASKET, token, params)
        row = _one(BasketRow, body, "output1", endpoints.BASKET)
        parts = _many(ComponentRow, body, "output2", endpoints.BASKET)
        return etfs.basket(row, parts, symbol, asked_at)

    async def volume_ranking(
        self, token: AccessToken, order: VolumeOrder
    ) -> tuple[VolumeRank, ...]:
        """Read what trades most on KRX, of every kind of security."""
        params = {
            "FID_COND_MRKT_DIV_CODE": "J",
            "FID_COND_SCR_DIV_CODE": "20171",
            "FID_INPUT_ISCD": "0000",
            "FID_DIV_CLS_CODE": "0",
            "FID_BLNG_CLS_CODE": _VOLUME_ORDERS[order],
            "FID_TRGT_CLS_CODE": "1" * 9,
            "FID_TRGT_EXLS_CLS_CODE": "0" * 10,
            "FID_INPUT_PRICE_1": "",
            "FID_INPUT_PRICE_2": "",
            "FID_VOL_CNT": "",
            "FID_INPUT_DATE_1": "",
        }
        body = await self._ask(MarketCall.VOLUME_RANKING, token, params)
        rows = _many(VolumeRankRow, body, "output", endpoints.VOLUME_RANKING)
        return tuple(quotes.volume_rank(row) for row in rows)

    async def change_ranking(
        self, token: AccessToken, direction: Direction
    ) -> tuple[ChangeRank, ...]:
        """Read what rose or fell most. The parameters of this call are in lower case."""
        params = {
            "fid_cond_mrkt_div_code": "J",
            "fid_cond_scr_div_code": "20170",
            "fid_input_iscd": "0000",
            "fid_rank_sort_cls_code": _DIRECTIONS[direction],
            "fid_input_cnt_1": "0",
            "fid_prc_cls_code": "1",
            "fid_input_price_1": "",
            "fid_input_price_2": "",
            "fid_vol_cnt": "",
            "fid_trgt_cls_code": "0",
            "fid_trgt_exls_cls_code": "0",
            "fid_div_cls_code": "0",
            "fid_rsfl_rate1": "",
            "fid_rsfl_rate2": "",
        }
        body = await self._ask(MarketCall.CHANGE_RANKING, token, params)
        rows = _many(ChangeRankRow, body, "output", endpoints.CHANGE_RANKING)
        return tuple(quotes.change_rank(row) for row in rows)

    async def index(self, token: AccessToken, index: MarketIndex) -> IndexLevel:
        """Read an index; 모의투자 has it as the head of the bars' answer, without the counts."""
        asked_at = self._now()
        if self._is_vts:
            today = asked_at.date()
            body = await self._ask(MarketCall.INDEX_BARS, token, _daily(index, today, today))
            row = _one(IndexRow, body, "output1", endpoints.INDEX_BARS)
        else:
            answer = await self.broker.wire.get(endpoints.INDEX, token, _index(index))
            row = _one(IndexRow, answer.body, "output", endpoints.INDEX)
        return etfs.index_level(row, index, asked_at)

    async def index_bars(
        self, token: AccessToken, index: MarketIndex, start: date, end: date
    ) -> tuple[IndexBar, ...]:
        """Read daily bars of an index, oldest first."""
        endpoint = endpoints.INDEX_BARS

        async def page_of(last: date) -> DayPage[IndexBar]:
            body = await self._ask(MarketCall.INDEX_BARS, token, _daily(index, start, last))
            rows = read_rows(body, "output2", endpoint.name)
            bars = [
                etfs.index_bar(row) for row in _sessions(IndexBarRow, rows, endpoint, "output2")
            ]
            return DayPage([(bar.session, bar) for bar in bars], self._is_full(endpoint, rows))

        return tuple(
            await read_days(page_of, (start, end), endpoint.name, self.broker.next_request)
        )

    async def instrument(self, token: AccessToken, symbol: Symbol) -> InstrumentFacts:
        """Read an instrument's record."""
        params = {"PRDT_TYPE_CD": "300", "PDNO": symbol}
        body = await self._ask(MarketCall.INSTRUMENT, token, params)
        row = _one(InstrumentRow, body, "output", endpoints.INSTRUMENT)
        return records.instrument_facts(row, symbol)

    async def news_titles(
        self, token: AccessToken, symbol: Symbol | None, until: datetime | None
    ) -> tuple[NewsTitle, ...]:
        """Read one page of titles, newest first."""
        moment = None if until is None else until.astimezone(KST)
        params = {
            "FID_NEWS_OFER_ENTP_CODE": "",
            "FID_COND_MRKT_CLS_CODE": "",
            "FID_INPUT_ISCD": symbol or "",
            "FID_TITL_CNTT": "",
            "FID_INPUT_DATE_1": "" if moment is None else moment.strftime("00%Y%m%d"),
            "FID_INPUT_HOUR_1": "" if moment is None else moment.strftime("0000%H%M%S"),
            "FID_RANK_SORT_CLS_CODE": "",
            "FID_INPUT_SRNO": "",
        }
        body = await self._ask(MarketCall.NEWS_TITLES, token, params)
        rows = _many(NewsRow, body, "output", endpoints.NEWS_TITLES)
        return tuple(records.news_title(row) for row in rows)

    async def listings(self, token: AccessToken, board: Board) -> tuple[Listing, ...]:
        """Download a board's master file; neither key nor token travels with the request."""
        del token
        name = master.LAYOUTS[board].file
        content = await self.broker.wire.download(f"{self.master_url}/{name}.zip")
        return master.listings_of(content, board)

    @property
    def _is_vts(self) -> bool:
        return self.broker.account_settings.is_vts

    def _now(self) -> datetime:
        return self.broker.clock.now()

    async def _ask(
        self, call: MarketCall, token: AccessToken, params: Mapping[str, str]
    ) -> Mapping[str, object]:
        refusal = self.refused(call)
        if refusal is not None:
            raise refusal
        return (await self.broker.wire.get(_NEEDS[call], token, params)).body

    def _is_full(self, endpoint: Endpoint, rows: Sequence[object]) -> bool:
        return len(rows) >= endpoint.rows(is_vts=self._is_vts)


def _of(symbol: Symbol) -> dict[str, str]:
    return {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": symbol}


def _index(index: MarketIndex) -> dict[str, str]:
    return {"FID_COND_MRKT_DIV_CODE": "U", "FID_INPUT_ISCD": _CODES[index]}


def _span(start: date, end: date) -> dict[str, str]:
    return {
        "FID_INPUT_DATE_1": start.strftime(_DAY_FORMAT),
        "FID_INPUT_DATE_2": end.strftime(_DAY_FORMAT),
    }


def _daily(index: MarketIndex, start: date, end: date) -> dict[str, str]:
    return {**_index(index), **_span(start, end), "FID_PERIOD_DIV_CODE": "D"}


def _one(kind: type[_Row], body: Mapping[str, object], key: str, endpoint: Endpoint) -> _Row:
    return read_row(kind, read_output(body, key, endpoint.name), f"{endpoint.name} {key}")


def _many(kind: type[_Row], body: Mapping[str, object], key: str, endpoint: Endpoint) -> list[_Row]:
    return read_table(kind, read_rows(body, key, endpoint.name), f"{endpoint.name} {key}")


def _sessions(kind: type[_Row], rows: Sequence[object], endpoint: Endpoint, key: str) -> list[_Row]:
    """Read daily rows without their blank placeholders."""
    return read_table(kind, rows, f"{endpoint.name} {key}", blank="stck_bsop_date")
