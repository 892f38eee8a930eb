"""Market data: a stock's state, its book, daily bars, rankings and lists."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

from brokers.sim.values import DayBar, MarketView
from sandbox.kis.wire import Reply
from sandbox.market import all_views, bars_so_far, ladder

from . import fields
from .answers import DONE, Visit, answer, directed, percent, sign_code, signed
from .paging import page_of

_YEARS_BACK = timedelta(days=800)
_MILLION = 1_000_000
_ETF_BOARD = "8"
_BOARDS = frozenset("0 10 3 8 30 50 5 4 6 9".split())  # noqa: SIM905 - codes read better so


def stock(visit: Visit) -> Reply:
    """ka10001. A code that is not known is answered with success and blank fields."""
    symbol, view = asked(visit)
    if view is None:
        return answer(visit, fields.filled(fields.STOCK, {}), DONE)
    minute, base = view.minute, view.base
    change = minute.last - base
    values: dict[str, object] = {
        "stk_cd": symbol,
        "stk_nm": visit.state.prices.name(symbol),
        "setl_mm": "12",
        "open_pric": directed(minute.day_open, base),
        "high_pric": directed(minute.day_high, base),
        "low_pric": directed(minute.day_low, base),
        "upl_pric": f"+{view.upper_limit}",
        "lst_pric": f"-{view.lower_limit}",
        "base_pric": base,
        "exp_cntr_pric": "-0",
        "exp_cntr_qty": "0",
        "cur_prc": directed(minute.last, base),
        "pre_sig": sign_code(change),
        "pred_pre": signed(change),
        "flu_rt": percent(change, base),
        "trde_qty": minute.cumulative_volume,
        "fav_unit": "원",
    }
    return answer(visit, fields.filled(fields.STOCK, values), DONE)


def book(visit: Visit) -> Reply:
    """ka10004: ten levels around the minute's best prices."""
    _symbol, view = asked(visit)
    if view is None:
        return answer(visit, fields.filled(fields.BOOK, {}), DONE)
    day, minute = visit.now.date(), view.minute
    values: dict[str, object] = {"bid_req_base_tm": f"{visit.now:%H%M%S}"}
    totals = {"sel": 0, "buy": 0}
    for side, best, limit in (
        ("sel", minute.ask, view.upper_limit),
        ("buy", minute.bid, view.lower_limit),
    ):
        for level, at in enumerate(ladder(best, day, limit=limit, up=side == "sel"), start=1):
            shares = max(minute.volume // (level + 1), 1) if at else 0
            totals[side] += shares
            first = level == 1
            values[f"{side}_fpr_bid" if first else f"{side}_{level}th_pre_bid"] = directed(
                at, view.base
            )
            values[f"{side}_fpr_req" if first else f"{side}_{level}th_pre_req"] = shares
    values |= {"tot_sel_req": totals["sel"], "tot_buy_req": totals["buy"]}
    return answer(visit, fields.filled(fields.BOOK, values, "0"), DONE)


def chart(visit: Visit) -> Reply:
    """ka10081: daily bars up to `base_dt`, newest first, page after page."""
    symbol, view = asked(visit)
    visit.need("base_dt")
    last = visit.day("base_dt")
    adjusted = visit.one_of("upd_stkpc_tp", {"0", "1"}) == "1"
    span = max(last, date.min + _YEARS_BACK) - _YEARS_BACK, last
    prices, now = visit.state.prices, visit.now
    bars = bars_so_far(prices, view, symbol, span, now, adjusted=adjusted) if view else []
    rows = [(before, bar) for before, bar in pairwise([None, *bars]) if bar is not None][::-1]
    size = visit.state.profile.chart_page
    page, key = page_of(visit, rows, size, lambda row: f"{row[1].session:%Y%m%d}")
    listed = [_bar_row(before, bar) for before, bar in page]
    return answer(visit, {"stk_cd": symbol, "stk_dt_pole_chart_qry": listed}, DONE, next_key=key)


def listing(visit: Visit) -> Reply:
    """ka10099: everything on a board; ETFs stand on their own and among the KOSPI stocks."""
    board = visit.one_of("mrkt_tp", _BOARDS)
    codes = visit.state.prices.symbols() if board in {_ETF_BOARD, "0"} else ()
    return answer(visit, {"list": [_listed(visit, code) for code in codes]}, DONE)


def stock_state(visit: Visit) -> Reply:
    """ka10100: one row of the list by itself."""
    symbol, view = asked(visit)
    row = _listed(visit, symbol) if view else fields.filled(fields.LISTED, {})
    return answer(visit, row, DONE)


def change_ranking(visit: Visit) -> Reply:
    """ka10027: what moved most, in percent or in won."""
    visit.one_of("mrkt_tp", {"000", "001", "101"})
    kind = visit.one_of("sort_tp", {"1", "2", "3", "4", "5"})
    _conditions(visit, "trde_qty_cnd stk_cnd crd_cnd updown_incls pric_cnd trde_prica_cnd")
    views = [(code, view) for code, view in _market(visit) if (kind == "5") == (not _change(view))]
    in_percent = kind in {"1", "3"}
    views.sort(
        key=lambda item: _change(item[1]) / (item[1].base if in_percent else 1),
        reverse=kind in {"1", "2"},
    )
    rows = [_change_row(visit, code, view) for code, view in views]
    return answer(visit, {"pred_pre_flu_rt_upper": rows}, DONE)


def volume_ranking(visit: Visit) -> Reply:
    """ka10030: what traded most, by shares, turnover rate or amount."""
    visit.one_of("mrkt_tp", {"000", "001", "101"})
    kind = visit.one_of("sort_tp", {"1", "2", "3"})
    _conditions(visit, "mang_stk_incls crd_tp trde_qty_tp pric_tp trde_prica_tp mrkt_open_tp")
    by_amount = kind == "3"
    views = sorted(
        _market(visit),
        key=lambda item: (
            item[1].minute.cumulative_volume * (item[1].minute.last if by_amount else 1)
        ),
        reverse=True,
    )
    rows = [_volume_row(visit, code, view) for code, view in views]
    return answer(visit, {"tdy_trde_qty_upper": rows}, DONE)


def asked(visit: Visit) -> tuple[str, MarketView | None]:
    """Return the plain code (_NX and _AL name other venues of the same stock) and its market."""
    symbol = visit.need("stk_cd").partition("_")[0]
    return symbol, visit.state.exchange.market(visit.now, symbol)


def _conditions(visit: Visit, names: str) -> None:
    for name in names.split():
        visit.need(name)
    visit.one_of("stex_tp", {"1", "2", "3"})


def _market(visit: Visit) -> Iterable[tuple[str, MarketView]]:
    return all_views(visit.state.exchange, visit.state.prices, visit.now).items()


def _change(view: MarketView) -> int:
    return view.minute.last - view.base


def _bar_row(before: DayBar | None, bar: DayBar) -> dict[str, str]:
    change = bar.close - before.close if before else 0
    # A day without trades stands at its close.
    opened, high, low = (price or bar.close for price in (bar.open, bar.high, bar.low))
    values = {
        "cur_prc": bar.close,
        "trde_qty": bar.volume,
        "trde_prica": bar.close * bar.volume // _MILLION,
        "dt": f"{bar.session:%Y%m%d}",
        "open_pric": opened,
        "high_pric": high,
        "low_pric": low,
        "pred_pre": signed(change),
        "pred_pre_sig": sign_code(change),
        "trde_tern_rt": "+0.00" if bar.volume else "0.00",
    }
    return fields.filled(fields.BAR_ROW, values)


def _listed(visit: Visit, symbol: str) -> dict[str, str]:
    view = visit.state.exchange.market(visit.now, symbol)
    values = {
        "code": symbol,
        "name": visit.state.prices.name(symbol),
        "listCount": f"{0:016d}",
        "auditInfo": "정상",
        "regDay": "20021014",
        "lastPrice": f"{view.base if view else 0:08d}",
        "state": "증거금100%|신용불가",
        "marketCode": _ETF_BOARD,
        "marketName": "ETF",
        "orderWarning": "0",
        **visit.state.marks.get(symbol, {}),
    }
    return fields.filled(fields.LISTED, values)


def _moves(visit: Visit, code: str, view: MarketView) -> dict[str, object]:
    change = _change(view)
    return {
        "stk_cd": code,
        "stk_nm": visit.state.prices.name(code),
        "cur_prc": directed(view.minute.last, view.base),
        "pred_pre_sig": sign_code(change),
        "pred_pre": signed(change),
        "flu_rt": percent(change, view.base),
    }


def _change_row(visit: Visit, code: str, view: MarketView) -> dict[str, str]:
    minute = view.minute
    values = {
        "stk_cls": "19",
        "sel_req": minute.volume,
        "buy_req": minute.volume,
        "now_trde_qty": minute.cumulative_volume,
        "cntr_str": "100.00",
        "cnt": "1",
    }
    return fields.filled(fields.CHANGE_RANK, {**_moves(visit, code, view), **values})


def _volume_row(visit: Visit, code: str, view: MarketView) -> dict[str, str]:
    shares = view.minute.cumulative_volume
    values = {
        "trde_qty": shares,
        "pred_rt": "+100.00",
        "trde_tern_rt": "+0.00",
        "trde_amt": view.minute.last * shares // _MILLION,
    }
    return fields.filled(fields.VOLUME_RANK, {**_moves(visit, code, view), **values})
