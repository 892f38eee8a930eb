"""Fields of market data beside quotes and bars: book, rankings, records, indices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

from brokers.kiwoom.fields import Price
from brokers.wire.fields import (
    ClockTime,
    Count,
    Name,
    Number,
    Text,
    Whole,
    WireRow,
    bare,
    day_of,
    decimal_of,
)


def _level(value: object) -> Decimal:
    """Return the level of an index: its sign says which way it moved."""
    return abs(decimal_of(value))


def _maybe_day(value: object) -> date | None:
    return None if bare(value) is None else day_of(value)


Level = Annotated[Decimal, BeforeValidator(_level)]


class LevelRow(WireRow):
    """One price of the book, out of ka10004's flat answer."""

    price: Price
    quantity: Count


class BookRow(WireRow):
    """ka10004 beside its levels."""

    changed_at: Annotated[ClockTime, Field(alias="bid_req_base_tm")]
    tot_sel_req: Count
    tot_buy_req: Count


class ChangeRankRow(WireRow):
    """ka10027 `pred_pre_flu_rt_upper`."""

    stk_cd: Name
    stk_nm: Text = ""
    cur_prc: Price
    pred_pre: Whole
    flu_rt: Number
    now_trde_qty: Count


class VolumeRankRow(WireRow):
    """ka10030 `tdy_trde_qty_upper`. `trde_amt` is in millions of won."""

    stk_cd: Name
    stk_nm: Text = ""
    cur_prc: Price
    pred_pre: Whole
    flu_rt: Number
    trde_qty: Count
    trde_amt: Count


class RecordRow(WireRow):
    """ka10100: an instrument's record."""

    code: Text = ""
    name: Text = ""
    listed_shares: Annotated[Count, Field(alias="listCount")]
    audit: Annotated[Text, Field(alias="auditInfo")] = ""
    registered: Annotated[date | None, BeforeValidator(_maybe_day), Field(alias="regDay")] = None
    last_price: Annotated[Count, Field(alias="lastPrice")]
    state: Text = ""
    board: Annotated[Text, Field(alias="marketName")] = ""
    warning: Annotated[Text, Field(alias="orderWarning")] = ""
    on_nxt: Annotated[Text, Field(alias="nxtEnable")] = ""


class IndexRow(WireRow):
    """ka20001. Volume in thousands of shares, turnover in millions of won."""

    cur_prc: Level
    pred_pre: Number
    flu_rt: Number
    trde_qty: Count
    trde_prica: Count
    open_pric: Level
    high_pric: Level
    low_pric: Level
    rising: Count
    stdns: Count
    fall: Count
