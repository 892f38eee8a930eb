"""Wire fields of the ETF calls. `nav` is the iNAV in the session, `dprt` the disparity in percent."""

from __future__ import annotations

from brokers.wire.fields import (
    ClockTime,
    Count,
    Day,
    MaybeCount,
    MaybeDay,
    MaybeNumber,
    Name,
    Number,
    Text,
    Whole,
    WireRow,
)


class EtfRow(WireRow):
    """`output` of etfetn inquire-price. Everything but price and limits is optional."""

    stck_prpr: Count
    stck_mxpr: Count
    stck_llam: Count
    prdy_vrss: Whole
    prdy_vrss_sign: Text = ""
    acml_vol: Count
    nav: MaybeNumber = None
    prdy_last_nav: MaybeNumber = None
    dprt: MaybeNumber = None
    trc_errt: MaybeNumber = None
    etf_trc_ert_mltp: MaybeNumber = None
    etf_ntas_ttam: MaybeCount = None
    lstn_stcn: MaybeCount = None
    etf_cu_unit_scrt_cnt: MaybeCount = None
    etf_cnfg_issu_cnt: MaybeCount = None
    mbcr_name: Text = ""
    etf_rprs_bstp_kor_isnm: Text = ""
    stck_lstn_date: MaybeDay = None
    mtrt_date: MaybeDay = None
    vi_cls_code: Text = ""


class NavPriceRow(WireRow):
    """`output1` of nav-comparison-trend."""

    stck_prpr: Count
    stck_prdy_clpr: Count


class NavRow(WireRow):
    """`output2` of nav-comparison-trend; open, high and low are 0.00 before the first iNAV."""

    nav: Number
    prdy_clpr_nav: MaybeNumber = None
    oprc_nav: MaybeNumber = None
    hprc_nav: MaybeNumber = None
    lprc_nav: MaybeNumber = None


class NavDayRow(WireRow):
    """`output` of nav-comparison-daily-trend: an adjusted close beside an unadjusted NAV."""

    stck_bsop_date: Day
    stck_clpr: Count
    nav: Number
    dprt: Number
    acml_vol: Count


class NavMomentRow(WireRow):
    """`output` of nav-comparison-time-trend."""

    bsop_hour: ClockTime
    stck_prpr: Count
    nav: Number
    dprt: Number
    acml_vol: Count


class BasketRow(WireRow):
    """`output1` of inquire-component-stock-price."""

    nav: MaybeNumber = None
    etf_cu_unit_scrt_cnt: MaybeCount = None
    etf_cnfg_issu_cnt: MaybeCount = None


class ComponentRow(WireRow):
    """`output2` of inquire-component-stock-price."""

    stck_shrn_iscd: Name
    hts_kor_isnm: Text = ""
    stck_prpr: Count
    prdy_ctrt: Number
    etf_cnfg_issu_rlim: Number
    etf_vltn_amt: Count
