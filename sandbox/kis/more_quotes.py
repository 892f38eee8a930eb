"""One fund by the minute, by the day without a span, its trades by time, and its state."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise

from brokers.sim.values import DayBar, MarketView
from sandbox.clock import KST
from sandbox.market import bars_so_far, newest_finished

from . import fields_lists as fields
from .answers import Visit, invalid, percent, quotation, sign
from .charts import merged
from .fields import filled
from .moves import moved
from .nav import minute_of, session_before
from .quotes import asked
from .wire import Reply

_MINUTES_PER_CALL = 30
_PAST_MINUTES_PER_CALL = 120
_DAYS_PER_CALL = 30
_FLAGS = ("0", "1", "0000000000", "0000000001")
_MINUTE = timedelta(minutes=1)
# Thirty months, and the bar before the oldest of them.
_LOOKBACK = timedelta(days=31 * 32)


def minute_bars(visit: Visit) -> Reply:
    """Inquire-time-itemchartprice: thirty minutes of today up to the asked one, newest first.

    A later hour than now gives what there is. A minute here has one price.
    """
    symbol, view = asked(visit)
    visit.need("FID_ETC_CLS_CODE")
    visit.one_of("FID_PW_DATA_INCU_YN", {"Y", "N", ""})
    today = visit.now.date()
    until = _hour(visit, today)
    rows = [_minute_row(visit, symbol, index, today) for index in _indices(visit, view, until)]
    return quotation(visit, {"output1": _minute_now(visit, symbol, view), "output2": rows})


def _minute_now(visit: Visit, symbol: str, view: MarketView) -> dict[str, str]:
    minute = view.minute
    now = {
        **moved(view, minute.last),
        "stck_prdy_clpr": view.base,
        "acml_vol": minute.cumulative_volume,
        "acml_tr_pbmn": minute.last * minute.cumulative_volume,
        "hts_kor_isnm": visit.state.prices.name(symbol),
    }
    return filled(fields.MINUTE_NOW, now)


def past_minutes(visit: Visit) -> Reply:
    """Inquire-time-dailychartprice (실전 only): the minutes of a day up to an hour, 120 a call."""
    symbol, view = asked(visit)
    visit.need("FID_PW_DATA_INCU_YN")
    visit.need("FID_FAKE_TICK_INCU_YN")
    day = visit.day("FID_INPUT_DATE_1")
    until = min(_hour(visit, day), visit.now)
    rows = []
    if visit.state.prices.is_session(day):
        opens, closes = visit.state.prices.hours(day)
        newest = (min(until, closes) - opens) // _MINUTE
        indices = range(newest, max(newest - _PAST_MINUTES_PER_CALL, -1), -1)
        rows = [_minute_row(visit, symbol, index, day) for index in indices]
    return quotation(visit, {"output1": _minute_now(visit, symbol, view), "output2": rows})


def conclusions(visit: Visit) -> Reply:
    """Inquire-time-itemconclusion: thirty trades up to the asked time, newest first."""
    symbol, view = asked(visit)
    until = _hour(visit, visit.now.date())
    now = {
        **moved(view, view.minute.last),
        "acml_vol": view.minute.cumulative_volume,
        "prdy_vol": session_before(visit.state, symbol, visit.now.date()).volume,
        "rprs_mrkt_kor_name": "ETF",
    }
    rows = [_trade_row(visit, symbol, view, index) for index in _indices(visit, view, until)]
    return quotation(visit, {"output1": filled(fields.CONCLUSION_NOW, now), "output2": rows})


def recent_days(visit: Visit) -> Reply:
    """Inquire-daily-price: the last thirty days, weeks or months.

    FID_ORG_ADJ_PRC has the opposite sense of the daily chart's: 1 is adjusted. Older documents
    wrote it with ten digits.
    """
    symbol, view = asked(visit)
    period = visit.one_of("FID_PERIOD_DIV_CODE", {"D", "W", "M"})
    adjusted = int(visit.one_of("FID_ORG_ADJ_PRC", _FLAGS)) == 1
    today = visit.now.date()
    span = today - _LOOKBACK, today
    bars = bars_so_far(visit.state.prices, view, symbol, span, visit.now, adjusted=adjusted)
    shown = bars if period == "D" else merged(bars, period)
    rows = [_day_row(before, bar) for before, bar in pairwise([None, *shown]) if bar is not None]
    return quotation(visit, {"output": rows[::-1][:_DAYS_PER_CALL]})


def state(visit: Visit) -> Reply:
    """Inquire-price-2: the price with the state of the issue."""
    symbol, view = asked(visit)
    minute, marks = view.minute, visit.state.marks.get(symbol, {})
    before = session_before(visit.state, symbol, visit.now.date())
    values: dict[str, object] = {
        **moved(view, minute.last),
        **_levels(view),
        "rprs_mrkt_kor_name": "ETF",
        "acml_tr_pbmn": minute.last * minute.cumulative_volume,
        "acml_vol": minute.cumulative_volume,
        "prdy_vol": before.volume,
        "prdy_vrss_vol_rate": percent(minute.cumulative_volume, before.volume),
        "bstp_kor_isnm": "ETF(실물복제/수익증권)",
        "trht_yn": marks.get("temp_stop_yn", "N"),
        "vlnt_fin_cls_code": "N",
        "stck_prdy_clpr": view.base,
        "marg_rate": "100.00",
        "stck_mxpr": view.upper_limit,
        "stck_llam": view.lower_limit,
        "bstp_cls_code": symbol,
        "stck_sdpr": view.base,
        "vlnt_deal_cls_name": " ",
        "new_lstn_cls_name": " " * 8,
        "divi_app_cls_code": "  ",
        "short_over_cls_code": " " * 10,
        "vi_cls_code": marks.get("vi_cls_code", "N"),
        "ssts_hot_yn": " ",
        "mrkt_warn_cls_code": marks.get("mrkt_warn_cls_code", "00"),
        **{key: marks.get(key, "N") for key in ("sltr_yn", "invt_caful_yn", "short_over_yn")},
    }
    return quotation(visit, {"output": filled(fields.STATE, values)})


def _levels(view: MarketView) -> dict[str, object]:
    """Return open, high and low of the day, each against the base and against the last price."""
    minute, found = view.minute, dict[str, object]()
    days = (("oprc", minute.day_open), ("hgpr", minute.day_high), ("lwpr", minute.day_low))
    for name, at in days:
        change = minute.last - at if at else 0
        found[f"stck_{name}"] = at
        found[f"{name}_vrss_prpr"] = change
        found[f"{name}_vrss_prpr_sign"] = sign(change)
        rate = percent(at - view.base, view.base) if at else "0.00"
        found[f"prdy_clpr_vrss_{name}_rate"] = rate
    return found


def investors(visit: Visit) -> Reply:
    """Inquire-investor: thirty finished sessions; here only private people trade, with one another.

    Turnover comes in millions of won.
    """
    symbol, _ = asked(visit)
    newest = newest_finished(visit.state.prices, visit.now)
    span = newest - timedelta(days=2 * _DAYS_PER_CALL), newest
    bars = visit.state.prices.daily_bars(symbol, *span, adjusted=False)
    rows = []
    for before, bar in pairwise(bars):
        change, turnover = bar.close - before.close, bar.close * bar.volume // 1_000_000
        values = {
            "stck_bsop_date": f"{bar.session:%Y%m%d}",
            "stck_clpr": bar.close,
            "prdy_vrss": change,
            "prdy_vrss_sign": sign(change),
            **{f"prsn_{side}_vol": bar.volume for side in ("shnu", "seln")},
            **{f"prsn_{side}_tr_pbmn": turnover for side in ("shnu", "seln")},
        }
        rows.append(filled(fields.INVESTORS, values))
    return quotation(visit, {"output": rows[::-1][:_DAYS_PER_CALL]})


def members(visit: Visit) -> Reply:
    """Inquire-member: who traded most today; one invented member on both sides."""
    _, view = asked(visit)
    volume = view.minute.cumulative_volume
    values: dict[str, object] = {"acml_vol": volume}
    for side in ("seln", "shnu"):
        values |= {
            f"{side}_mbcr_no1": "00999",
            f"{side}_mbcr_name1": "모의증권",
            f"total_{side}_qty1": volume,
            f"{side}_mbcr_rlim1": "100.00" if volume else "0.00",
            **{f"{side}_mbcr_no{place}": "" for place in range(2, 6)},
            **{f"{side}_mbcr_name{place}": "" for place in range(2, 6)},
            **{f"{side}_mbcr_rlim{place}": "0.00" for place in range(2, 6)},
            **{f"{side}_mbcr_glob_yn_{place}": "N" for place in range(1, 6)},
        }
    return quotation(visit, {"output": [filled(fields.MEMBERS, values)]})


def _hour(visit: Visit, day: date) -> datetime:
    """Return the asked time of a day, at most now; none, or midnight as python-kis asks, is now."""
    text = visit.need("FID_INPUT_HOUR_1").strip()
    try:
        at = datetime.strptime(text, "%H%M%S").time() if text.strip("0") else time.max  # noqa: DTZ007
    except ValueError:
        raise invalid("FID_INPUT_HOUR_1") from None
    return min(datetime.combine(day, at, KST), visit.now)


def _indices(visit: Visit, view: MarketView, until: datetime) -> range:
    """Return the minutes of today up to `until`, newest first, none while nothing has traded."""
    opens = visit.state.prices.hours(visit.now.date())[0] if view.minute.cumulative_volume else None
    if opens is None or until < opens:
        return range(0)
    newest = minute_of(visit.state, until)
    return range(newest, max(newest - _MINUTES_PER_CALL, -1), -1)


def _minute_row(visit: Visit, symbol: str, index: int, day: date) -> dict[str, str]:
    minute = visit.state.prices.minute(symbol, day, index)
    at = visit.state.prices.hours(day)[0] + index * _MINUTE
    values = {
        "stck_bsop_date": f"{day:%Y%m%d}",
        "stck_cntg_hour": f"{at:%H%M00}",
        "stck_prpr": minute.last,
        "stck_oprc": minute.last,
        "stck_hgpr": minute.last,
        "stck_lwpr": minute.last,
        "cntg_vol": minute.volume,
        "acml_tr_pbmn": minute.last * minute.cumulative_volume,
    }
    return filled(fields.MINUTE, values)


def _trade_row(visit: Visit, symbol: str, view: MarketView, index: int) -> dict[str, str]:
    day = visit.now.date()
    minute = visit.state.prices.minute(symbol, day, index)
    at = visit.state.prices.hours(day)[0] + index * _MINUTE
    values = {
        "stck_cntg_hour": f"{at:%H%M%S}",
        **moved(view, minute.last),
        "askp": minute.ask,
        "bidp": minute.bid,
        "tday_rltv": "100.00",
        "acml_vol": minute.cumulative_volume,
        "cnqn": minute.volume,
    }
    return filled(fields.CONCLUSION, values)


def _day_row(before: DayBar | None, bar: DayBar) -> dict[str, str]:
    change = bar.close - before.close if before else 0
    values = {
        "stck_bsop_date": f"{bar.session:%Y%m%d}",
        "stck_oprc": bar.open,
        "stck_hgpr": bar.high,
        "stck_lwpr": bar.low,
        "stck_clpr": bar.close,
        "acml_vol": bar.volume,
        "prdy_vrss_vol_rate": percent(bar.volume - before.volume, before.volume)
        if before
        else "0.00",
        "prdy_vrss": change,
        "prdy_vrss_sign": sign(change),
        "prdy_ctrt": percent(change, before.close) if before else "0.00",
        "flng_cls_code": "00",
        "acml_prtt_rate": "0.00",
    }
    return filled(fields.DAY_PRICE, values)
