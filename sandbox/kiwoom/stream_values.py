"""The entries of the stream by FID, in wire order: prices, books, NAV, indices, the day, notices.

A price's sign says which way it moved since the last close and a blank that it did not; a
difference carries its own. A business minute is constant, so its trades are told once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from brokers.sim.values import ExchangeOrder, Execution, MarketView
from sandbox.kis.nav import fund_now, ratio
from sandbox.market import LEVELS, ladder, minute_trades

from .answers import percent, sign_code
from .indices import index_now
from .state import KiwoomState

_BEFORE_OPEN, _OPEN = "0", "3"
_TOLD_BEFORE = timedelta(minutes=30)
_MILLION = 1_000_000
_HUNDRED_MILLION = 100_000_000
_NOTHING = "0000000"
_TRADE = [
    "20",
    "10",
    "11",
    "12",
    "27",
    "28",
    "15",
    "13",
    "14",
    "16",
    "17",
    "18",
    "25",
    "26",
    "29",
    "30",
    "31",
    "32",
    "228",
    "311",
    "290",
    "691",
    "567",
    "568",
    "851",
    "1890",
    "1891",
    "1892",
    "1030",
    "1031",
    "1032",
    "1071",
    "1072",
    "1313",
    "1315",
    "1316",
    "1314",
    "1497",
    "1498",
    "620",
    "732",
    "852",
    "9081",
]
_BOOK = (
    "21",
    *(str(start + level) for level in range(LEVELS) for start in (41, 61, 81, 51, 71, 91)),
    *"121 122 125 126 23 24 128 129 138 139 200 201 238 291 292 293 294 295".split(),  # noqa: SIM905
    *(str(fid) for fid in (*range(6044, 6066), *range(6066, 6088), *range(6100, 6116))),
)
_ORDER = [
    "9201",
    "9203",
    "9205",
    "9001",
    "912",
    "913",
    "302",
    "900",
    "901",
    "902",
    "903",
    "904",
    "905",
    "906",
    "907",
    "908",
    "909",
    "910",
    "911",
    "10",
    "27",
    "28",
    "914",
    "915",
    "938",
    "939",
    "919",
    "920",
    "921",
    "922",
    "923",
    "10010",
    "2134",
    "2135",
    "2136",
]
_HOLDING = [
    "9201",
    "9001",
    "917",
    "916",
    "302",
    "10",
    "930",
    "931",
    "932",
    "933",
    "945",
    "946",
    "950",
    "951",
    "27",
    "28",
    "307",
    "8019",
    "957",
    "958",
    "918",
    "990",
    "991",
    "992",
    "993",
    "959",
    "924",
]

Row = dict[str, str]


def trades(symbol: str, view: MarketView, now: datetime, opens: datetime) -> list[Row]:
    """Return 0B for each trade of a minute, oldest first."""
    told = view.minute
    common = {
        "20": f"{now:%H%M%S}",
        **_moved(view),
        "16": _directed(told.day_open, view.base),
        "17": _directed(told.day_high, view.base),
        "18": _directed(told.day_low, view.base),
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
    found = []
    for size, volume in minute_trades(symbol, view, now, opens):
        hit = f"{'+' if is_buy else '-'}{size}"
        values = {
            "15": hit,
            "13": volume,
            "14": volume * told.last // _MILLION,
            "311": volume * told.last // _HUNDRED_MILLION,
            "1030": volume // 2,
            "1031": volume - volume // 2,
            "1032": "+50.00",
            "1313": f"{'+' if is_buy else '-'}{size * told.last // 1000}",
            "1315": " 0" if is_buy else hit,
            "1316": hit if is_buy else " 0",
            "1314": hit,
        }
        found.append(_filled(_TRADE, {**common, **values}))
    return found


def book(view: MarketView, now: datetime) -> Row:
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
            values[str(price_at + level)] = _directed(at, view.base) if at else " 0"
            values[str(size_at + level)] = shares
        totals.append(total)
    asked, bid = totals
    values |= {"121": asked, "125": bid, "128": bid - asked, "129": percent(bid, asked)}
    return _filled(_BOOK, values)


def nav(state: KiwoomState, symbol: str, view: MarketView, now: datetime) -> Row:
    """Return 0G: the fund's NAV at the same minute."""
    fund = fund_now(state, symbol, view, now)
    rate = ratio(view.minute.last - fund.nav, fund.nav)
    values = {
        "36": _directed(fund.nav, fund.before),
        "37": _signed(fund.change),
        "38": _signed(ratio(fund.change, fund.before)),
        "39": "0.10",
        "20": f"{now:%H%M%S}",
        **_moved(view),
        "13": view.minute.cumulative_volume,
        "25": sign_code(view.minute.last - view.base),
        "265": "0.00",
        "266": _signed(rate),
    }
    return _filled(
        ["36", "37", "38", "39", "20", "10", "11", "12", "13", "25", "265", "266"], values
    )


def index(state: KiwoomState, code: str, now: datetime) -> Row:
    """Return 0J."""
    found = index_now(state.exchange, state.prices, code, now)
    base, change = found.base, found.change
    values = {
        "20": f"{now:%H%M%S}",
        "10": _directed(found.level, base),
        "11": _signed(change),
        "12": _signed(ratio(change, base)),
        "13": found.thousand_shares,
        "14": found.million_won,
        "16": _directed(found.opened, base),
        "17": _directed(found.highest, base),
        "18": _directed(found.lowest, base),
        "25": sign_code(int(change * 100)),
    }
    return _filled(["20", "10", "11", "12", "15", "13", "14", "16", "17", "18", "25", "26"], values)


def phase(state: KiwoomState, now: datetime) -> Row:
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


def order_notices(state: KiwoomState, order: ExchangeOrder, now: datetime) -> list[Row]:
    """Return 00 for what happened to an order when it came: received, or refused.

    A cancel is received, confirmed, and takes the remainder of its order: three notices.
    """
    if not order.original:
        said = "거부" if order.rejected else "접수"
        return [_notice(state, order, now, said=said, left=order.quantity - order.rejected)]
    by_number = {one.number: one for one in state.exchange.orders(now.date())}
    return [
        _notice(state, order, now, said="접수", left=order.quantity),
        _notice(state, order, now, said="확인", left=0),
        _notice(state, by_number[order.original], now, said="취소", left=0),
    ]


def fill_notice(state: KiwoomState, order: ExchangeOrder, fill: Execution, now: datetime) -> Row:
    """Return 00 of one fill: 911 and 915 are this fill's, 902 and 903 the order's so far."""
    fills = [one for one in state.exchange.executions(now.date()) if one.number == order.number]
    until = fills[: fills.index(fill) + 1]
    more = {
        "903": sum(one.quantity * one.price for one in until),
        "908": f"{fill.at:%H%M%S}",
        "909": f"{len(until)}",
        "910": fill.price,
        "911": fill.quantity,
        "914": fill.price,
        "915": fill.quantity,
    }
    left = order.quantity - sum(one.quantity for one in until)
    return {**_notice(state, order, now, said="체결", left=left), **_texts(more)}


def holding(state: KiwoomState, symbol: str, now: datetime) -> Row:
    """Return 04: what is held of a symbol after a fill, none included."""
    held = next((one for one in state.exchange.holdings(now) if one.symbol == symbol), None)
    view = state.exchange.market(now, symbol)
    shares, average = (held.quantity, held.average_cost) if held else (0, Decimal(0))
    values = {
        "9201": state.account + state.account_class,
        "9001": symbol,
        "917": "00",
        "302": state.prices.name(symbol),
        "930": shares,
        "931": int(average),
        "932": int(average * shares),
        "933": held.sellable if held else 0,
        "945": held.bought_today - held.sold_today if held else 0,
        "946": "2",
        **(_around(view) if view else {}),
    }
    return _filled(_HOLDING, values)


def _notice(
    state: KiwoomState, order: ExchangeOrder, now: datetime, *, said: str, left: int
) -> Row:
    side = "+매수" if order.is_buy else "-매도"
    view = state.exchange.market(now, order.symbol)
    values = {
        "9201": state.account + state.account_class,
        "9203": f"{order.number:07d}",
        "9205": "",
        "9001": order.symbol,
        "912": "JJ",
        "913": said,
        "302": state.prices.name(order.symbol),
        "900": order.quantity,
        "901": order.price,
        "902": left,
        "904": f"{order.original:07d}",
        "905": f"{side}취소" if order.original else side,
        "906": "시장가" if order.is_market else "보통",
        "907": "2" if order.is_buy else "1",
        "908": f"{order.placed_at:%H%M%S}",
        **(_around(view) if view else {}),
        **dict.fromkeys(("909", "910", "911", "914", "915", "920", "923"), ""),
        "919": "주문거부" if said == "거부" else "0",
        "921": "3401002",
        "922": "00",
        "2134": "1",
        "2135": "KRX",
        "2136": "N",
    }
    return _filled(_ORDER, values)


def _around(view: MarketView) -> dict[str, object]:
    told, base = view.minute, view.base
    prices = {"10": told.last, "27": told.ask, "28": told.bid, "10010": told.last}
    around: dict[str, object] = {fid: _directed(price, base) for fid, price in prices.items()}
    return around | {"307": base}


def _moved(view: MarketView) -> dict[str, object]:
    told, base = view.minute, view.base
    return {
        "10": _directed(told.last, base),
        "11": _signed(told.last - base),
        "12": _signed(ratio(Decimal(told.last - base), Decimal(base))),
        "27": _directed(told.ask, base) if told.ask else " 0",
        "28": _directed(told.bid, base) if told.bid else " 0",
    }


def _directed(price: int | Decimal, base: int | Decimal) -> str:
    sign = "+" if price > base else "-" if price < base else " "
    return f"{sign if price else ' '}{price}"


def _signed(value: int | Decimal) -> str:
    return f"{value:+}" if value else f" {value}"


def _filled(fids: tuple[str, ...] | list[str], values: dict[str, object]) -> Row:
    return {fid: str(values.get(fid, "0")) for fid in fids}


def _texts(values: dict[str, object]) -> Row:
    return {fid: str(value) for fid, value in values.items()}
