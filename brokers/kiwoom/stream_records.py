"""What an entry of the stream says: trades, the top of the book, NAV, and notices of our orders.

A sign before a price says which way it moved, one before a difference is its own; a price that did
not move carries a blank instead.
"""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from brokers.kiwoom.fields import Code, Price
from brokers.kiwoom.stream_frames import Entry
from brokers.wire.fields import (
    Text,
    Whole,
    WireRow,
    bare,
    clock_time_of,
    decimal_of,
    read_row,
    whole_of,
)
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.money import Won
from core.domain.ticks import BookTop, FillHint, NavTick, Trade
from core.errors import BrokerProtocolError

ORDERS: Final = "00"
HOLDINGS: Final = "04"
TRADES: Final = "0B"
BOOKS: Final = "0D"
NAVS: Final = "0G"
INDICES: Final = "0J"
MARKET_HOURS: Final = "0s"


def _maybe_price(value: object) -> int:
    """Return a price, 0 for an empty side."""
    return 0 if bare(value) is None else abs(whole_of(value))


def _size(value: object) -> int:
    """Return a quantity; some are signed by the side that hit."""
    return 0 if bare(value) is None else abs(whole_of(value))


def _nav(value: object) -> Decimal:
    return abs(decimal_of(value))


MaybePrice = Annotated[int, BeforeValidator(_maybe_price)]
Size = Annotated[int, BeforeValidator(_size)]


class _Item(WireRow):
    code: Code


class _TradeRow(WireRow):
    at: Annotated[time, BeforeValidator(clock_time_of), Field(alias="20")]
    last: Annotated[Price, Field(alias="10", gt=0)]
    change: Annotated[Whole, Field(alias="11")]
    volume: Annotated[Size, Field(alias="13")]
    ask: Annotated[MaybePrice, Field(alias="27")] = 0
    bid: Annotated[MaybePrice, Field(alias="28")] = 0


class _BookRow(WireRow):
    ask: Annotated[MaybePrice, Field(alias="41")] = 0
    bid: Annotated[MaybePrice, Field(alias="51")] = 0
    ask_shares: Annotated[Size, Field(alias="121")]
    bid_shares: Annotated[Size, Field(alias="125")]


class _NavRow(WireRow):
    nav: Annotated[Decimal, BeforeValidator(_nav), Field(alias="36", gt=0)]
    last: Annotated[MaybePrice, Field(alias="10")] = 0


class _NoticeRow(WireRow):
    number: Annotated[Text, Field(alias="9203")] = ""
    code: Annotated[Text, Field(alias="9001")] = ""


def trade(entry: Entry, now: datetime) -> Trade:
    """Read a trade (0B). Raises BrokerProtocolError."""
    row = read_row(_TradeRow, entry.values, TRADES)
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
    row = read_row(_BookRow, entry.values, BOOKS)
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
    row = read_row(_NavRow, entry.values, NAVS)
    return NavTick(
        symbol=symbol_of(entry),
        nav_won=row.nav,
        last_won=Won(row.last) if row.last else None,
        received_at=now,
    )


def hint(entry: Entry, now: datetime) -> FillHint:
    """Read a notice of an order (00) or of what is held (04): never more than a hint.

    One that cannot be read is a notice all the same.
    """
    unread = FillHint(order_number=None, symbol=None, received_at=now)
    try:
        row = read_row(_NoticeRow, entry.values, entry.kind)
    except BrokerProtocolError:
        return unread
    number = row.number.lstrip("0") if row.number.isascii() and row.number.isdigit() else ""
    try:
        symbol = Symbol(_Item.model_validate({"code": row.code}).code) if row.code else None
    except ValueError:
        symbol = None
    return FillHint(order_number=number or None, symbol=symbol, received_at=now)


def symbol_of(entry: Entry) -> Symbol:
    """Return whose entry it is. Raises BrokerProtocolError."""
    return Symbol(read_row(_Item, {"code": entry.item.partition("_")[0]}, entry.kind).code)
