"""Wire fields of the indices: volumes come in thousands of shares, turnover in millions of won."""

from __future__ import annotations

from brokers.wire.fields import Count, Day, MaybeCount, MaybeNumber, Number, Text, WireRow


class IndexRow(WireRow):
    """`output` of inquire-index-price; `output1` of the daily chart without the counts."""

    bstp_nmix_prpr: Number
    bstp_nmix_prdy_vrss: Number
    prdy_vrss_sign: Text = ""
    bstp_nmix_prdy_ctrt: Number
    bstp_nmix_oprc: MaybeNumber = None
    bstp_nmix_hgpr: MaybeNumber = None
    bstp_nmix_lwpr: MaybeNumber = None
    acml_vol: Count
    acml_tr_pbmn: Count
    ascn_issu_cnt: MaybeCount = None
    down_issu_cnt: MaybeCount = None
    stnr_issu_cnt: MaybeCount = None


class IndexBarRow(WireRow):
    """`output2` of inquire-daily-indexchartprice."""

    stck_bsop_date: Day
    bstp_nmix_prpr: Number
    bstp_nmix_oprc: Number
    bstp_nmix_hgpr: Number
    bstp_nmix_lwpr: Number
    acml_vol: Count
    acml_tr_pbmn: Count
