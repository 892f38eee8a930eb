"""ETFs: how their gains are taxed (ka40002), and their days beside their NAV (ka40003)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from brokers.sim.values import DayBar, MarketView
from sandbox.kis.nav import CLOSING, fund_now, nav_of, ratio
from sandbox.kis.wire import Reply
from sandbox.market import bars_so_far
from sandbox.names import TAX_FREE

from . import fields
from .answers import DONE, Visit, answer, directed, percent, sign_code, signed
from .paging import page_of
from .quotes import asked

_MILLION = 1_000_000
_PAGE = 30
_BACK = timedelta(days=400)


def facts(visit: Visit) -> Reply:
    """ka40002. A code that is no ETF is answered with success as well."""
    symbol, view = asked(visit)
    values = {
        "stk_nm": visit.state.prices.name(symbol) if view else "",
        "wonju_pric": "0",
        "etftxon_type": _tax(symbol) if view else "",
    }
    return answer(visit, fields.filled(fields.ETF, values), DONE)


def days(visit: Visit) -> Reply:
    """ka40003: the sessions so far, newest first; today's NAV is the iNAV while it is on."""
    symbol, view = asked(visit)
    today = visit.now.date()
    bars: list[DayBar] = []
    if view is not None:
        span = today - _BACK, today
        bars = bars_so_far(visit.state.prices, view, symbol, span, visit.now, adjusted=False)
    rows = list(pairwise(bars))[::-1]
    page, key = page_of(visit, rows, _PAGE, lambda row: f"{row[1].session:%Y%m%d}")
    listed = [_day_row(visit, symbol, view, before, bar) for before, bar in page if view]
    return answer(visit, {"etfdaly_trnsn": listed}, DONE, next_key=key)


def _tax(symbol: str) -> str:
    return "비과세" if symbol in TAX_FREE else "보유기간과세"


def _day_row(
    visit: Visit, symbol: str, view: MarketView, before: DayBar, bar: DayBar
) -> dict[str, str]:
    change = bar.close - before.close
    nav = _nav(visit, symbol, view, bar)
    was = nav_of(visit.state, symbol, before.close, before.session, CLOSING)
    values = {
        "cntr_dt": f"{bar.session:%Y%m%d}",
        "cur_prc": directed(bar.close, before.close),
        "pre_sig": sign_code(change),
        "pred_pre": signed(change),
        "pre_rt": percent(change, before.close),
        "trde_qty": bar.volume,
        "nav": directed(nav, was),
        "acc_trde_prica": bar.close * bar.volume // _MILLION,
        "navidex_dispty_rt": "0.00",
        "navetfdispty_rt": signed(ratio(bar.close - nav, nav)),
        "trace_eor_rt": "0",
        "trace_cur_prc": "0",
        "trace_pred_pre": "0",
        "trace_pre_sig": "3",
    }
    return fields.filled(fields.NAV_DAY, values)


def _nav(visit: Visit, symbol: str, view: MarketView, bar: DayBar) -> Decimal:
    if view.is_open and bar.session == visit.now.date():
        return fund_now(visit.state, symbol, view, visit.now).nav
    return nav_of(visit.state, symbol, bar.close, bar.session, CLOSING)
