"""Quotations: price, order book, daily chart. One business minute is constant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise

from brokers.sim import rules
from brokers.sim.values import DayBar, MarketView

from . import fields
from .answers import InputRefused, Visit, invalid, percent, quotation, sign
from .state import KisState
from .wire import Reply

_LEVELS = 10
_BARS_PER_CALL = 100
_YEAR = timedelta(days=365)
_REMEMBERED_HISTORIES = 200


def price(visit: Visit) -> Reply:
    """Inquire-price."""
    symbol, view = _asked(visit)
    minute, state = view.minute, visit.state
    change = minute.last - view.base
    turnover = minute.last * minute.cumulative_volume
    values: dict[str, object] = {
        "iscd_stat_cls_code": "55",
        "marg_rate": "100.00",
        "rprs_mrkt_kor_name": "ETF",
        "crdt_able_yn": "N",
        "grmn_rate_cls_code": "100",
        "stck_prpr": minute.last,
        "prdy_vrss": change,
        "prdy_vrss_sign": sign(change),
        "prdy_ctrt": percent(change, view.base),
        "acml_tr_pbmn": turnover,
        "acml_vol": minute.cumulative_volume,
        "stck_oprc": minute.day_open,
        "stck_hgpr": minute.day_high,
        "stck_lwpr": minute.day_low,
        "stck_mxpr": view.upper_limit,
        "stck_llam": view.lower_limit,
        "stck_sdpr": view.base,
        "wghn_avrg_stck_prc": f"{minute.last:.2f}",
        "rstc_wdth_prc": view.upper_limit - view.base,
        "aspr_unit": view.tick,
        "hts_deal_qty_unit_val": "1",
        "stac_month": "12",
        "stck_shrn_iscd": symbol,
        "mrkt_warn_cls_code": "00",
        "vi_cls_code": "N",
        "ovtm_vi_cls_code": "N",
        **_extremes(state, symbol, visit.now, minute.last),
        **state.marks.get(symbol, {}),
    }
    return quotation(visit, {"output": fields.filled(fields.PRICE, values)})


def book(visit: Visit) -> Reply:
    """Inquire-asking-price-exp-ccn: ten levels around the minute's best prices."""
    symbol, view = _asked(visit)
    minute, day = view.minute, visit.now.date()
    values: dict[str, object] = {"aspr_acpt_hour": f"{_last_instant(visit, view):%H%M%S}"}
    asks = _ladder(minute.ask, day, limit=view.upper_limit, up=True)
    bids = _ladder(minute.bid, day, limit=view.lower_limit, up=False)
    totals = {"ask": 0, "bid": 0}
    for name, levels in (("ask", asks), ("bid", bids)):
        for level, at in enumerate(levels, start=1):
            shares = _resting(minute.volume, level) if at else 0
            totals[name] += shares
            values[f"{name}p{level}"] = at
            values[f"{name}p_rsqn{level}"] = shares
    values |= {
        "total_askp_rsqn": totals["ask"],
        "total_bidp_rsqn": totals["bid"],
        "ntby_aspr_rsqn": totals["bid"] - totals["ask"],
        "new_mkop_cls_code": "20" if view.is_open else "31",
    }
    change = minute.last - view.base
    expected = {
        "antc_mkop_cls_code": "311" if view.is_open else "112",
        "stck_prpr": minute.last,
        "stck_oprc": minute.day_open,
        "stck_hgpr": minute.day_high,
        "stck_lwpr": minute.day_low,
        "stck_sdpr": view.base,
        "antc_cnpr": minute.last,
        "antc_cntg_vrss_sign": sign(change),
        "antc_cntg_vrss": change,
        "antc_cntg_prdy_ctrt": percent(change, view.base),
        "antc_vol": minute.volume,
        "stck_shrn_iscd": symbol,
        "vi_cls_code": "N",
    }
    return quotation(
        visit,
        {
            "output1": fields.filled(fields.BOOK, values),
            "output2": fields.filled(fields.BOOK_EXPECTED, expected),
        },
    )


def chart(visit: Visit) -> Reply:
    """Inquire-daily-itemchartprice: at most 100 bars, newest first.

    A session that is not over is shown only while it is open, as today's partial bar.
    """
    symbol, view = _asked(visit)
    first, last = visit.day("FID_INPUT_DATE_1"), visit.day("FID_INPUT_DATE_2")
    period = visit.one_of("FID_PERIOD_DIV_CODE", {"D", "W", "M", "Y"})
    adjusted = visit.one_of("FID_ORG_ADJ_PRC", {"0", "1"}) == "0"
    if last < first:
        raise invalid("FID_INPUT_DATE_2")
    # One session more than asked: the oldest row's change is against the one before it.
    bars = _bars(visit, view, symbol, (first - timedelta(days=20), last), adjusted=adjusted)
    merged = bars if period == "D" else _merged(bars, period)
    shown = [(before, bar) for before, bar in pairwise([None, *merged]) if bar is not None]
    rows = [_bar_row(before, bar) for before, bar in shown if bar.session >= first]
    newest = rows[::-1][:_BARS_PER_CALL]
    now = _chart_now(visit, view, symbol)
    return quotation(visit, {"output1": now, "output2": newest})


def _asked(visit: Visit) -> tuple[str, MarketView]:
    visit.one_of("FID_COND_MRKT_DIV_CODE", {"J", "NX", "UN"})
    symbol = visit.need("FID_INPUT_ISCD").strip()
    view = visit.state.exchange.market(visit.now, symbol)
    if view is None:
        raise InputRefused("종목코드 오류입니다.", code="MCA05918")
    return symbol, view


def _last_instant(visit: Visit, view: MarketView) -> datetime:
    """Return when the book was last touched: now, or the close of the day."""
    day = visit.now.date()
    if view.is_open or not visit.state.prices.is_session(day):
        return visit.now
    return min(visit.now, visit.state.prices.hours(day)[1])


def _ladder(best: int, day: date, *, limit: int, up: bool) -> list[int]:
    """Return ten prices from the best one outwards; 0 where the side is empty or limited."""
    levels: list[int] = []
    at = best
    for _ in range(_LEVELS):
        inside = 0 < at <= limit if up else at >= max(limit, 1)
        at = at if inside else 0
        levels.append(at)
        if at:
            at = rules.tick_up(at, day) if up else rules.tick_down(at, day)
    return levels


def _resting(volume: int, level: int) -> int:
    """Return the shares that rest at a level: more one step away from the best, then fewer."""
    return max(1, volume * (6 - abs(level - 2)) // 10) if level < 8 else max(1, volume // 20)


def _bars(
    visit: Visit, view: MarketView, symbol: str, span: tuple[date, date], *, adjusted: bool
) -> list[DayBar]:
    prices, now = visit.state.prices, visit.now
    today, (first, last) = now.date(), span
    opens_today = prices.is_session(today)
    over = opens_today and now >= prices.hours(today)[1]
    newest = today if over else today - timedelta(days=1)
    bars = prices.daily_bars(symbol, first, min(last, newest), adjusted=adjusted)
    minute = view.minute
    if view.is_open and last >= today and minute.cumulative_volume:
        partial = DayBar(
            today,
            minute.day_open,
            minute.day_high,
            minute.day_low,
            minute.last,
            minute.cumulative_volume,
        )
        bars = [*bars, partial]
    return bars


def _merged(bars: list[DayBar], period: str) -> list[DayBar]:
    """Merge daily bars into weeks, months or years, each dated by its first session."""

    def bucket(bar: DayBar) -> tuple[int, ...]:
        day = bar.session
        week = day.isocalendar()
        return {"W": (week.year, week.week), "M": (day.year, day.month), "Y": (day.year,)}[period]

    merged = []
    for _, group in groupby(bars, key=bucket):
        part = list(group)
        traded = [bar for bar in part if bar.volume] or part
        merged.append(
            DayBar(
                part[0].session,
                traded[0].open,
                max(bar.high for bar in traded),
                min(bar.low for bar in traded),
                part[-1].close,
                sum(bar.volume for bar in part),
            )
        )
    return merged


def _bar_row(before: DayBar | None, bar: DayBar) -> dict[str, str]:
    change = bar.close - before.close if before else 0
    values = {
        "stck_bsop_date": f"{bar.session:%Y%m%d}",
        "stck_clpr": bar.close,
        "stck_oprc": bar.open,
        "stck_hgpr": bar.high,
        "stck_lwpr": bar.low,
        "acml_vol": bar.volume,
        "acml_tr_pbmn": bar.close * bar.volume,
        "flng_cls_code": "00",
        "prdy_vrss_sign": sign(change),
        "prdy_vrss": change,
        "revl_issu_reas": "",
    }
    return fields.filled(fields.CHART_BAR, values)


def _chart_now(visit: Visit, view: MarketView, symbol: str) -> dict[str, str]:
    minute, prices, today = view.minute, visit.state.prices, visit.now.date()
    earlier = prices.daily_bars(
        symbol, today - timedelta(days=30), today - timedelta(days=1), adjusted=False
    )
    before = earlier[-1] if earlier else DayBar(today, 0, 0, 0, view.base, 0)
    change = minute.last - view.base
    values: Mapping[str, object] = {
        "prdy_vrss": change,
        "prdy_vrss_sign": sign(change),
        "prdy_ctrt": percent(change, view.base),
        "stck_prdy_clpr": view.base,
        "acml_vol": minute.cumulative_volume,
        "acml_tr_pbmn": minute.last * minute.cumulative_volume,
        "hts_kor_isnm": prices.name(symbol),
        "stck_prpr": minute.last,
        "stck_shrn_iscd": symbol,
        "prdy_vol": before.volume,
        "stck_mxpr": view.upper_limit,
        "stck_llam": view.lower_limit,
        "stck_oprc": minute.day_open,
        "stck_hgpr": minute.day_high,
        "stck_lwpr": minute.day_low,
        "stck_prdy_oprc": before.open,
        "stck_prdy_hgpr": before.high,
        "stck_prdy_lwpr": before.low,
        "askp": minute.ask,
        "bidp": minute.bid,
        "prdy_vrss_vol": minute.cumulative_volume - before.volume,
    }
    return fields.filled(fields.CHART_NOW, values)


def _extremes(state: KisState, symbol: str, now: datetime, last: int) -> dict[str, object]:
    """Return highs and lows of a year, of 250 sessions and of the calendar year so far."""
    today = now.date()
    traded = state.history.get((symbol, today))
    if traded is None:
        if len(state.history) >= _REMEMBERED_HISTORIES:
            state.history.clear()
        bars = state.prices.daily_bars(
            symbol, today - _YEAR, today - timedelta(days=1), adjusted=False
        )
        traded = state.history[symbol, today] = [bar for bar in bars if bar.volume]
    this_year = [bar for bar in traded if bar.session.year == today.year]
    return {
        **_high_low(traded[-250:], ("d250_hgpr", "d250_lwpr"), "_vrss_prpr_rate", last),
        **_high_low(traded, ("w52_hgpr", "w52_lwpr"), "_vrss_prpr_ctrt", last),
        **_dryy(this_year, last),
    }


def _high_low(
    bars: list[DayBar], names: tuple[str, str], rate: str, last: int
) -> dict[str, object]:
    if not bars:
        return {}
    high, low = max(bars, key=lambda bar: bar.high), min(bars, key=lambda bar: bar.low)
    return {
        names[0]: high.high,
        f"{names[0]}_date": f"{high.session:%Y%m%d}",
        f"{names[0]}{rate}": percent(last - high.high, high.high),
        names[1]: low.low,
        f"{names[1]}_date": f"{low.session:%Y%m%d}",
        f"{names[1]}{rate}": percent(last - low.low, low.low),
    }


def _dryy(bars: list[DayBar], last: int) -> dict[str, object]:
    if not bars:
        return {}
    renamed = _high_low(bars, ("dryy_hgpr", "dryy_lwpr"), "_vrss_prpr_rate", last)
    return {
        ("stck_" + key if key in {"dryy_hgpr", "dryy_lwpr"} else key): value
        for key, value in renamed.items()
    }
