"""The ETF calls (실전 only): price with NAV, NAV trends, components."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from brokers.sim.dice import Dice
from brokers.sim.values import DayBar, MarketView
from sandbox.market import newest_finished
from sandbox.names import multiple_of

from . import fields_market as fields
from .answers import Visit, invalid, percent, quotation, sign
from .fields import filled
from .moves import moved
from .nav import (
    CLOSING,
    FundNow,
    disparity,
    fund_now,
    minute_of,
    nav_of,
    ratio,
    session_before,
)
from .quotes import asked, high_low_of_year
from .wire import Reply

_UNITS = 62_400_000
_CREATION_UNIT = 50_000
_HUNDRED_MILLION = 100_000_000
_DAYS_PER_CALL = 100
_MOMENTS_PER_CALL = 30
_MOMENT_SECONDS = frozenset({"60", "180", "300", "600", "1800", "3600", "7200"})
# Large caps with a weight in percent; their prices here are invented around these.
_COMPONENTS = (
    ("005930", "삼성전자", 75_000, 30),
    ("000660", "SK하이닉스", 180_000, 22),
    ("005380", "현대차", 250_000, 14),
    ("035420", "NAVER", 200_000, 12),
    ("105560", "KB금융", 85_000, 12),
    ("055550", "신한지주", 55_000, 10),
)


def price(visit: Visit) -> Reply:
    """Etfetn inquire-price."""
    symbol, view = asked(visit)
    minute, state, now = view.minute, visit.state, visit.now
    fund = fund_now(state, symbol, view, now)
    values: dict[str, object] = {
        **moved(view, view.minute.last),
        **_levels(view),
        "acml_vol": minute.cumulative_volume,
        "prdy_vol": session_before(state, symbol, now.date()).volume,
        "prdy_clpr_vrss_oprc_rate": _against(minute.day_open, view.base),
        "prdy_clpr_vrss_hgpr_rate": _against(minute.day_high, view.base),
        "prdy_clpr_vrss_lwpr_rate": _against(minute.day_low, view.base),
        "prdy_last_nav": fund.before,
        **_nav_part(fund),
        "trc_errt": "0.44",
        "stck_sdpr": view.base,
        "etf_crcl_stcn": _UNITS,
        "etf_ntas_ttam": int(fund.nav * _UNITS) // _HUNDRED_MILLION,
        "frgn_limt_rate": "100.0000",
        "frgn_oder_able_qty": _UNITS,
        "etf_cu_unit_scrt_cnt": _CREATION_UNIT,
        "etf_cnfg_issu_cnt": len(_COMPONENTS),
        "etf_dvdn_cycl": "2",
        "crcd": "KRW",
        "lp_oder_able_cls_code": "N",
        **high_low_of_year(state, symbol, now, minute.last),
        "bstp_kor_isnm": "ETF(실물복제/수익증권)",
        "vi_cls_code": state.marks.get(symbol, {}).get("vi_cls_code", "N"),
        "lstn_stcn": _UNITS,
        "etf_trc_ert_mltp": f"{multiple_of(symbol)}.00",
        "dprt": disparity(minute.last, fund.nav),
        "mbcr_name": "모의자산운용(ETF)",
        "stck_lstn_date": "20021014",
        "mtrt_date": "0",
        "shrg_type_code": "  ",
        "etf_trgt_nmix_bstp_code": "9999",
        "etf_div_name": "수익증권형",
        "etf_rprs_bstp_kor_isnm": f"{state.prices.name(symbol)} 기초지수",
    }
    return quotation(visit, {"output": filled(fields.ETF, values)})


def trend(visit: Visit) -> Reply:
    """Nav-comparison-trend: price and NAV side by side."""
    symbol, view = asked(visit)
    minute, fund = view.minute, fund_now(visit.state, symbol, view, visit.now)
    price_values = {
        **moved(view, view.minute.last),
        **_levels(view),
        "acml_vol": minute.cumulative_volume,
        "acml_tr_pbmn": minute.last * minute.cumulative_volume,
    }
    nav_values = {**_nav_part(fund), **_nav_levels(fund)}
    return quotation(
        visit,
        {
            "output1": filled(fields.NAV_PRICE, price_values),
            "output2": filled(fields.NAV, nav_values),
        },
    )


def daily(visit: Visit) -> Reply:
    """Nav-comparison-daily-trend: finished sessions, newest first, at most a hundred."""
    symbol, _ = asked(visit)
    first, last = visit.day("FID_INPUT_DATE_1"), visit.day("FID_INPUT_DATE_2")
    if last < first:
        raise invalid("FID_INPUT_DATE_2")
    state, now = visit.state, visit.now
    newest = min(last, newest_finished(state.prices, now))
    start = first - timedelta(days=20)
    bars = state.prices.daily_bars(symbol, start, newest, adjusted=True)
    rows = [
        _day_row(visit, symbol, before, bar)
        for before, bar in pairwise([None, *bars])
        if bar is not None and bar.session >= first
    ]
    return quotation(visit, {"output": rows[::-1][:_DAYS_PER_CALL]})


def moments(visit: Visit) -> Reply:
    """Nav-comparison-time-trend: the session so far, newest first, at most thirty moments."""
    symbol, view = asked(visit, divisions=frozenset({"E"}))
    step = int(visit.one_of("FID_HOUR_CLS_CODE", _MOMENT_SECONDS)) // 60
    if not view.minute.cumulative_volume:
        return quotation(visit, {"output": []})
    newest = minute_of(visit.state, visit.now)
    indices = range(newest, -1, -step)[:_MOMENTS_PER_CALL]
    rows = [_moment_row(visit, symbol, view, index) for index in indices]
    return quotation(visit, {"output": rows})


def components(visit: Visit) -> Reply:
    """Inquire-component-stock-price: what one creation unit holds."""
    symbol, view = asked(visit)
    visit.one_of("FID_COND_SCR_DIV_CODE", {"11216"})
    fund = fund_now(visit.state, symbol, view, visit.now)
    worth = int(fund.nav) * _CREATION_UNIT
    head = {
        **moved(view, view.minute.last),
        "etf_cnfg_issu_avls": worth * _UNITS // _CREATION_UNIT // _HUNDRED_MILLION,
        **_nav_part(fund),
        **_nav_levels(fund),
        "etf_ntas_ttam": int(fund.nav * _UNITS) // _HUNDRED_MILLION,
        "etf_cu_unit_scrt_cnt": _CREATION_UNIT,
        "etf_cnfg_issu_cnt": len(_COMPONENTS),
    }
    rows = [_component_row(visit, part, worth) for part in _COMPONENTS]
    return quotation(visit, {"output1": filled(fields.BASKET, head), "output2": rows})


def _levels(view: MarketView) -> dict[str, object]:
    return {
        "stck_prdy_clpr": view.base,
        "stck_oprc": view.minute.day_open,
        "stck_hgpr": view.minute.day_high,
        "stck_lwpr": view.minute.day_low,
        "stck_mxpr": view.upper_limit,
        "stck_llam": view.lower_limit,
    }


def _against(price_won: int, base: int) -> str:
    return percent(price_won - base, base) if price_won else "0.00"


def _nav_part(fund: FundNow) -> dict[str, object]:
    return {"nav": fund.nav, **_nav_change(fund.nav, fund.before)}


def _nav_change(nav: Decimal, before: Decimal) -> dict[str, object]:
    change = nav - before
    return {
        "nav_prdy_vrss_sign": sign(int(change * 100)),
        "nav_prdy_vrss": change,
        "nav_prdy_ctrt": ratio(change, before),
    }


def _nav_levels(fund: FundNow) -> dict[str, object]:
    return {
        "prdy_clpr_nav": fund.before,
        "oprc_nav": fund.opened,
        "hprc_nav": fund.highest,
        "lprc_nav": fund.lowest,
    }


def _day_row(visit: Visit, symbol: str, before: DayBar | None, bar: DayBar) -> dict[str, str]:
    nav = nav_of(visit.state, symbol, bar.close, bar.session, CLOSING)
    was = nav_of(visit.state, symbol, before.close, before.session, CLOSING) if before else nav
    change = bar.close - before.close if before else 0
    values = {
        "stck_bsop_date": f"{bar.session:%Y%m%d}",
        "stck_clpr": bar.close,
        "prdy_vrss": change,
        "prdy_vrss_sign": sign(change),
        "prdy_ctrt": percent(change, before.close if before else 0),
        "acml_vol": bar.volume,
        "cntg_vol": "",
        "dprt": disparity(bar.close, nav),
        "nav_vrss_prpr": bar.close - nav,
        "nav": nav,
        **_nav_change(nav, was),
    }
    return filled(fields.NAV_DAY, values)


def _moment_row(visit: Visit, symbol: str, view: MarketView, index: int) -> dict[str, str]:
    state, day = visit.state, visit.now.date()
    minute = state.prices.minute(symbol, day, index)
    nav = nav_of(state, symbol, minute.last, day, index)
    before = session_before(state, symbol, day)
    was = nav_of(state, symbol, before.close, before.session, CLOSING)
    at = state.prices.hours(day)[0] + timedelta(minutes=index)
    values = {
        "bsop_hour": f"{at:%H%M%S}",
        "nav": nav,
        **_nav_change(nav, was),
        "nav_vrss_prpr": minute.last - nav,
        "dprt": disparity(minute.last, nav),
        **moved(view, minute.last),
        "acml_vol": minute.cumulative_volume,
        "cntg_vol": minute.volume,
    }
    return filled(fields.NAV_TIME, values)


def _component_row(visit: Visit, part: tuple[str, str, int, int], worth: int) -> dict[str, str]:
    code, name, around, weight = part
    dice = Dice("component", code, visit.now.date())
    change = around * dice.between(-200, 200) // 10_000
    last, volume = around + change, dice.between(1_000_000, 20_000_000)
    value = worth * weight // 100
    values = {
        "stck_shrn_iscd": code,
        "hts_kor_isnm": name,
        "stck_prpr": last,
        "prdy_vrss": change,
        "prdy_vrss_sign": sign(change),
        "prdy_ctrt": percent(change, around),
        "acml_vol": volume,
        "acml_tr_pbmn": last * volume,
        "tday_rsfl_rate": percent(change, around),
        "tr_pbmn_tnrt": "0.30",
        "hts_avls": around * 60,
        "etf_cnfg_issu_avls": value,
        "etf_cnfg_issu_rlim": f"{weight}.00",
        "etf_vltn_amt": value,
    }
    return filled(fields.COMPONENT, values)
