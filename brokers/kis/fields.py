"""Tables of wire fields: what each answer must carry, under its wire name.

Here are the kinds that only KIS needs and the answers about orders, the account and prices; the
other `fields_…` modules hold one table per call, by what the call is about. Values come with
decimals where one does not expect them.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, Field

from brokers.wire.fields import (
    ClockTime,
    Count,
    Day,
    MaybeCount,
    Name,
    Number,
    OrderNumber,
    OriginalNumber,
    Text,
    Whole,
    WireRow,
    bare,
    decimal_of,
)
from core.domain.money import round_won

_Amount = TypeVar("_Amount", int, Decimal)


def _rounded(value: object) -> int:
    """Sums of fees and profits come with fractions of a won on some calls."""
    return round_won(decimal_of(value))


def is_yes(flag: str) -> bool:
    """Whether a flag stands: some come as Y, some as a code; N, 0 and "" say that it does not."""
    return flag not in {"", "N", "0", "00"}


def signed(amount: _Amount, sign: str) -> _Amount:
    """Return a change with the direction of its sign code: 4 and 5 fall, 1 and 2 rise.

    The amount itself carries a minus on most calls; where it does not, the code decides.
    """
    if sign in {"4", "5"}:
        return -abs(amount)
    return abs(amount) if sign in {"1", "2"} else amount


Rounded = Annotated[int, BeforeValidator(_rounded)]


class TokenAnswer(WireRow):
    """POST /oauth2/tokenP. The expiry is naive KST; `expires_in` is seconds."""

    access_token: Annotated[Name, Field(pattern=r"^[\x21-\x7e]+$", max_length=4096, repr=False)]
    access_token_token_expired: Annotated[datetime | None, BeforeValidator(bare)] = None
    expires_in: Count | None = None


class ApprovalAnswer(WireRow):
    """POST /oauth2/Approval."""

    approval_key: Annotated[Name, Field(repr=False)]


class RevokeAnswer(WireRow):
    """POST /oauth2/revokeP. The code is an int, in older answers a text."""

    code: Whole


class HashkeyAnswer(WireRow):
    """POST /uapi/hashkey."""

    HASH: Annotated[Name, Field(pattern=r"^[\x21-\x7e]+$")]


class OrderAnswer(WireRow):
    """`output` of order-cash and order-rvsecncl (upper case)."""

    ODNO: OrderNumber
    KRX_FWDG_ORD_ORGNO: Text = ""
    ORD_TMD: Text = ""


class OrderRow(WireRow):
    """`output1` of inquire-daily-ccld."""

    ord_dt: Day
    ord_tmd: ClockTime
    odno: OrderNumber
    orgn_odno: OriginalNumber = ""
    ord_gno_brno: Text = ""
    sll_buy_dvsn_cd: Annotated[Name, Field(pattern=r"^0[12]$")]
    sll_buy_dvsn_cd_name: Text = ""
    pdno: Name
    ord_dvsn_cd: Name
    ord_qty: Count
    ord_unpr: Number
    tot_ccld_qty: Count
    tot_ccld_amt: Number
    avg_prvs: Number
    cncl_cfrm_qty: Count
    rmn_qty: Count
    rjct_qty: Count


class HoldingRow(WireRow):
    """`output1` of inquire-balance: one symbol and loan date."""

    pdno: Name
    prdt_name: Text = ""
    trad_dvsn_name: Text = ""
    loan_dt: Text = ""
    expd_dt: Text = ""
    hldg_qty: Count
    ord_psbl_qty: Count
    pchs_avg_pric: Number
    pchs_amt: Number
    prpr: Count


class CashRow(WireRow):
    """`output2` of inquire-balance."""

    dnca_tot_amt: Whole
    prvs_rcdl_excc_amt: Whole


class BuyingPowerRow(WireRow):
    """`output` of inquire-psbl-order; the fields without 미수."""

    nrcvb_buy_amt: Whole
    nrcvb_buy_qty: Whole


class SellableRow(WireRow):
    """`output` of inquire-psbl-sell."""

    ord_psbl_qty: Count


class PriceRow(WireRow):
    """`output` of inquire-price. Everything but price, limits and state is optional."""

    stck_prpr: Count
    stck_sdpr: Count
    stck_mxpr: Count
    stck_llam: Count
    aspr_unit: Count
    stck_oprc: MaybeCount = None
    stck_hgpr: MaybeCount = None
    stck_lwpr: MaybeCount = None
    acml_vol: Count
    temp_stop_yn: Text = ""
    iscd_stat_cls_code: Text = ""
    mrkt_warn_cls_code: Text = ""
    invt_caful_yn: Text = ""
    short_over_yn: Text = ""
    sltr_yn: Text = ""
    mang_issu_cls_code: Text = ""
    vi_cls_code: Text = ""


class BarRow(WireRow):
    """`output2` of inquire-daily-itemchartprice."""

    stck_bsop_date: Day
    stck_oprc: Count
    stck_hgpr: Count
    stck_lwpr: Count
    stck_clpr: Count
    acml_vol: Count


class HolidayRow(WireRow):
    """`output` of chk-holiday. Only `opnd_yn` decides; `tr_day_yn` is Y even on holidays."""

    bass_dt: Day
    opnd_yn: Annotated[Name, Field(pattern=r"^[YN]$")]
