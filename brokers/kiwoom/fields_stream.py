"""The realtime types of the Kiwoom stream and their fields: one row per type, by FID.

Only what is used is asked for, so that a field nobody reads cannot make a message unreadable. A
sign before a price says which way it moved since the last close, and a blank that it did not; one
before a difference is its own. An empty side of a book, and what has not happened to an order yet,
is an empty text.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from brokers.kiwoom.fields import Code, Price
from brokers.kiwoom.fields_market import Level
from brokers.wire.fields import (
    ClockTime,
    Count,
    Name,
    Number,
    Text,
    Whole,
    WireRow,
    count_of,
    whole_of,
)

ORDERS: Final = "00"
HOLDINGS: Final = "04"
TRADES: Final = "0B"
BOOKS: Final = "0D"
NAVS: Final = "0G"
INDICES: Final = "0J"
MARKET_HOURS: Final = "0s"


def _price_or_0(value: object) -> int:
    return 0 if _is_blank(value) else abs(whole_of(value))


def _count_or_0(value: object) -> int:
    return 0 if _is_blank(value) else count_of(value)


def _is_blank(value: object) -> bool:
    """Whether it is an empty text: the wire has those where there is nothing, and no null."""
    return isinstance(value, str) and not value.strip()


_PriceOr0 = Annotated[int, BeforeValidator(_price_or_0)]
_CountOr0 = Annotated[int, BeforeValidator(_count_or_0)]


class OrderHeadRow(WireRow):
    """00 주문체결, as far as it names its order: what a hint needs."""

    number: Annotated[Text, Field(alias="9203")] = ""
    code: Annotated[Text, Field(alias="9001")] = ""


class OrderRow(OrderHeadRow):
    """00 주문체결: something happened to an order of the token's account.

    Whether 911 counts this fill or all of the order so far is not known: nothing is counted by it.
    """

    original: Annotated[Text, Field(alias="904")] = ""
    state: Annotated[Name, Field(alias="913")]
    side: Annotated[Text, Field(alias="905")] = ""
    ordered: Annotated[Count, Field(alias="900")]
    remaining: Annotated[Count, Field(alias="902")]
    fill_number: Annotated[Text, Field(alias="909")] = ""
    fill_won: Annotated[_PriceOr0, Field(alias="910")] = 0
    fill_shares: Annotated[_CountOr0, Field(alias="911")] = 0
    refused_for: Annotated[Text, Field(alias="919")] = ""


class HoldingRow(WireRow):
    """04 잔고: what is held of one instrument after a fill."""

    code: Annotated[Code, Field(alias="9001")]
    shares: Annotated[Count, Field(alias="930")]
    average_won: Annotated[_PriceOr0, Field(alias="931")]
    sellable: Annotated[Count, Field(alias="933")]


class TradeRow(WireRow):
    """0B 주식체결."""

    at: Annotated[ClockTime, Field(alias="20")]
    last: Annotated[Price, Field(alias="10", gt=0)]
    change: Annotated[Whole, Field(alias="11")]
    volume: Annotated[Count, Field(alias="13")]
    ask: Annotated[_PriceOr0, Field(alias="27")] = 0
    bid: Annotated[_PriceOr0, Field(alias="28")] = 0


class BookRow(WireRow):
    """0D 주식호가잔량: the best price of each side, and what is offered in all ten steps."""

    ask: Annotated[_PriceOr0, Field(alias="41")] = 0
    bid: Annotated[_PriceOr0, Field(alias="51")] = 0
    ask_shares: Annotated[_CountOr0, Field(alias="121")]
    bid_shares: Annotated[_CountOr0, Field(alias="125")]


class NavRow(WireRow):
    """0G ETF NAV."""

    nav: Annotated[Level, Field(alias="36", gt=0)]
    last: Annotated[_PriceOr0, Field(alias="10")] = 0


class IndexRow(WireRow):
    """0J 업종지수: points with two decimals."""

    at: Annotated[ClockTime, Field(alias="20")]
    level: Annotated[Level, Field(alias="10", gt=0)]
    change: Annotated[Number, Field(alias="11")]


class MarketHoursRow(WireRow):
    """0s 장시작시간. `phase` is 0 before KRX opens and 3 once it is open; the rest is of NXT."""

    phase: Annotated[Name, Field(alias="215")]
    at: Annotated[Text, Field(alias="20")] = ""
    remaining: Annotated[Text, Field(alias="214")] = ""
