"""Wire fields of the order book, the last trades and the rankings."""

from __future__ import annotations

from brokers.wire.fields import (
    ClockTime,
    Count,
    CountOrZero,
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
    askp2: CountOrZero = 0
    askp3: CountOrZero = 0
    askp4: CountOrZero = 0
    askp5: CountOrZero = 0
    askp6: CountOrZero = 0
    askp7: CountOrZero = 0
    askp8: CountOrZero = 0
    askp9: CountOrZero = 0
    askp10: CountOrZero = 0
    bidp1: Count
    bidp2: CountOrZero = 0
    bidp3: CountOrZero = 0
    bidp4: CountOrZero = 0
    bidp5: CountOrZero = 0
    bidp6: CountOrZero = 0
    bidp7: CountOrZero = 0
    bidp8: CountOrZero = 0
    bidp9: CountOrZero = 0
    bidp10: CountOrZero = 0
    askp_rsqn1: Count
    askp_rsqn2: CountOrZero = 0
    askp_rsqn3: CountOrZero = 0
    askp_rsqn4: CountOrZero = 0
    askp_rsqn5: CountOrZero = 0
    askp_rsqn6: CountOrZero = 0
    askp_rsqn7: CountOrZero = 0
    askp_rsqn8: CountOrZero = 0
    askp_rsqn9: CountOrZero = 0
    askp_rsqn10: CountOrZero = 0
    bidp_rsqn1: Count
    bidp_rsqn2: CountOrZero = 0
    bidp_rsqn3: CountOrZero = 0
    bidp_rsqn4: CountOrZero = 0
    bidp_rsqn5: CountOrZero = 0
    bidp_rsqn6: CountOrZero = 0
    bidp_rsqn7: CountOrZero = 0
    bidp_rsqn8: CountOrZero = 0
    bidp_rsqn9: CountOrZero = 0
    bidp_rsqn10: CountOrZero = 0
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
