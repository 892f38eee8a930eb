"""시간외 단일가: abolished on 2026-09-14, and closed to ETFs after it. The calls answer with zeros."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from brokers.sim.values import MarketView
from sandbox.market import newest_finished

from . import fields_lists as fields
from .answers import Visit, percent, quotation, sign
from .fields import filled
from .quotes import asked
from .ranking import listed_funds
from .wire import Reply

_RANKS = 30
_DAYS_PER_CALL = 30
_LOOKBACK = timedelta(days=60)


def trades(visit: Visit) -> Reply:
    """Inquire-time-overtimeconclusion."""
    _, view = asked(visit)
    visit.one_of("FID_HOUR_CLS_CODE", {"1"})
    now = {**_nothing(view), "uplm_sign": "1", "lslm_sign": "4"}
    return quotation(visit, {"output1": filled(fields.OVERTIME_TRADES_NOW, now), "output2": []})


def days(visit: Visit) -> Reply:
    """Inquire-daily-overtimeprice: thirty sessions, none of which traded after its hours."""
    symbol, view = asked(visit)
    newest = newest_finished(visit.state.prices, visit.now)
    bars = visit.state.prices.daily_bars(symbol, newest - _LOOKBACK, newest, adjusted=False)
    rows = []
    for before, bar in pairwise(bars):
        change = bar.close - before.close
        values = {
            "stck_bsop_date": f"{bar.session:%Y%m%d}",
            "ovtm_untp_prpr": bar.close,
            "ovtm_untp_prdy_vrss": 0,
            "ovtm_untp_prdy_vrss_sign": "3",
            "stck_clpr": bar.close,
            "prdy_vrss": change,
            "prdy_vrss_sign": sign(change),
            "prdy_ctrt": percent(change, before.close),
            "acml_vol": bar.volume,
        }
        rows.append(filled(fields.OVERTIME_DAY, values))
    now = filled(fields.OVERTIME_DAYS_NOW, _nothing(view))
    return quotation(visit, {"output1": now, "output2": rows[::-1][:_DAYS_PER_CALL]})


def book(visit: Visit) -> Reply:
    """Inquire-overtime-asking-price: an empty book."""
    asked(visit)
    values = {"ovtm_untp_last_hour": "000000"}
    return quotation(visit, {"output": filled(fields.OVERTIME_BOOK, values)})


def changes(visit: Visit) -> Reply:
    """Ranking overtime-fluctuation: every fund stands at its close, none traded."""
    visit.one_of("FID_COND_MRKT_DIV_CODE", {"J"})
    visit.one_of("FID_COND_SCR_DIV_CODE", {"20234"})
    for name in (
        "FID_MRKT_CLS_CODE",
        "FID_INPUT_ISCD",
        "FID_DIV_CLS_CODE",
        "FID_INPUT_PRICE_1",
        "FID_INPUT_PRICE_2",
        "FID_VOL_CNT",
        "FID_TRGT_CLS_CODE",
        "FID_TRGT_EXLS_CLS_CODE",
    ):
        visit.need(name)
    funds = listed_funds(visit)
    sums = {"ovtm_untp_stnr_issu_cnt": len(funds)}
    rows = []
    for item in funds[:_RANKS]:
        minute = item.view.minute
        values = {
            "mksc_shrn_iscd": item.code,
            "hts_kor_isnm": item.name,
            "ovtm_untp_prpr": minute.last,
            "ovtm_untp_prdy_vrss": 0,
            "ovtm_untp_prdy_vrss_sign": "3",
            "ovtm_vrss_acml_vol_rlim": "0.00",
            "stck_prpr": minute.last,
            "acml_vol": item.volume,
            "bidp": minute.bid,
            "askp": minute.ask,
        }
        rows.append(filled(fields.OVERTIME_CHANGE, values))
    head = filled(fields.OVERTIME_SUMS, sums)
    return quotation(visit, {"output1": head, "output2": rows})


def _nothing(view: MarketView) -> dict[str, object]:
    """Return what a session that does not exist says of a fund: its last price and no trade."""
    return {
        "ovtm_untp_prpr": view.minute.last,
        "ovtm_untp_prdy_vrss": 0,
        "ovtm_untp_prdy_vrss_sign": "3",
        "ovtm_untp_mxpr": view.upper_limit,
        "ovtm_untp_llam": view.lower_limit,
        "ovtm_untp_antc_cntg_vrss_sign": "3",
        "ovtm_untp_antc_cntg_vrss": 0,
    }
