"""The daily chart of one symbol: finished sessions, and today's as far as it has come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import groupby, pairwise

from brokers.sim.values import DayBar, MarketView
from sandbox.market import bars_so_far

from . import fields
from .answers import Visit, invalid, quotation, sign
from .moves import moved
from .quotes import asked
from .wire import Reply

_BARS_PER_CALL = 100
# No ETF of this market is older.
_BEGINNING = date(2002, 1, 1)


def chart(visit: Visit) -> Reply:
    """Inquire-daily-itemchartprice: at most 100 bars, newest first.

    A session that is not over is shown only while it is open, as today's partial bar.
    """
    symbol, view = asked(visit)
    first, last = _first_day(visit), visit.day("FID_INPUT_DATE_2")
    period = visit.one_of("FID_PERIOD_DIV_CODE", {"D", "W", "M", "Y"})
    adjusted = visit.one_of("FID_ORG_ADJ_PRC", {"0", "1"}) == "0"
    if last < first:
        raise invalid("FID_INPUT_DATE_2")
    # One session more than asked: the oldest row's change is against the one before it.
    span = first - timedelta(days=20), last
    bars = bars_so_far(visit.state.prices, view, symbol, span, visit.now, adjusted=adjusted)
    bars = bars if period == "D" else merged(bars, period)
    shown = [(before, bar) for before, bar in pairwise([None, *bars]) if bar is not None]
    rows = [_bar_row(before, bar) for before, bar in shown if bar.session >= first]
    newest = rows[::-1][:_BARS_PER_CALL]
    now = _chart_now(visit, view, symbol)
    return quotation(visit, {"output1": now, "output2": newest})


def _first_day(visit: Visit) -> date:
    """Return the day to begin with; python-kis asks for everything by the year 0."""
    if visit.need("FID_INPUT_DATE_1").startswith("0000"):
        return _BEGINNING
    return max(visit.day("FID_INPUT_DATE_1"), _BEGINNING)


def merged(bars: list[DayBar], period: str) -> list[DayBar]:
    """Merge daily bars into weeks, months or years, each dated by its first session."""

    def bucket(bar: DayBar) -> tuple[int, ...]:
        day = bar.session
        week = day.isocalendar()
        return {"W": (week.year, week.week), "M": (day.year, day.month), "Y": (day.year,)}[period]

    found = []
    for _, group in groupby(bars, key=bucket):
        part = list(group)
        traded = [bar for bar in part if bar.volume] or part
        found.append(
            DayBar(
                part[0].session,
                traded[0].open,
                max(bar.high for bar in traded),
                min(bar.low for bar in traded),
                part[-1].close,
                sum(bar.volume for bar in part),
            )
        )
    return found


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
    values: Mapping[str, object] = {
        **moved(view, minute.last),
        "stck_prdy_clpr": view.base,
        "acml_vol": minute.cumulative_volume,
        "acml_tr_pbmn": minute.last * minute.cumulative_volume,
        "hts_kor_isnm": prices.name(symbol),
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
