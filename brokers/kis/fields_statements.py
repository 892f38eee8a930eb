"""Wire fields of the account's statements."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from brokers.kis.fields import Rounded
from brokers.wire.fields import (
    ClockTime,
    Count,
    Day,
    Name,
    Number,
    OrderNumber,
    OriginalNumber,
    Text,
    WireRow,
)


class OpenOrderRow(WireRow):
    """`output` of inquire-psbl-rvsecncl. The day is today: the call knows no other."""

    odno: OrderNumber
    orgn_odno: OriginalNumber = ""
    ord_gno_brno: Text = ""
    pdno: Name
    sll_buy_dvsn_cd: Annotated[Name, Field(pattern=r"^0[12]$")]
    ord_qty: Count
    ord_unpr: Number
    ord_tmd: ClockTime
    tot_ccld_qty: Count
    psbl_qty: Count


class AssetClassRow(WireRow):
    """`output1` of inquire-account-balance: one class of assets, unnamed, in a fixed order."""

    pchs_amt: Rounded
    evlu_amt: Rounded
    evlu_pfls_amt: Rounded
    crdt_lnd_amt: Rounded
    real_nass_amt: Rounded
    whol_weit_rt: Number


class AssetSumRow(WireRow):
    """`output2` of inquire-account-balance."""

    tot_asst_amt: Rounded
    nass_tot_amt: Rounded
    tot_dncl_amt: Rounded
    evlu_amt_smtl: Rounded
    evlu_pfls_amt_smtl: Rounded
    loan_amt_smtl: Rounded


class DayProfitRow(WireRow):
    """`output1` of inquire-period-profit."""

    trad_dt: Day
    buy_amt: Rounded
    sll_amt: Rounded
    rlzt_pfls: Rounded
    fee: Rounded
    tl_tax: Rounded
    pfls_rt: Number


class TradeProfitRow(DayProfitRow):
    """`output1` of inquire-period-trade-profit: the same of one symbol."""

    pdno: Name
    prdt_name: Text = ""
    buy_qty: Count
    sll_qty: Count


class ProfitSumRow(WireRow):
    """`output2` of both profit calls."""

    buy_tr_amt_smtl: Rounded
    sll_tr_amt_smtl: Rounded
    tot_fee: Rounded
    tot_tltx: Rounded
    tot_rlzt_pfls: Rounded
