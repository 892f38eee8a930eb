"""Indices by minute, by category, and before the open (실전 only)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from sandbox.market import newest_finished

from . import fields_lists as fields
from .answers import Visit, invalid, quotation, sign
from .charts import merged
from .fields import filled
from .indices import INDICES, asked_index, level, state_of
from .nav import minute_of, ratio
from .wire import Reply

_ROWS_PER_CALL = 100
_EXPECTED_ROWS = 30
_LOOKBACK = timedelta(days=3_100)
_TEN_SECONDS = timedelta(seconds=10)
_SECONDS = ("60", "300", "600")
_BEFORE, _AFTER = "1", "2"
_LAST_OF_ALL = "666666"
"""What the row of the end of an auction has for its hour."""


def categories(visit: Visit) -> Reply:
    """Inquire-index-category-price: an index, and beside it all that the sandbox has."""
    index, fund, view = asked_index(visit)
    visit.one_of("FID_COND_SCR_DIV_CODE", {"20214"})
    visit.one_of("FID_MRKT_CLS_CODE", {"K", "Q", "K2"})
    visit.one_of("FID_BLNG_CLS_CODE", {"0", "1", "2", "3"})
    whole = state_of(visit, index, fund, view)
    now = {key: value for key, value in whole.items() if key in fields.INDEX_CATEGORY_NOW}
    rows = []
    for code, other in INDICES.items():
        last, base = level(other, view.minute.last), level(other, view.base)
        values = {
            "bstp_cls_code": code,
            "hts_kor_isnm": other.name,
            **_moved(last, base, rate="bstp_nmix_prdy_ctrt"),
            "acml_vol": whole["acml_vol"],
            "acml_tr_pbmn": whole["acml_tr_pbmn"],
            "acml_vol_rlim": "100.00",
            "acml_tr_pbmn_rlim": "",
        }
        rows.append(filled(fields.INDEX_CATEGORY, values))
    return quotation(visit, {"output1": filled(fields.INDEX_CATEGORY_NOW, now), "output2": rows})


def days(visit: Visit) -> Reply:
    """Inquire-index-daily-price: an index, and up to a hundred days, weeks or months of it."""
    index, fund, view = asked_index(visit)
    period = visit.one_of("FID_PERIOD_DIV_CODE", {"D", "W", "M"})
    last_day = visit.day("FID_INPUT_DATE_1")
    newest = min(last_day, newest_finished(visit.state.prices, visit.now))
    bars = visit.state.prices.daily_bars(fund, newest - _LOOKBACK, newest, adjusted=True)
    bars = bars if period == "D" else merged(bars, period)
    rows = []
    for before, bar in pairwise(bars):
        last, base = level(index, bar.close), level(index, before.close)
        values = {
            "stck_bsop_date": f"{bar.session:%Y%m%d}",
            **_moved(last, base, rate="bstp_nmix_prdy_ctrt"),
            "bstp_nmix_oprc": level(index, bar.open),
            "bstp_nmix_hgpr": level(index, bar.high),
            "bstp_nmix_lwpr": level(index, bar.low),
            "acml_vol_rlim": "100.00",
            "acml_vol": bar.volume // 1_000,
            "acml_tr_pbmn": bar.close * bar.volume // 1_000_000,
            "invt_new_psdg": "0.00",
            "d20_dsrt": "100.00",
        }
        rows.append(filled(fields.INDEX_DAY, values))
    whole = state_of(visit, index, fund, view)
    now = {key: value for key, value in whole.items() if key in fields.INDEX_CATEGORY_NOW}
    head = filled(fields.INDEX_CATEGORY_NOW, now)
    return quotation(visit, {"output1": head, "output2": rows[::-1][:_ROWS_PER_CALL]})


def moments(visit: Visit) -> Reply:
    """Inquire-index-timeprice: the session so far every one, five or ten minutes, newest first."""
    index, fund, view = asked_index(visit)
    step = int(visit.one_of("FID_INPUT_HOUR_1", _SECONDS)) // 60
    if not view.minute.cumulative_volume:
        return quotation(visit, {"output": []})
    prices, day = visit.state.prices, visit.now.date()
    opens, base = prices.hours(day)[0], level(index, view.base)
    rows = []
    for number in range(minute_of(visit.state, visit.now), -1, -step)[:_ROWS_PER_CALL]:
        minute = prices.minute(fund, day, number)
        values = {
            "bsop_hour": f"{opens + timedelta(minutes=number):%H%M%S}",
            **_moved(level(index, minute.last), base, rate="bstp_nmix_prdy_ctrt"),
            "acml_tr_pbmn": minute.last * minute.cumulative_volume // 1_000_000,
            "acml_vol": minute.cumulative_volume // 1_000,
            "cntg_vol": minute.volume // 1_000,
        }
        rows.append(filled(fields.INDEX_MOMENT, values))
    return quotation(visit, {"output": rows})


def expected(visit: Visit) -> Reply:
    """Exp-index-trend: the last five minutes before the open or the close, newest first.

    The sandbox's auctions show no prices, so the index stands where it stood before them.
    """
    index, _, view = asked_index(visit)
    kind = visit.one_of("FID_MKOP_CLS_CODE", {_BEFORE, _AFTER})
    step = visit.whole("FID_INPUT_HOUR_1")
    if step not in {10, 30, 60, 600}:
        raise invalid("FID_INPUT_HOUR_1")
    opens, closes = visit.state.prices.hours(visit.now.date())
    end = opens if kind == _BEFORE else closes
    base = level(index, view.base)
    hours: list[datetime] = [
        at
        for number in range(1, _EXPECTED_ROWS + 1)
        if (at := end - number * _TEN_SECONDS * (step // 10)) <= visit.now
    ]
    names = [f"{at:%H%M%S}" for at in hours]
    if names and visit.now >= end:
        names.insert(0, _LAST_OF_ALL)
    rows = [
        filled(
            fields.INDEX_EXPECTED,
            {"stck_cntg_hour": name, **_moved(base, base, rate="prdy_ctrt")},
        )
        for name in names
    ]
    return quotation(visit, {"output": rows})


def _moved(last: Decimal, base: Decimal, *, rate: str) -> Mapping[str, object]:
    return {
        "bstp_nmix_prpr": last,
        "bstp_nmix_prdy_vrss": last - base,
        "prdy_vrss_sign": sign(int((last - base) * 100)),
        rate: ratio(last - base, base),
    }
