"""Wire fields of records: one instrument, news titles, and the lines of the symbol master files."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from brokers.wire.fields import (
    ClockTime,
    Count,
    Day,
    MaybeCount,
    MaybeDay,
    MaybeNumber,
    Name,
    Text,
    WireRow,
)


class InstrumentRow(WireRow):
    """`output` of search-stock-info. `pdno` is a product number that ends in the short code."""

    pdno: Text = ""
    prdt_abrv_name: Text = ""
    prdt_eng_name: Text = ""
    std_pdno: Text = ""
    scty_grp_id_cd: Text = ""
    lstg_stqt: MaybeCount = None
    bfdy_clpr: MaybeCount = None
    etf_chas_erng_rt_dbnb: MaybeNumber = None
    etf_txtn_type_cd: Text = ""
    scts_mket_lstg_dt: MaybeDay = None
    kosdaq_mket_lstg_dt: MaybeDay = None
    lstg_abol_dt: MaybeDay = None
    tr_stop_yn: Text = ""
    admn_item_yn: Text = ""
    etf_etn_ivst_heed_item_yn: Text = ""
    cptt_trad_tr_psbl_yn: Text = ""


class NewsRow(WireRow):
    """`output` of news-title; up to ten codes, five in older answers."""

    cntt_usiq_srno: Name
    data_dt: Day
    data_tm: ClockTime
    hts_pbnt_titl_cntt: Name
    dorg: Text = ""
    iscd1: Text = ""
    iscd2: Text = ""
    iscd3: Text = ""
    iscd4: Text = ""
    iscd5: Text = ""
    iscd6: Text = ""
    iscd7: Text = ""
    iscd8: Text = ""
    iscd9: Text = ""
    iscd10: Text = ""


class MasterRow(WireRow):
    """One line of a master file, cut by `brokers.kis.master` into our own names."""

    code: Annotated[Name, Field(pattern=r"^[0-9A-Z]{5,9}$")]
    isin: Annotated[Name, Field(pattern=r"^[0-9A-Z]{12}$")]
    name: Name
    group: Name
    base: Count
    lot: Count
    halted: Annotated[Name, Field(pattern=r"^[YN]$")]
    liquidation: Annotated[Name, Field(pattern=r"^[YN]$")]
    administrative: Annotated[Name, Field(pattern=r"^[YN]$")]
    warning: Annotated[Text, Field(pattern=r"^([0-9]{2})?$")] = ""
    previous_volume: MaybeCount = None
    listed_on: MaybeDay = None
    listed_thousands: MaybeCount = None
