"""What the stream tells of the market: trades, books, NAV, indices, the phase of the day.

A business minute is constant, so its trades are told once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from brokers.sim.values import MarketView
from sandbox.kis.nav import fund_now, ratio
from sandbox.market import ladder, minute_trades

from . import stream_fields as fids
from .answers import percent, sign_code
from .indices import index_now
from .state import KiwoomState

_BEFORE_OPEN, _OPEN = "0", "3"
_TOLD_BEFORE = timedelta(minutes=30)
_MILLION = 1_000_000
_HUNDRED_MILLION = 100_000_000


def trades(symbol: str, view: MarketView, now: datetime, opens: datetime) -> list[fids.Row]:
    """Return 0B for each trade of a minute, oldest first."""
    told = view.minute
    common = {
        "20": f"{now:%H%M%S}",
        **_moved(view),
        "27": fids.directed(told.ask, view.base),
        "28": fids.directed(told.bid, view.base),
        "16": fids.directed(told.day_open, view.base),
        "17": fids.directed(told.day_high, view.base),
        "18": fids.directed(told.day_low, view.base),
        "25": sign_code(told.last - view.base),
        "228": "100.00",
        "290": "2",
        "567": "000000",
        "568": "000000",
        "1890": f"{opens:%H%M%S}",
        "620": told.last,
        "9081": "KRX",
    }
    is_buy = told.last == told.ask
    sign = "+" if is_buy else "-"
    found = []
    for size, volume in minute_trades(symbol, view, now, opens):
        hit = f"{sign}{size}"
        values = {
            "15": hit,
            "13": volume,
            "14": volume * told.last // _MILLION,
            "311": volume * told.last // _HUNDRED_MILLION,
            "1030": volume // 2,
            "1031": volume - volume // 2,
            "1032": "+50.00",
            "1313": f"{sign}{size * told.last // 1000}",
            "1315": " 0" if is_buy else hit,
            "1316": hit if is_buy else " 0",
            "1314": hit,
        }
        found.append(fids.row(fids.TRADE, {**common, **values}))
    return found


def book(view: MarketView, now: datetime) -> fids.Row:
    """Return 0D: ten levels, and what is offered on either side in all."""
    told, day = view.minute, now.date()
    values: dict[str, object] = {"21": f"{now:%H%M%S}"}
    totals = []
    for best, limit, price_at, size_at in (
        (told.ask, view.upper_limit, 41, 61),
        (told.bid, view.lower_limit, 51, 71),
    ):
        total = 0
        for level, at in enumerate(ladder(best, day, limit=limit, up=price_at == 41)):
            shares = max(told.volume // (level + 2), 1) if at else 0
            total += shares
            values[str(price_at + level)] = fids.directed(at, view.base)
            values[str(size_at + level)] = shares
        totals.append(total)
    asked, bid = totals
    values |= {"121": asked, "125": bid, "128": bid - asked, "129": percent(bid, asked)}
    return fids.row(fids.BOOK, values)


def nav(state: KiwoomState, symbol: str, view: MarketView, now: datetime) -> fids.Row:
    """Return 0G: the fund's NAV at the same minute."""
    fund = fund_now(state, symbol, view, now)
    rate = ratio(view.minute.last - fund.nav, fund.nav)
    values = {
        "36": fids.directed(fund.nav, fund.before),
        "37": fids.signed(fund.change),
        "38": fids.signed(ratio(fund.change, fund.before)),
        "39": "0.10",
        "20": f"{now:%H%M%S}",
        **_moved(view),
        "13": view.minute.cumulative_volume,
        "25": sign_code(view.minute.last - view.base),
        "265": "0.00",
        "266": fids.signed(rate),
    }
    return fids.row(fids.NAV, values)


def index(state: KiwoomState, code: str, now: datetime) -> fids.Row:
    """Return 0J."""
    found = index_now(state.exchange, state.prices, code, now)
    base, change = found.base, found.change
    values = {
        "20": f"{now:%H%M%S}",
        "10": fids.directed(found.level, base),
        "11": fids.signed(change),
        "12": fids.signed(ratio(change, base)),
        "13": found.thousand_shares,
        "14": found.million_won,
        "16": fids.directed(found.opened, base),
        "17": fids.directed(found.highest, base),
        "18": fids.directed(found.lowest, base),
        "25": sign_code(int(change * 100)),
    }
    return fids.row(fids.INDEX, values)


def phase(state: KiwoomState, now: datetime) -> fids.Row:
    """Return 0s, or {} when the day has no phase that is told now.

    Before the open it is told every ten seconds for half an hour, with what is left; then that it
    has opened. The codes of what comes after a close are not known.
    """
    if not state.prices.is_session(now.date()):
        return {}
    opens, closes = state.prices.hours(now.date())
    if now >= closes or now < opens - _TOLD_BEFORE:
        return {}
    if now >= opens:
        return {"215": _OPEN, "20": f"{opens:%H%M%S}", "214": "000000"}
    at = now.replace(second=now.second // 10 * 10, microsecond=0)
    left = int((opens - at).total_seconds())
    return {
        "215": _BEFORE_OPEN,
        "20": f"{at:%H%M%S}",
        "214": f"{left // 3600:02d}{left // 60 % 60:02d}{left % 60:02d}",
    }


def _moved(view: MarketView) -> fids.Row:
    told, base = view.minute, view.base
    return {
        "10": fids.directed(told.last, base),
        "11": fids.signed(told.last - base),
        "12": fids.signed(ratio(Decimal(told.last - base), Decimal(base))),
    }
