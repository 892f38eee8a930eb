"""Fields of ETFs and of the daily bars of indices."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

from brokers.kiwoom.fields import Price
from brokers.wire.fields import Count, Day, MaybeNumber, Text, Whole, WireRow, bare, decimal_of

_HUNDRED = 100


def _nav(value: object) -> Decimal | None:
    """Return a NAV without its sign, which is a direction; 0.00 and blank are none."""
    return None if bare(value) is None else abs(decimal_of(value)) or None


def _points(value: object) -> Decimal:
    """Return a level of an index out of hundredths of a point: 674795 is 6747.95."""
    return abs(decimal_of(value)) / _HUNDRED


Nav = Annotated[Decimal | None, BeforeValidator(_nav)]
Points = Annotated[Decimal, BeforeValidator(_points)]


class NavDayRow(WireRow):
    """ka40003 `etfdaly_trnsn`: one session of an ETF, today's while it is on. Newest first.

    What is no ETF is answered as well, with a NAV of 0.00.
    """

    session: Annotated[Day, Field(alias="cntr_dt")]
    cur_prc: Price
    pred_pre: Whole
    trde_qty: Count
    nav: Nav
    navetfdispty_rt: MaybeNumber = None
    trace_eor_rt: MaybeNumber = None


class EtfFactsRow(WireRow):
    """ka40002: how an ETF's gains are taxed."""

    etftxon_type: Text = ""


class IndexBarRow(WireRow):
    """ka20006 `inds_dt_pole_qry`. Volume in thousands of shares, turnover in millions of won."""

    session: Annotated[Day, Field(alias="dt")]
    open_pric: Points
    high_pric: Points
    low_pric: Points
    cur_prc: Points
    trde_qty: Count
    trde_prica: Count
