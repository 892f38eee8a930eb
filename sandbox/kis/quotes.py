"""Quotations: price, order book, last trades. One business minute is constant."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from brokers.sim.values import DayBar, MarketView
from sandbox.market import ladder

from . import fields, fields_market
from .answers import InputRefused, Visit, percent, quotation
from .moves import moved, price_sign
from .nav import minute_of
from .state import KisState
from .wire import Reply

_DIVISIONS = frozenset({"J", "NX", "UN"})
_TRADES_PER_CALL = 30
_YEAR = timedelta(days=365)
_REMEMBERED_HISTORIES = 200


def price(visit: Visit) -> Reply:
    """Inquire-price."""
    symbol, view = asked(visit)
    minute, state = view.minute, visit.state
    turnover = minute.last * minute.cumulative_volume
    values: dict[str, object] = {
        "iscd_stat_cls_code": "55",
        "marg_rate": "100.00",
        "rprs_mrkt_kor_name": "ETF",
        "bstp_kor_isnm": "ETF(실물복제/수익증권)",
        "crdt_able_yn": "N",
        "grmn_rate_cls_code": "100",
        **moved(view, minute.last),
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
        "cpfn_cnnm": "0 억",
        "mrkt_warn_cls_code": "00",
        "vi_cls_code": "N",
        "ovtm_vi_cls_code": "N",
        **_extremes(state, symbol, visit.now, minute.last),
        **state.marks.get(symbol, {}),
    }
    return quotation(visit, {"output": fields.filled(fields.PRICE, values)})


def book(visit: Visit) -> Reply:
    """Inquire-asking-price-exp-ccn: ten levels around the minute's best prices."""
    symbol, view = asked(visit)
    minute, day = view.minute, visit.now.date()
    values: dict[str, object] = {"aspr_acpt_hour": f"{_last_instant(visit, view):%H%M%S}"}
    asks = ladder(minute.ask, day, limit=view.upper_limit, up=True)
    bids = ladder(minute.bid, day, limit=view.lower_limit, up=False)
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
        "antc_cntg_vrss_sign": price_sign(view, minute.last),
        "antc_cntg_vrss": change,
        "antc_cntg_prdy_ctrt": percent(change, view.base),
        "antc_vol": minute.volume,
        "stck_shrn_iscd": symbol,
        "vi_cls_code": visit.state.marks.get(symbol, {}).get("vi_cls_code", "N"),
    }
    return quotation(
        visit,
        {
            "output1": fields.filled(fields.BOOK, values),
            "output2": fields.filled(fields.BOOK_EXPECTED, expected),
        },
    )


def trades(visit: Visit) -> Reply:
    """Inquire-ccnl: the last thirty trades, newest first. Each minute of the path is one."""
    symbol, view = asked(visit)
    if not view.minute.cumulative_volume:
        return quotation(visit, {"output": []})
    newest = minute_of(visit.state, visit.now)
    rows = [
        _trade_row(visit, symbol, view, index)
        for index in range(newest, max(newest - _TRADES_PER_CALL, -1), -1)
    ]
    return quotation(visit, {"output": rows})


def _trade_row(visit: Visit, symbol: str, view: MarketView, index: int) -> dict[str, str]:
    day = visit.now.date()
    minute = visit.state.prices.minute(symbol, day, index)
    at = visit.state.prices.hours(day)[0] + timedelta(minutes=index)
    values = {
        "stck_cntg_hour": f"{at:%H%M%S}",
        **moved(view, minute.last),
        "cntg_vol": minute.volume,
        "tday_rltv": "100.00",
    }
    return fields.filled(fields_market.TRADE, values)


def asked(visit: Visit, *, divisions: frozenset[str] = _DIVISIONS) -> tuple[str, MarketView]:
    """Return the symbol that a quotation is about, and its market. Raises InputRefused."""
    visit.one_of("FID_COND_MRKT_DIV_CODE", divisions)
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


def _resting(volume: int, level: int) -> int:
    """Return the shares that rest at a level: more one step away from the best, then fewer."""
    return max(1, volume * (6 - abs(level - 2)) // 10) if level < 8 else max(1, volume // 20)


def _extremes(state: KisState, symbol: str, now: datetime, last: int) -> dict[str, object]:
    """Return highs and lows of a year, of 250 sessions and of the calendar year so far."""
    traded = _traded_year(state, symbol, now.date())
    return {
        **_high_low(traded[-250:], ("d250_hgpr", "d250_lwpr"), "_vrss_prpr_rate", last),
        **_high_low(traded, ("w52_hgpr", "w52_lwpr"), "_vrss_prpr_ctrt", last),
        **high_low_of_year(state, symbol, now, last),
    }


def high_low_of_year(state: KisState, symbol: str, now: datetime, last: int) -> dict[str, object]:
    """Return high and low of the calendar year so far."""
    traded = _traded_year(state, symbol, now.date())
    return _dryy([bar for bar in traded if bar.session.year == now.year], last)


def _traded_year(state: KisState, symbol: str, today: date) -> list[DayBar]:
    traded = state.history.get((symbol, today))
    if traded is None:
        if len(state.history) >= _REMEMBERED_HISTORIES:
            state.history.clear()
        bars = state.prices.daily_bars(
            symbol, today - _YEAR, today - timedelta(days=1), adjusted=False
        )
        traded = state.history[symbol, today] = [bar for bar in bars if bar.volume]
    return traded


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
