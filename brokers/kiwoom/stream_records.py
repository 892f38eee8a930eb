"""What an entry of the stream says, as our own values: one reader per type of `fields_stream`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Final, TypeAlias

import structlog

from brokers.kiwoom import fields_stream as fields
from brokers.kiwoom.fields import Code
from brokers.kiwoom.stream_frames import Entry
from brokers.wire.fields import WireRow, read_row
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.money import Won
from core.domain.ticks import BookTop, FillHint, NavTick, Trade
from core.errors import BrokerProtocolError

_LOG = structlog.get_logger(__name__)
_NO_REASON = frozenset({"", "0"})


@dataclass(frozen=True, slots=True)
class IndexLevel:
    """An index now, in points, and its difference to the last close."""

    code: str
    level: Decimal
    change: Decimal


@dataclass(frozen=True, slots=True)
class MarketHours:
    """A phase of the trading day as the broker names it, and HHMMSS to the next one ("" unsaid)."""

    phase: str
    remaining: str


class _Item(WireRow):
    code: Code


def trade(entry: Entry, now: datetime) -> Trade:
    """Read a trade (0B). Raises BrokerProtocolError."""
    row = read_row(fields.TradeRow, entry.values, fields.TRADES)
    base = row.last - row.change
    if base <= 0:
        raise BrokerProtocolError("0B: a change beyond the price")
    return Trade(
        symbol=symbol_of(entry),
        last_won=Won(row.last),
        base_won=Won(base),
        volume_shares=row.volume,
        best_ask_won=Won(row.ask) if row.ask else None,
        best_bid_won=Won(row.bid) if row.bid else None,
        is_halted=False,
        in_vi=None,
        traded_at=datetime.combine(now.astimezone(KST).date(), row.at, tzinfo=KST),
        received_at=now,
    )


def book(entry: Entry, now: datetime) -> BookTop:
    """Read the top of a book (0D). Raises BrokerProtocolError."""
    row = read_row(fields.BookRow, entry.values, fields.BOOKS)
    return BookTop(
        symbol=symbol_of(entry),
        best_ask_won=Won(row.ask) if row.ask else None,
        best_bid_won=Won(row.bid) if row.bid else None,
        ask_shares=row.ask_shares,
        bid_shares=row.bid_shares,
        received_at=now,
    )


def nav(entry: Entry, now: datetime) -> NavTick:
    """Read a net asset value (0G). Raises BrokerProtocolError."""
    row = read_row(fields.NavRow, entry.values, fields.NAVS)
    return NavTick(
        symbol=symbol_of(entry),
        nav_won=row.nav,
        last_won=Won(row.last) if row.last else None,
        received_at=now,
    )


def index(entry: Entry, _now: datetime) -> IndexLevel:
    """Read an index (0J). Raises BrokerProtocolError."""
    row = read_row(fields.IndexRow, entry.values, fields.INDICES)
    if row.change >= row.level:
        raise BrokerProtocolError("0J: a change beyond the level")
    return IndexLevel(entry.item, row.level, row.change)


def market_hours(entry: Entry, _now: datetime) -> MarketHours:
    """Read a phase of the day (0s). Raises BrokerProtocolError."""
    row = read_row(fields.MarketHoursRow, entry.values, fields.MARKET_HOURS)
    return MarketHours(row.phase, row.remaining)


def order_hint(entry: Entry, now: datetime) -> FillHint:
    """Read a notice of an order (00): never more than a hint.

    One that cannot be read is a notice all the same. What else it says goes into the log only: the
    order list is the truth.
    """
    try:
        row = read_row(fields.OrderRow, entry.values, fields.ORDERS)
    except BrokerProtocolError as error:
        _LOG.warning("order notice not read", why=str(error))
        return _hint_of(entry, now)
    _LOG.info(
        "order notice told",
        number=row.number,
        original=row.original.strip("0"),
        state=row.state,
        side=row.side,
        ordered=row.ordered,
        remaining=row.remaining,
        fill_number=row.fill_number,
        fill_won=row.fill_won,
        fill_shares=row.fill_shares,
        refused_for="" if row.refused_for in _NO_REASON else row.refused_for,
    )
    return _hint(row, now)


def holding_hint(entry: Entry, now: datetime) -> FillHint:
    """Read a notice of what is held (04), which follows a fill: a hint without an order number."""
    try:
        row = read_row(fields.HoldingRow, entry.values, fields.HOLDINGS)
    except BrokerProtocolError as error:
        _LOG.warning("holding notice not read", why=str(error))
        return FillHint(order_number=None, symbol=None, received_at=now)
    _LOG.info(
        "holding notice told",
        symbol=row.code,
        shares=row.shares,
        average_won=row.average_won,
        sellable=row.sellable,
    )
    return FillHint(order_number=None, symbol=Symbol(row.code), received_at=now)


def _hint_of(entry: Entry, now: datetime) -> FillHint:
    try:
        return _hint(read_row(fields.OrderHeadRow, entry.values, fields.ORDERS), now)
    except BrokerProtocolError:
        return FillHint(order_number=None, symbol=None, received_at=now)


def _hint(row: fields.OrderHeadRow, now: datetime) -> FillHint:
    number = row.number.lstrip("0") if row.number.isascii() and row.number.isdigit() else ""
    try:
        symbol = Symbol(_Item.model_validate({"code": row.code}).code) if row.code else None
    except ValueError:
        symbol = None
    return FillHint(order_number=number or None, symbol=symbol, received_at=now)


def symbol_of(entry: Entry) -> Symbol:
    """Return whose entry it is: _NX and _AL name venues of the same code.

    Raises BrokerProtocolError.
    """
    return Symbol(read_row(_Item, {"code": entry.item.partition("_")[0]}, entry.kind).code)


Told: TypeAlias = Trade | BookTop | NavTick | FillHint | IndexLevel | MarketHours
READERS: Final[Mapping[str, Callable[[Entry, datetime], Told]]] = MappingProxyType(
    {
        fields.ORDERS: order_hint,
        fields.HOLDINGS: holding_hint,
        fields.TRADES: trade,
        fields.BOOKS: book,
        fields.NAVS: nav,
        fields.INDICES: index,
        fields.MARKET_HOURS: market_hours,
    }
)
