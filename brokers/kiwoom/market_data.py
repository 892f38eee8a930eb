"""Market data of Kiwoom beside quotes and bars. Frozen, without memory, like its adapter."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from brokers.kiwoom import calls
from brokers.kiwoom.broker import KiwoomBroker
from brokers.kiwoom.calls import Call
from brokers.kiwoom.etfs import etf_state, index_bar, nav_day
from brokers.kiwoom.fields_etf import EtfFactsRow, IndexBarRow, NavDayRow
from brokers.kiwoom.fields_market import (
    BookRow,
    ChangeRankRow,
    IndexRow,
    LevelRow,
    RecordRow,
    VolumeRankRow,
)
from brokers.kiwoom.market import oldest, stock_of
from brokers.kiwoom.pages import each_page, read_all
from brokers.kiwoom.records import BOARDS, instrument_facts, kind_of, listing
from brokers.kiwoom.wire import Turn
from brokers.unoffered import UnofferedMarketData
from brokers.wire.fields import WireRow, bare, read_row, read_rows, read_table
from core.domain.etf import EtfState, NavDay
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.listing import Board, InstrumentFacts, Kind, Listing
from core.domain.market_index import IndexBar, IndexLevel, MarketIndex
from core.domain.money import Won
from core.domain.order_book import BookLevel, OrderBook
from core.domain.ranking import ChangeRank, Direction, VolumeOrder, VolumeRank
from core.errors import BrokerRefused
from core.ports.broker import AccessToken
from core.ports.market_data import MarketCall

_Row = TypeVar("_Row", bound=WireRow)
_Session = TypeVar("_Session", NavDayRow, IndexBarRow)

_DAY_FORMAT = "%Y%m%d"
_NAV_DAYS = "etfdaly_trnsn"

_LEVELS = 10
_THOUSAND, _MILLION = 1_000, 1_000_000
# By index: what ka20001 calls its market and the index itself.
_INDICES: Mapping[MarketIndex, tuple[str, str]] = {
    MarketIndex.KOSPI: ("0", "001"),
    MarketIndex.KOSDAQ: ("1", "101"),
    MarketIndex.KOSPI200: ("2", "201"),
}
_VOLUME_ORDERS: Mapping[VolumeOrder, str] = {VolumeOrder.SHARES: "1", VolumeOrder.TURNOVER: "3"}
_DIRECTIONS: Mapping[Direction, str] = {Direction.UP: "1", Direction.DOWN: "3"}
# Everything on KRX, of every kind and size.
_ALL_CHANGES = {
    "mrkt_tp": "000",
    "trde_qty_cnd": "0000",
    "stk_cnd": "0",
    "crd_cnd": "0",
    "updown_incls": "1",
    "pric_cnd": "0",
    "trde_prica_cnd": "0",
    "stex_tp": "1",
}
_ALL_VOLUMES = {
    "mrkt_tp": "000",
    "mang_stk_incls": "0",
    "crd_tp": "0",
    "trde_qty_tp": "0",
    "pric_tp": "0",
    "trde_prica_tp": "0",
    "mrkt_open_tp": "0",
    "stex_tp": "1",
}


@dataclass(frozen=True, slots=True)
class KiwoomMarketData(UnofferedMarketData):
    """Implements `core.ports.market_data.MarketDataAdapter` over the wire of a `KiwoomBroker`."""

    broker: KiwoomBroker

    source = "Kiwoom"
    offers = frozenset(
        {
            MarketCall.ORDER_BOOK,
            MarketCall.ETF,
            MarketCall.NAV_DAYS,
            MarketCall.VOLUME_RANKING,
            MarketCall.CHANGE_RANKING,
            MarketCall.INDEX,
            MarketCall.INDEX_BARS,
            MarketCall.INSTRUMENT,
            MarketCall.LISTINGS,
        }
    )

    def taking_turns(self, turn: Turn) -> KiwoomMarketData:
        """Return a copy that awaits `turn` with the api-id before every read."""
        return replace(self, broker=self.broker.taking_turns(turn))

    async def order_book(self, token: AccessToken, symbol: Symbol) -> OrderBook:
        """Read ten levels of each side on KRX, dated when it was asked for.

        The call says neither what an auction would match nor whether the symbol is in a VI.
        """
        asked_at = self.broker.clock.now()
        body = await self._ask(calls.BOOK, token, {"stk_cd": symbol})
        if bare(body.get("bid_req_base_tm")) is None:
            raise BrokerRefused("EMPTY_BOOK", f"no such symbol: {symbol}")
        row = read_row(BookRow, body, calls.BOOK.api_id)
        return OrderBook(
            symbol=symbol,
            asks=_side(body, "sel"),
            bids=_side(body, "buy"),
            ask_shares=row.tot_sel_req,
            bid_shares=row.tot_buy_req,
            changed_at=row.changed_at,
            expected_won=None,
            expected_shares=0,
            in_volatility_interruption=None,
            received_at=asked_at,
        )

    async def volume_ranking(
        self, token: AccessToken, order: VolumeOrder
    ) -> tuple[VolumeRank, ...]:
        """Read what trades most on KRX; Kiwoom ranks by no increase."""
        if order not in _VOLUME_ORDERS:
            raise self._without(MarketCall.VOLUME_RANKING)
        document = _ALL_VOLUMES | {"sort_tp": _VOLUME_ORDERS[order]}
        body = await self._ask(calls.VOLUME_RANKING, token, document)
        return tuple(
            VolumeRank(
                rank=rank,
                code=row.stk_cd,
                name=row.stk_nm,
                price_won=Won(row.cur_prc),
                change_won=row.pred_pre,
                change_percent=row.flu_rt,
                volume_shares=row.trde_qty,
                average_shares=None,
                increase_percent=None,
                turnover_won=row.trde_amt * _MILLION,
            )
            for rank, row in _ranked(VolumeRankRow, body, "tdy_trde_qty_upper")
        )

    async def change_ranking(
        self, token: AccessToken, direction: Direction
    ) -> tuple[ChangeRank, ...]:
        """Read what rose or fell most on KRX, those at their limit included."""
        document = _ALL_CHANGES | {"sort_tp": _DIRECTIONS[direction]}
        body = await self._ask(calls.CHANGE_RANKING, token, document)
        return tuple(
            ChangeRank(
                rank=rank,
                code=row.stk_cd,
                name=row.stk_nm,
                price_won=Won(row.cur_prc),
                change_won=row.pred_pre,
                change_percent=row.flu_rt,
                volume_shares=row.now_trde_qty,
                days=0,
            )
            for rank, row in _ranked(ChangeRankRow, body, "pred_pre_flu_rt_upper")
        )

    async def index(self, token: AccessToken, index: MarketIndex) -> IndexLevel:
        """Read an index."""
        asked_at = self.broker.clock.now()
        market_code, code = _INDICES[index]
        body = await self._ask(calls.INDEX, token, {"mrkt_tp": market_code, "inds_cd": code})
        row = read_row(IndexRow, body, calls.INDEX.api_id)
        return IndexLevel(
            index=index,
            level=row.cur_prc,
            change=row.pred_pre,
            change_percent=row.flu_rt,
            open_level=row.open_pric or None,
            high_level=row.high_pric or None,
            low_level=row.low_pric or None,
            volume_shares=row.trde_qty * _THOUSAND,
            turnover_won=row.trde_prica * _MILLION,
            rising=row.rising,
            falling=row.fall,
            unchanged=row.stdns,
            received_at=asked_at,
        )

    async def index_bars(
        self, token: AccessToken, index: MarketIndex, start: date, end: date
    ) -> tuple[IndexBar, ...]:
        """Read daily bars of an index, oldest first; pages go back until `start` is reached."""
        document = {"inds_cd": _INDICES[index][1], "base_dt": end.strftime(_DAY_FORMAT)}
        rows = await self._sessions(
            IndexBarRow, calls.INDEX_BARS, token, document, "inds_dt_pole_qry", start
        )
        found = {row.session: index_bar(row) for row in rows if start <= row.session <= end}
        return tuple(found[day] for day in sorted(found))

    async def etf(self, token: AccessToken, symbol: Symbol) -> EtfState:
        """Read an ETF's price and its days of NAV: two requests."""
        asked_at = self.broker.clock.now()
        document = {"stk_cd": symbol}
        stock = stock_of(await self._ask(calls.STOCK, token, document), symbol)
        body = await self._ask(calls.NAV_DAYS, token, document)
        days = _table(NavDayRow, body, calls.NAV_DAYS, _NAV_DAYS)
        return etf_state(stock, days, symbol, asked_at)

    async def nav_days(
        self, token: AccessToken, symbol: Symbol, start: date, end: date
    ) -> tuple[NavDay, ...]:
        """Read closing price and NAV of finished sessions, oldest first, all pages."""
        today = self.broker.clock.now().astimezone(KST).date()
        rows = await self._sessions(
            NavDayRow, calls.NAV_DAYS, token, {"stk_cd": symbol}, _NAV_DAYS, start
        )
        asked = (row for row in rows if start <= row.session <= end and row.session < today)
        found = {row.session: day for row in asked if (day := nav_day(row)) is not None}
        return tuple(found[day] for day in sorted(found))

    async def instrument(self, token: AccessToken, symbol: Symbol) -> InstrumentFacts:
        """Read an instrument's record; what it does not hold is None or ""."""
        body = await self._ask(calls.STOCK_STATE, token, {"stk_cd": symbol})
        if bare(body.get("code")) is None:
            raise BrokerRefused("EMPTY_RECORD", f"no such symbol: {symbol}")
        row = read_row(RecordRow, body, calls.STOCK_STATE.api_id)
        tax_code = ""
        if kind_of(row) is Kind.ETF:
            body = await self._ask(calls.ETF_FACTS, token, {"stk_cd": symbol})
            tax_code = read_row(EtfFactsRow, body, calls.ETF_FACTS.api_id).etftxon_type
        return instrument_facts(row, tax_code)

    async def listings(self, token: AccessToken, board: Board) -> tuple[Listing, ...]:
        """Read everything that a board lists, all pages."""
        document = {"mrkt_tp": BOARDS[board]}
        found = await read_all(self.broker.wire, calls.STOCK_LIST, token, document, "list")
        rows = read_table(RecordRow, found.rows, calls.STOCK_LIST.api_id, blank="code")
        return tuple(listing(row, board) for row in rows)

    async def _sessions(
        self,
        kind: type[_Session],
        call: Call,
        token: AccessToken,
        document: Mapping[str, str],
        key: str,
        start: date,
    ) -> list[_Session]:
        """Read rows that come newest first, page after page, until one is as old as `start`."""
        rows: list[_Session] = []
        async with aclosing(each_page(self.broker.wire, call, token, document)) as answers:
            async for answer in answers:
                page = _table(kind, answer.body, call, key)
                rows += page
                if oldest(page, start) <= start:
                    break
        return rows

    async def _ask(
        self, call: Call, token: AccessToken, document: Mapping[str, str]
    ) -> Mapping[str, object]:
        return (await self.broker.wire.read(call, token, document)).body


def _table(kind: type[_Row], body: Mapping[str, object], call: Call, key: str) -> list[_Row]:
    return read_table(kind, read_rows(body, key, call.api_id), f"{call.api_id} {key}")


def _ranked(kind: type[_Row], body: Mapping[str, object], key: str) -> list[tuple[int, _Row]]:
    rows = read_rows(body, key, key)
    return [(rank, read_row(kind, row, f"{key}[{rank}]")) for rank, row in enumerate(rows, start=1)]


def _side(body: Mapping[str, object], side: str) -> tuple[BookLevel, ...]:
    """Return one side from its best price outwards; the first level has a name of its own."""
    levels = []
    for level in range(1, _LEVELS + 1):
        middle = "fpr" if level == 1 else f"{level}th_pre"
        names = {"price": f"{side}_{middle}_bid", "quantity": f"{side}_{middle}_req"}
        raw = {part: body.get(name) for part, name in names.items()}
        levels.append(read_row(LevelRow, raw, f"ka10004 {side} {level}"))
    return tuple(
        BookLevel(price_won=Won(row.price), quantity=row.quantity)
        for row in levels
        if row.price and row.quantity
    )
