"""Market indices: each follows one listed fund, so that a fund and its index never disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from brokers.sim.values import DayBar, MarketView
from sandbox.market import all_views, newest_finished

from . import fields_market as fields
from .answers import InputRefused, Visit, invalid, quotation, sign
from .charts import merged
from .fields import filled
from .nav import CENT, ratio, session_before
from .wire import Reply

_BARS_PER_CALL = 50
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Index:
    """One index: its name, the fund that it follows, and its points for a won of it."""

    name: str
    fund: str
    per_won: Decimal


# KODEX 200 is KOSPI 200 times a hundred; the others keep a fund's proportions.
INDICES: Mapping[str, Index] = {
    "0001": Index("종합", "069500", Decimal("0.0742")),
    "1001": Index("KOSDAQ", "229200", Decimal("0.0600")),
    "2001": Index("KOSPI200", "069500", Decimal("0.0100")),
}


def price(visit: Visit) -> Reply:
    """Inquire-index-price (실전 only). Volume in thousands of shares, turnover in millions."""
    values = state_of(visit, *asked_index(visit))
    return quotation(visit, {"output": filled(fields.INDEX, values)})


def chart(visit: Visit) -> Reply:
    """Inquire-daily-indexchartprice: the index now, and at most fifty days, newest first."""
    index, fund, view = asked_index(visit)
    first, last_day = visit.day("FID_INPUT_DATE_1"), visit.day("FID_INPUT_DATE_2")
    period = visit.one_of("FID_PERIOD_DIV_CODE", {"D", "W", "M", "Y"})
    if last_day < first:
        raise invalid("FID_INPUT_DATE_2")
    state, now = visit.state, visit.now
    today = now.date()
    newest = min(last_day, newest_finished(state.prices, now))
    bars = state.prices.daily_bars(fund, first, newest, adjusted=True)
    bars = bars if period == "D" else merged(bars, period)
    last, base = level(index, view.minute.last), level(index, view.base)
    before = session_before(state, fund, today)
    head = {
        "bstp_nmix_prdy_vrss": last - base,
        "prdy_vrss_sign": sign(int((last - base) * 100)),
        "bstp_nmix_prdy_ctrt": ratio(last - base, base),
        "prdy_nmix": base,
        "acml_vol": view.minute.cumulative_volume // 1_000,
        "acml_tr_pbmn": view.minute.last * view.minute.cumulative_volume // 1_000_000,
        "hts_kor_isnm": index.name,
        "bstp_nmix_prpr": last,
        "bstp_cls_code": visit.fields["FID_INPUT_ISCD"],
        "prdy_vol": before.volume // 1_000,
        "bstp_nmix_oprc": level(index, view.minute.day_open),
        "bstp_nmix_hgpr": level(index, view.minute.day_high),
        "bstp_nmix_lwpr": level(index, view.minute.day_low),
        "futs_prdy_oprc": level(index, before.open),
        "futs_prdy_hgpr": level(index, before.high),
        "futs_prdy_lwpr": level(index, before.low),
    }
    rows = [_bar_row(index, bar) for bar in bars[::-1][:_BARS_PER_CALL]]
    return quotation(visit, {"output1": filled(fields.INDEX_NOW, head), "output2": rows})


def state_of(visit: Visit, index: Index, fund: str, view: MarketView) -> dict[str, object]:
    """Return everything that is known of an index now."""
    last, base = level(index, view.minute.last), level(index, view.base)
    views = list(all_views(visit.state.exchange, visit.state.prices, visit.now).values())
    moves = [found.minute.last - found.base for found in views]
    return {
        "bstp_nmix_prpr": last,
        "bstp_nmix_prdy_vrss": last - base,
        "prdy_vrss_sign": sign(int((last - base) * 100)),
        "bstp_nmix_prdy_ctrt": ratio(last - base, base),
        **_traded(views),
        **_since_open(index, view, last, base),
        "ascn_issu_cnt": sum(move > 0 for move in moves),
        "stnr_issu_cnt": sum(move == 0 for move in moves),
        "down_issu_cnt": sum(move < 0 for move in moves),
        **_year(visit, index, fund, last),
        "seln_rsqn_rate": "50.00",
        "shnu_rsqn_rate": "50.00",
    }


def asked_index(visit: Visit) -> tuple[Index, str, MarketView]:
    """Return the index that is asked about, its fund and that one's market. Raises InputRefused."""
    visit.one_of("FID_COND_MRKT_DIV_CODE", {"U"})
    index = INDICES.get(visit.need("FID_INPUT_ISCD").strip())
    if index is None:
        raise InputRefused("업종코드 오류입니다.", code="MCA05918")
    listed = visit.state.prices.symbols()
    fund = index.fund if index.fund in listed else listed[0]
    view = visit.state.exchange.market(visit.now, fund)
    if view is None:
        raise InputRefused("업종코드 오류입니다.", code="MCA05918")
    return index, fund, view


def level(index: Index, price_won: int) -> Decimal:
    """Return where an index stands when its fund is at a price."""
    return (price_won * index.per_won).quantize(CENT, rounding=ROUND_HALF_UP)


def _traded(views: list[MarketView]) -> dict[str, object]:
    volume = sum(view.minute.cumulative_volume for view in views)
    turnover = sum(view.minute.cumulative_volume * view.minute.last for view in views)
    return {"acml_vol": volume // 1_000, "acml_tr_pbmn": turnover // 1_000_000}


def _since_open(index: Index, view: MarketView, last: Decimal, base: Decimal) -> dict[str, object]:
    opened = level(index, view.minute.day_open)
    high, low = level(index, view.minute.day_high), level(index, view.minute.day_low)
    zero = Decimal("0.00")
    traded = bool(view.minute.day_open)
    return {
        "bstp_nmix_oprc": opened,
        "prdy_nmix_vrss_nmix_oprc": opened - base if traded else zero,
        "oprc_vrss_prpr_sign": sign(int((last - opened) * 100) if traded else 0),
        "bstp_nmix_oprc_prdy_ctrt": ratio(opened - base, base) if traded else zero,
        "bstp_nmix_hgpr": high,
        "prdy_nmix_vrss_nmix_hgpr": high - base if traded else zero,
        "hgpr_vrss_prpr_sign": sign(int((high - base) * 100) if traded else 0),
        "bstp_nmix_hgpr_prdy_ctrt": ratio(high - base, base) if traded else zero,
        "bstp_nmix_lwpr": low,
        "prdy_clpr_vrss_lwpr": low - base if traded else zero,
        "lwpr_vrss_prpr_sign": sign(int((low - base) * 100) if traded else 0),
        "prdy_clpr_vrss_lwpr_rate": ratio(low - base, base) if traded else zero,
    }


def _year(visit: Visit, index: Index, fund: str, last: Decimal) -> dict[str, object]:
    today: date = visit.now.date()
    first = max(today - _YEAR, date(today.year, 1, 1))
    yesterday = today - timedelta(days=1)
    bars = visit.state.prices.daily_bars(fund, first, yesterday, adjusted=False)
    bars = [bar for bar in bars if bar.volume]
    if not bars:
        return {"dryy_bstp_nmix_hgpr": last, "dryy_bstp_nmix_lwpr": last}
    top, bottom = max(bars, key=lambda bar: bar.high), min(bars, key=lambda bar: bar.low)
    high, low = level(index, top.high), level(index, bottom.low)
    return {
        "dryy_bstp_nmix_hgpr": high,
        "dryy_hgpr_vrss_prpr_rate": ratio(last - high, high),
        "dryy_bstp_nmix_hgpr_date": f"{top.session:%Y%m%d}",
        "dryy_bstp_nmix_lwpr": low,
        "dryy_lwpr_vrss_prpr_rate": ratio(last - low, low),
        "dryy_bstp_nmix_lwpr_date": f"{bottom.session:%Y%m%d}",
    }


def _bar_row(index: Index, bar: DayBar) -> dict[str, str]:
    values = {
        "stck_bsop_date": f"{bar.session:%Y%m%d}",
        "bstp_nmix_prpr": level(index, bar.close),
        "bstp_nmix_oprc": level(index, bar.open),
        "bstp_nmix_hgpr": level(index, bar.high),
        "bstp_nmix_lwpr": level(index, bar.low),
        "acml_vol": bar.volume // 1_000,
        "acml_tr_pbmn": bar.close * bar.volume // 1_000_000,
        "mod_yn": "N",
    }
    return filled(fields.INDEX_BAR, values)
