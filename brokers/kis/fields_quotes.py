"""Wire fields of the order book, the last trades and the rankings."""

from __future__ import annotations

from brokers.wire.fields import (
    ClockTime,
    Count,
    MaybeClockTime,
    MaybeCount,
    MaybeNumber,
    Name,
    Number,
    Text,
    Whole,
    WireRow,
)


class BookRow(WireRow):
    """`output1` of inquire-asking-price-exp-ccn: price 0 where a level is empty."""

    aspr_acpt_hour: MaybeClockTime = None
    askp1: Count
    askp2: MaybeCount = None
    askp3: MaybeCount = None
    askp4: MaybeCount = None
    askp5: MaybeCount = None
    askp6: MaybeCount = None
    askp7: MaybeCount = None
    askp8: MaybeCount = None
    askp9: MaybeCount = None
    askp10: MaybeCount = None
    bidp1: Count
    bidp2: MaybeCount = None
    bidp3: MaybeCount = None
    bidp4: MaybeCount = None
    bidp5: MaybeCount = None
    bidp6: MaybeCount = None
    bidp7: MaybeCount = None
    bidp8: MaybeCount = None
    bidp9: MaybeCount = None
    bidp10: MaybeCount = None
    askp_rsqn1: Count
    askp_rsqn2: MaybeCount = None
    askp_rsqn3: MaybeCount = None
    askp_rsqn4: MaybeCount = None
    askp_rsqn5: MaybeCount = None
    askp_rsqn6: MaybeCount = None
    askp_rsqn7: MaybeCount = None
    askp_rsqn8: MaybeCount = None
    askp_rsqn9: MaybeCount = None
    askp_rsqn10: MaybeCount = None
    bidp_rsqn1: Count
    bidp_rsqn2: MaybeCount = None
    bidp_rsqn3: MaybeCount = None
    bidp_rsqn4: MaybeCount = None
    bidp_rsqn5: MaybeCount = None
    bidp_rsqn6: MaybeCount = None
    bidp_rsqn7: MaybeCount = None
    bidp_rsqn8: MaybeCount = None
    bidp_rsqn9: MaybeCount = None
    bidp_rsqn10: MaybeCount = None
    total_askp_rsqn: Count
    total_bidp_rsqn: Count


class ExpectedRow(WireRow):
    """`output2` of inquire-asking-price-exp-ccn: what an auction would match now."""

    stck_sdpr: Count
    antc_mkop_cls_code: Text = ""
    antc_cnpr: MaybeCount = None
    antc_vol: MaybeCount = None
    vi_cls_code: Text = ""


class TradeRow(WireRow):
    """`output` of inquire-ccnl."""

    stck_cntg_hour: ClockTime
    stck_prpr: Count
    prdy_vrss: Whole
    prdy_vrss_sign: Text = ""
    cntg_vol: Count
    tday_rltv: MaybeNumber = None


class VolumeRankRow(WireRow):
    """`output` of volume-rank. The code is of seven characters for an ETN."""

    data_rank: Count
    mksc_shrn_iscd: Name
    hts_kor_isnm: Text = ""
    stck_prpr: Count
    prdy_vrss: Whole
    prdy_vrss_sign: Text = ""
    prdy_ctrt: Number
    acml_vol: Count
    avrg_vol: MaybeCount = None
    vol_inrt: MaybeNumber = None
    acml_tr_pbmn: MaybeCount = None


class ChangeRankRow(WireRow):
    """`output` of fluctuation."""

    data_rank: Count
    stck_shrn_iscd: Name
    hts_kor_isnm: Text = ""
    stck_prpr: Count
    prdy_vrss: Whole
    prdy_vrss_sign: Text = ""
    prdy_ctrt: Number
    acml_vol: Count
    cnnt_ascn_dynu: MaybeCount = None
    cnnt_down_dynu: MaybeCount = None
