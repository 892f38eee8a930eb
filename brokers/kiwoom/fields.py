"""The one table of Kiwoom's fields: what each answer must carry, under its wire name.

A sign before a *price* says which way it moved since the last close, and is dropped; a sign before
a difference, a rate or an amount of money is its own. Account answers pad with zeros.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Annotated

from pydantic import BeforeValidator, Field

from brokers.wire.fields import (
    Count,
    Day,
    Name,
    Number,
    OrderNumber,
    OriginalNumber,
    Text,
    Whole,
    WireRow,
    bare,
    clock_time_of,
    whole_of,
)
from core.domain.krx import KST

_CODE = re.compile(r"[AQ]?([0-9][0-9A-Z]{5})")
_STAMP = re.compile(r"[0-9]{14}")


def _price(value: object) -> int:
    return abs(whole_of(value))


def _code(value: object) -> str:
    """Return a six-character code: account answers put A (stocks, ETF) or Q (ETN) before it."""
    text = bare(value)
    found = _CODE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("not a stock code")
    return found[1]


def _clock_time(value: object) -> time:
    """Return HH:mm:ss or HHmmss."""
    return clock_time_of(value.replace(":", "") if isinstance(value, str) else value)


def _expiry(value: object) -> datetime | None:
    text = bare(value)
    if text is None:
        return None
    if not isinstance(text, str) or not _STAMP.fullmatch(text):
        raise ValueError("not an instant YYYYMMDDHHMMSS")
    day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    return datetime.combine(
        day, time(int(text[8:10]), int(text[10:12]), int(text[12:])), tzinfo=KST
    )


Price = Annotated[int, BeforeValidator(_price)]
Code = Annotated[str, BeforeValidator(_code)]
_Secret = Annotated[Text, Field(pattern=r"^[\x21-\x7e]*$", max_length=4096, repr=False)]


class TokenAnswer(WireRow):
    """au10001. `expires_dt` is naive KST.

    The user's document describes `access_token` and `expires_in` (seconds): read as well.
    """

    token: _Secret = ""
    access_token: _Secret = ""
    expires_dt: Annotated[datetime | None, BeforeValidator(_expiry)] = None
    expires_in: Count | None = None


class AccountNumberRow(WireRow):
    """ka00001: ten digits, of which the last two are the class of the account."""

    number: Annotated[Name, Field(alias="acctNo", pattern=r"^[0-9]{8,10}$", repr=False)]


class OrderAnswer(WireRow):
    """kt10000, kt10001, kt10003."""

    ord_no: OrderNumber


class OrderRow(WireRow):
    """kt00007 `acnt_ord_cntr_prps_dtl`: an order, an amendment or a cancellation."""

    ord_no: OrderNumber
    ori_ord: OriginalNumber = ""
    stk_cd: Code
    trde_tp: Name
    io_tp_nm: Name
    mdfy_cncl: Text = ""
    acpt_tp: Text = ""
    ord_tm: Annotated[time, BeforeValidator(_clock_time)]
    ord_qty: Count
    ord_uv: Price
    cntr_qty: Count
    cntr_uv: Price
    ord_remnq: Count
    cnfm_qty: Count = 0


class ValuationRow(WireRow):
    """kt00004 `stk_acnt_evlt_prst`. `evlt_amt` and `pl_amt` here are net of fees and tax."""

    stk_cd: Code
    stk_nm: Text = ""
    loan_dt: Text = ""
    rmnd_qty: Count
    avg_prc: Price
    pur_amt: Count
    cur_prc: Price
    evlt_amt: Whole
    pl_amt: Whole
    pl_rt: Number


class ValuationSum(WireRow):
    """kt00004 beside the list: the deposit of today and after two settlements."""

    entr: Whole
    d2_entra: Whole
    tot_est_amt: Whole
    aset_evlt_amt: Whole
    tot_pur_amt: Whole
    prsm_dpst_aset_amt: Whole


class HoldingRow(WireRow):
    """kt00018 `acnt_evlt_remn_indv_tot`. `evlt_amt` here is gross."""

    stk_cd: Code
    crd_tp: Text = ""
    crd_loan_dt: Text = ""
    rmnd_qty: Count
    trde_able_qty: Count


class OrderableRow(WireRow):
    """kt00010. Of the margin rates only 100 % buys without credit."""

    profa_100ord_alow_amt: Whole
    profa_100ord_alowq: Count
    ord_alowa: Whole


class DepositRow(WireRow):
    """kt00001."""

    entr: Whole
    d2_entra: Whole
    ord_alow_amt: Whole
    stock_100: Annotated[Whole, Field(alias="100stk_ord_alow_amt")]


class StockRow(WireRow):
    """ka10001. `base_pric` carries no sign, the others do."""

    stk_cd: Code
    cur_prc: Price
    base_pric: Price
    upl_pric: Price
    lst_pric: Price
    open_pric: Price = 0
    high_pric: Price = 0
    low_pric: Price = 0
    trde_qty: Count


class StateRow(WireRow):
    """ka10100, and each row of ka10099: what the exchange says of an instrument."""

    code: Code
    name: Text = ""
    audit: Annotated[Name, Field(alias="auditInfo")]
    state: Text = ""
    warning: Annotated[Text, Field(alias="orderWarning")] = ""


class BarRow(WireRow):
    """ka10081 `stk_dt_pole_chart_qry`."""

    dt: Day
    open_pric: Price
    high_pric: Price
    low_pric: Price
    cur_prc: Price
    trde_qty: Count
