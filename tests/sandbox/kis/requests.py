"""One good request to every call that reads: its id on 실전, what it carries."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.kis.profiles import Call
from tests.sandbox.kis.client import (
    ACCOUNT_FIELDS,
    BALANCE,
    CCLD,
    CHART,
    OPEN,
    POWER,
    QUOTE,
    SYMBOL,
)

SPAN = {"FID_INPUT_DATE_1": "20261101", "FID_INPUT_DATE_2": "20261119"}
INDEX = {"FID_COND_MRKT_DIV_CODE": "U", "FID_INPUT_ISCD": "0001"}
VOLUME = {
    "FID_COND_MRKT_DIV_CODE": "J",
    "FID_COND_SCR_DIV_CODE": "20171",
    "FID_INPUT_ISCD": "0000",
    "FID_DIV_CLS_CODE": "0",
    "FID_BLNG_CLS_CODE": "0",
    "FID_TRGT_CLS_CODE": "111111111",
    "FID_TRGT_EXLS_CLS_CODE": "0000000000",
    "FID_INPUT_PRICE_1": "",
    "FID_INPUT_PRICE_2": "",
    "FID_VOL_CNT": "",
}
FLUCTUATION = {
    "fid_cond_mrkt_div_code": "J",
    "fid_cond_scr_div_code": "20170",
    "fid_input_iscd": "0000",
    "fid_rank_sort_cls_code": "0",
    "fid_input_cnt_1": "0",
    "fid_prc_cls_code": "1",
    "fid_input_price_1": "",
    "fid_input_price_2": "",
    "fid_vol_cnt": "",
    "fid_trgt_cls_code": "0",
    "fid_trgt_exls_cls_code": "0",
    "fid_div_cls_code": "0",
    "fid_rsfl_rate1": "",
    "fid_rsfl_rate2": "",
}
NEWS = dict.fromkeys(
    (
        "FID_NEWS_OFER_ENTP_CODE",
        "FID_COND_MRKT_CLS_CODE",
        "FID_INPUT_ISCD",
        "FID_TITL_CNTT",
        "FID_INPUT_DATE_1",
        "FID_INPUT_HOUR_1",
        "FID_RANK_SORT_CLS_CODE",
        "FID_INPUT_SRNO",
    ),
    "",
)
HOLIDAY = {"BASS_DT": "20261120", "CTX_AREA_NK": "", "CTX_AREA_FK": ""}
SELL = {**ACCOUNT_FIELDS, "PDNO": SYMBOL}
PROFIT = {
    **ACCOUNT_FIELDS,
    "INQR_STRT_DT": "20261101",
    "INQR_END_DT": "20261120",
    "SORT_DVSN": "00",
    "CBLC_DVSN": "00",
    "PDNO": "",
    "CTX_AREA_FK100": "",
    "CTX_AREA_NK100": "",
}
COMPONENTS = {**QUOTE, "FID_COND_SCR_DIV_CODE": "11216"}

ASSETS = {**ACCOUNT_FIELDS, "INQR_DVSN_1": "", "BSPR_BF_DT_APLY_YN": ""}
MOMENTS = {**QUOTE, "FID_COND_MRKT_DIV_CODE": "E", "FID_HOUR_CLS_CODE": "60"}

# Parameters of the rankings as their published samples write them: most in lower case.
RANKED = {
    "fid_cond_mrkt_div_code": "J",
    "fid_input_iscd": "0000",
    "fid_div_cls_code": "0",
    "fid_trgt_cls_code": "0",
    "fid_trgt_exls_cls_code": "0",
    "fid_input_price_1": "",
    "fid_input_price_2": "",
    "fid_vol_cnt": "",
}
SORTED = {**RANKED, "fid_rank_sort_cls_code": "0"}
BULK = {
    "fid_aply_rang_prc_1": "",
    "fid_cond_mrkt_div_code": "J",
    "fid_cond_scr_div_code": "11909",
    "fid_input_iscd": "0000",
    "fid_rank_sort_cls_code": "0",
    "fid_div_cls_code": "0",
    "fid_input_price_1": "",
    "fid_input_iscd_2": "",
    "fid_trgt_exls_cls_code": "0",
    "fid_trgt_cls_code": "0",
    "fid_vol_cnt": "",
}
COMPANY = {
    "fid_trgt_exls_cls_code": "0",
    "fid_cond_mrkt_div_code": "J",
    "fid_cond_scr_div_code": "20186",
    "fid_div_cls_code": "0",
    "fid_rank_sort_cls_code": "0",
    "fid_input_date_1": "20261101",
    "fid_input_date_2": "20261119",
    "fid_input_iscd": "0000",
    "fid_trgt_cls_code": "0",
    "fid_aply_rang_vol": "0",
    "fid_aply_rang_prc_2": "",
    "fid_aply_rang_prc_1": "",
}
EXPECTED = {
    "fid_rank_sort_cls_code": "0",
    "fid_cond_mrkt_div_code": "J",
    "fid_cond_scr_div_code": "20182",
    "fid_input_iscd": "0000",
    "fid_div_cls_code": "0",
    "fid_aply_rang_prc_1": "",
    "fid_vol_cnt": "",
    "fid_pbmn": "",
    "fid_blng_cls_code": "0",
    "fid_mkop_cls_code": "0",
}
SHORT = {
    "FID_APLY_RANG_VOL": "",
    "FID_COND_MRKT_DIV_CODE": "J",
    "FID_COND_SCR_DIV_CODE": "20482",
    "FID_INPUT_ISCD": "0000",
    "FID_PERIOD_DIV_CODE": "D",
    "FID_INPUT_CNT_1": "0",
    "FID_TRGT_EXLS_CLS_CODE": "",
    "FID_TRGT_CLS_CODE": "",
    "FID_APLY_RANG_PRC_1": "",
    "FID_APLY_RANG_PRC_2": "",
}
CREDIT = {
    "FID_COND_SCR_DIV_CODE": "11701",
    "FID_INPUT_ISCD": "0000",
    "FID_OPTION": "2",
    "FID_COND_MRKT_DIV_CODE": "J",
    "FID_RANK_SORT_CLS_CODE": "0",
}
OVERTIME = {
    "FID_COND_MRKT_DIV_CODE": "J",
    "FID_MRKT_CLS_CODE": "",
    "FID_COND_SCR_DIV_CODE": "20234",
    "FID_INPUT_ISCD": "0000",
    "FID_DIV_CLS_CODE": "2",
    "FID_INPUT_PRICE_1": "",
    "FID_INPUT_PRICE_2": "",
    "FID_VOL_CNT": "",
    "FID_TRGT_CLS_CODE": "",
    "FID_TRGT_EXLS_CLS_CODE": "",
}
CATEGORIES = {
    **INDEX,
    "FID_COND_SCR_DIV_CODE": "20214",
    "FID_MRKT_CLS_CODE": "K",
    "FID_BLNG_CLS_CODE": "0",
}
OPINIONS = {
    **SPAN,
    "FID_COND_MRKT_DIV_CODE": "J",
    "FID_COND_SCR_DIV_CODE": "16634",
    "FID_INPUT_ISCD": "999",
    "FID_DIV_CLS_CODE": "0",
}
MINUTES = {
    "FID_ETC_CLS_CODE": "",
    **QUOTE,
    "FID_INPUT_HOUR_1": "100000",
    "FID_PW_DATA_INCU_YN": "Y",
}
PAST_MINUTES = {
    **QUOTE,
    "FID_INPUT_HOUR_1": "153000",
    "FID_INPUT_DATE_1": "20261119",
    "FID_PW_DATA_INCU_YN": "N",
    "FID_FAKE_TICK_INCU_YN": "N",
}


def screened(fields: Mapping[str, str], screen: str) -> Mapping[str, str]:
    return {**fields, "fid_cond_scr_div_code": screen}


READS: Mapping[Call, tuple[str, Mapping[str, str]]] = {
    Call.DAILY_ORDERS: ("TTTC0081R", CCLD),
    Call.BALANCE: ("TTTC8434R", BALANCE),
    Call.BUYING_POWER: ("TTTC8908R", POWER),
    Call.SELLABLE: ("TTTC8408R", SELL),
    Call.OPEN_ORDERS: ("TTTC0084R", OPEN),
    Call.ASSETS: ("CTRP6548R", ASSETS),
    Call.PROFIT_BY_DAY: ("TTTC8708R", {**PROFIT, "INQR_DVSN": "00"}),
    Call.PROFIT_BY_TRADE: ("TTTC8715R", PROFIT),
    Call.PRICE: ("FHKST01010100", QUOTE),
    Call.TRADES: ("FHKST01010300", QUOTE),
    Call.BOOK: ("FHKST01010200", QUOTE),
    Call.CHART: ("FHKST03010100", CHART),
    Call.HOLIDAYS: ("CTCA0903R", HOLIDAY),
    Call.STOCK_INFO: ("CTPF1002R", {"PRDT_TYPE_CD": "300", "PDNO": SYMBOL}),
    Call.PRODUCT_INFO: ("CTPF1604R", {"PRDT_TYPE_CD": "300", "PDNO": SYMBOL}),
    Call.VOLUME_RANK: ("FHPST01710000", VOLUME),
    Call.FLUCTUATION: ("FHPST01700000", FLUCTUATION),
    Call.INDEX: ("FHPUP02100000", INDEX),
    Call.INDEX_CHART: ("FHKUP03500100", {**INDEX, **SPAN, "FID_PERIOD_DIV_CODE": "D"}),
    Call.ETF_PRICE: ("FHPST02400000", QUOTE),
    Call.NAV_TREND: ("FHPST02440000", QUOTE),
    Call.NAV_DAILY: ("FHPST02440200", {**QUOTE, **SPAN}),
    Call.NAV_TIME: ("FHPST02440100", MOMENTS),
    Call.COMPONENTS: ("FHKST121600C0", COMPONENTS),
    Call.NEWS: ("FHKST01011800", NEWS),
    Call.MINUTES: ("FHKST03010200", MINUTES),
    Call.PAST_MINUTES: ("FHKST03010230", PAST_MINUTES),
    Call.CONCLUSIONS: ("FHPST01060000", {**QUOTE, "FID_INPUT_HOUR_1": "100000"}),
    Call.RECENT_DAYS: (
        "FHKST01010400",
        {**QUOTE, "FID_PERIOD_DIV_CODE": "D", "FID_ORG_ADJ_PRC": "1"},
    ),
    Call.INVESTORS: ("FHKST01010900", QUOTE),
    Call.MEMBERS: ("FHKST01010600", QUOTE),
    Call.STATE: ("FHPST01010000", QUOTE),
    Call.OVERTIME_TRADES: ("FHPST02310000", {**QUOTE, "FID_HOUR_CLS_CODE": "1"}),
    Call.OVERTIME_DAYS: ("FHPST02320000", QUOTE),
    Call.OVERTIME_BOOK: ("FHPST02300400", QUOTE),
    Call.OVERTIME_CHANGES: ("FHPST02340000", OVERTIME),
    Call.INDEX_CATEGORIES: ("FHPUP02140000", CATEGORIES),
    Call.INDEX_DAYS: (
        "FHPUP02120000",
        {**INDEX, "FID_PERIOD_DIV_CODE": "D", "FID_INPUT_DATE_1": "20261119"},
    ),
    Call.INDEX_MOMENTS: ("FHPUP02110200", {**INDEX, "FID_INPUT_HOUR_1": "60"}),
    Call.INDEX_EXPECTED: (
        "FHPST01840000",
        {**INDEX, "FID_MKOP_CLS_CODE": "1", "FID_INPUT_HOUR_1": "10"},
    ),
    Call.OPINIONS: ("FHKST663400C0", OPINIONS),
    Call.BULK_TRADES: ("FHKST190900C0", BULK),
    Call.COMPANY_TRADES: ("FHPST01860000", COMPANY),
    Call.CAPITALISATION: ("FHPST01740000", screened(RANKED, "20174")),
    Call.BOOK_TOTALS: ("FHPST01720000", screened(SORTED, "20172")),
    Call.DISPARITY: ("FHPST01780000", {**screened(SORTED, "20178"), "fid_hour_cls_code": "5"}),
    Call.PREFERRED: ("FHPST01770000", screened(RANKED, "20177")),
    Call.EXPECTED: ("FHPST01820000", EXPECTED),
    Call.SHORT_SALE: ("FHPST04820000", SHORT),
    Call.CREDIT: ("FHKST17010000", CREDIT),
}
