"""Further rankings of the market (실전 only), each the listed funds in another order.

What a fund does not have (short sales, credit, trades by this broker) stands as zero in its row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from brokers.sim.dice import Dice

from . import fields_lists as fields
from .answers import Visit, percent, quotation
from .fields import filled, keys_of
from .moves import moved
from .profiles import Call
from .ranking import UNITS, Listed, listed_funds
from .wire import Reply

_RANKS = 30
_HUNDRED_MILLION = 100_000_000
_MEANS = (5, 10, 20, 60, 120)


@dataclass(frozen=True, slots=True)
class Ranking:
    """One list: its screen, what a request must carry, its keys, and what it is sorted by."""

    screen: str
    needed: tuple[str, ...]
    keys: tuple[str, ...]
    order: Callable[[Listed], float]
    is_upper: bool = False
    """Whether its parameters are in upper case."""

    def name(self, text: str) -> str:
        """Return a parameter's name in this list's case."""
        return text.upper() if self.is_upper else text


_PRICES = "fid_input_iscd fid_input_price_1 fid_input_price_2 fid_vol_cnt"
_TARGETS = "fid_trgt_cls_code fid_trgt_exls_cls_code"
_KINDS = "fid_div_cls_code"
_SORT = "fid_rank_sort_cls_code"


def _ranking(
    screen: str, needed: str, keys: tuple[str, ...], order: Callable[[Listed], float]
) -> Ranking:
    return Ranking(screen, keys_of(needed), keys, order, is_upper=needed.isupper())


LISTS: Mapping[Call, Ranking] = {
    Call.BULK_TRADES: _ranking(
        "11909",
        f"{_SORT} {_KINDS} fid_input_iscd fid_input_price_1 fid_aply_rang_prc_1 "
        f"fid_input_iscd_2 {_TARGETS} fid_vol_cnt",
        fields.BULK_TRADES,
        lambda item: item.turnover,
    ),
    Call.COMPANY_TRADES: _ranking(
        "20186",
        f"{_KINDS} {_SORT} fid_input_date_1 fid_input_date_2 fid_input_iscd fid_trgt_cls_code "
        "fid_trgt_exls_cls_code fid_aply_rang_vol fid_aply_rang_prc_2 fid_aply_rang_prc_1",
        fields.COMPANY_TRADES,
        lambda item: item.volume,
    ),
    Call.CAPITALISATION: _ranking(
        "20174",
        f"{_PRICES} {_TARGETS} {_KINDS}",
        fields.CAPITALISATION,
        lambda item: item.view.minute.last,
    ),
    Call.BOOK_TOTALS: _ranking(
        "20172",
        f"{_PRICES} {_TARGETS} {_KINDS} {_SORT}",
        fields.BOOK_TOTALS,
        lambda item: item.view.minute.volume,
    ),
    Call.DISPARITY: _ranking(
        "20178",
        f"{_PRICES} {_TARGETS} {_KINDS} {_SORT} fid_hour_cls_code",
        fields.DISPARITY,
        lambda item: item.view.minute.last / (_mean_close(item, _MEANS[2]) or 1),
    ),
    Call.EXPECTED: _ranking(
        "20182",
        f"{_SORT} fid_input_iscd {_KINDS} fid_aply_rang_prc_1 fid_vol_cnt fid_pbmn "
        "fid_blng_cls_code fid_mkop_cls_code",
        fields.EXPECTED,
        lambda item: item.moved,
    ),
    Call.SHORT_SALE: _ranking(
        "20482",
        "FID_APLY_RANG_VOL FID_INPUT_ISCD FID_PERIOD_DIV_CODE FID_INPUT_CNT_1 "
        "FID_TRGT_EXLS_CLS_CODE FID_TRGT_CLS_CODE FID_APLY_RANG_PRC_1 FID_APLY_RANG_PRC_2",
        fields.SHORT_SALE,
        lambda item: item.volume,
    ),
}


def ranked(visit: Visit) -> Reply:
    """Answer one of `LISTS`: at most thirty rows, without pages."""
    ranking = LISTS[visit.call]
    visit.one_of(ranking.name("fid_cond_mrkt_div_code"), {"J", "NX", "UN"})
    visit.one_of(ranking.name("fid_cond_scr_div_code"), {ranking.screen})
    for name in ranking.needed:
        visit.need(name)
    items = sorted(listed_funds(visit), key=ranking.order, reverse=True)[:_RANKS]
    return quotation(
        visit,
        {"output": [_row(visit, ranking.keys, rank, item) for rank, item in _numbered(items)]},
    )


def credit(visit: Visit) -> Reply:
    """Credit-balance: no fund here is bought on credit."""
    visit.one_of("FID_COND_MRKT_DIV_CODE", {"J"})
    visit.one_of("FID_COND_SCR_DIV_CODE", {"11701"})
    visit.need("FID_RANK_SORT_CLS_CODE")
    visit.need("FID_OPTION")
    today = visit.now.date()
    span = {
        "bstp_cls_code": visit.need("FID_INPUT_ISCD"),
        "hts_kor_isnm": "종합",
        "stnd_date1": f"{today:%Y%m%d}",
        "stnd_date2": f"{today:%Y%m%d}",
    }
    items = listed_funds(visit)[:_RANKS]
    rows = [_row(visit, fields.CREDIT, rank, item) for rank, item in _numbered(items)]
    return quotation(visit, {"output1": [filled(fields.CREDIT_SPAN, span)], "output2": rows})


def preferred(visit: Visit) -> Reply:
    """Prefer-disparate-ratio: one company with its preferred share, at invented prices."""
    for name in keys_of(f"{_PRICES} {_TARGETS} {_KINDS}"):
        visit.need(name)
    visit.one_of("fid_cond_mrkt_div_code", {"J", "NX", "UN"})
    visit.one_of("fid_cond_scr_div_code", {"20177"})
    dice = Dice("preferred", visit.now.date())
    own, other = 75_000 + 100 * dice.between(-9, 9), 61_000 + 100 * dice.between(-9, 9)
    values = {
        "mksc_shrn_iscd": "005930",
        "data_rank": 1,
        "hts_kor_isnm": "삼성전자",
        "stck_prpr": own,
        "prdy_vrss": 0,
        "prdy_vrss_sign": "3",
        "acml_vol": 12_000_000,
        "prst_iscd": "A005935",
        "prst_kor_isnm": "삼성전자우",
        "prst_prpr": other,
        "prst_prdy_vrss": 0,
        "prst_prdy_vrss_sign": "3",
        "prst_acml_vol": 900_000,
        "diff_prpr": own - other,
        "dprt": percent(own - other, own),
    }
    return quotation(visit, {"output": [filled(fields.PREFERRED, values)]})


def opinions(visit: Visit) -> Reply:
    """Invest-opbysec: brokers write of companies, never of funds; one opinion a day is invented."""
    visit.one_of("FID_COND_MRKT_DIV_CODE", {"J"})
    visit.one_of("FID_COND_SCR_DIV_CODE", {"16634"})
    visit.need("FID_INPUT_ISCD")
    visit.need("FID_DIV_CLS_CODE")
    first, last = visit.day("FID_INPUT_DATE_1"), visit.day("FID_INPUT_DATE_2")
    values = {
        "stck_bsop_date": f"{last:%Y%m%d}",
        "stck_shrn_iscd": "005930",
        "hts_kor_isnm": "삼성전자",
        "invt_opnn": "BUY",
        "invt_opnn_cls_code": "2",
        "rgbf_invt_opnn": "BUY",
        "rgbf_invt_opnn_cls_code": "2",
        "mbcr_name": "모의",
        "stck_prpr": 75_000,
        "prdy_vrss": 0,
        "prdy_vrss_sign": "3",
        "hts_goal_prc": 90_000,
        "stck_prdy_clpr": 75_000,
        "stft_esdg": -15_000,
        "dprt": "-16.67",
    }
    return quotation(visit, {"output": [filled(fields.OPINION, values)] if first <= last else []})


def _numbered(items: list[Listed]) -> enumerate[Listed]:
    return enumerate(items, start=1)


def _row(visit: Visit, keys: tuple[str, ...], rank: int, item: Listed) -> dict[str, str]:
    """Return one fund's row: of everything known about it, what these keys ask for."""
    minute = item.view.minute
    half = minute.volume // 2
    known: dict[str, object] = {
        "mksc_shrn_iscd": item.code,
        "stck_shrn_iscd": item.code,
        "data_rank": rank,
        "hts_kor_isnm": item.name,
        **moved(item.view, minute.last),
        "acml_vol": item.volume,
        "acml_tr_pbmn": item.turnover,
        "lstn_stcn": UNITS,
        "stck_avls": minute.last * UNITS // _HUNDRED_MILLION,
        "mrkt_whol_avls_rlim": "0.10",
        "stck_sdpr": item.view.base,
        "askp": minute.ask,
        "bidp": minute.bid,
        "seln_rsqn": half,
        "shnu_rsqn": half,
        "cntg_vol": minute.volume,
        "antc_tr_pbmn": minute.volume * minute.last,
        "total_askp_rsqn": minute.volume,
        "total_bidp_rsqn": minute.volume,
        "shnu_rsqn_rate": "50.00",
        "seln_rsqn_rate": "50.00",
        "avrg_prc": minute.last,
        "ssts_vol_rlim": "0.00",
        "ssts_tr_pbmn_rlim": "0.00",
        "stnd_date1": f"{visit.now:%Y%m%d}",
        "stnd_date2": f"{visit.now:%Y%m%d}",
        "nday_vrss_loan_rmnd_inrt": "0.00",
        "nday_vrss_stln_rmnd_inrt": "0.00",
        **{f"d{days}_dsrt": percent(minute.last, _mean_close(item, days)) for days in _MEANS},
    }
    return filled(keys, {key: value for key, value in known.items() if key in keys})


def _mean_close(item: Listed, days: int) -> int:
    closes = [bar.close for bar in item.bars[-days:]]
    return sum(closes) // len(closes) if closes else 0
