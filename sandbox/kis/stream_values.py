"""The records of the stream: trades, order books, market states and notices, field by field.

A business minute is constant, so its trades are told once, in one message of one to six records
whose volumes add up to the minute's; how many follows from (symbol, day, minute) alone.
"""

from __future__ import annotations

from datetime import datetime

from brokers.sim.values import ExchangeOrder, Execution, MarketView
from sandbox.market import LEVELS, ladder, minute_trades

from .answers import percent, sign
from .divisions import asked, condition_of
from .moves import price_sign
from .nav import fund_now, ratio
from .state import KisState

_NULL = "(null)"
# RCTF_CLS by (cancels, amends), ORD_EXG_GB by venue.
_CHANGES = {(False, False): "0", (False, True): "1", (True, False): "2"}
_VENUES = {"KRX": "1", "SOR": "3"}


def trade_records(symbol: str, view: MarketView, now: datetime, opens: datetime) -> list[str]:
    """Return the trades of a minute, oldest first (none when nothing was traded), 46 fields each."""
    return [
        _trade(symbol, view, now, opens, trade) for trade in minute_trades(symbol, view, now, opens)
    ]


def _trade(
    symbol: str, view: MarketView, now: datetime, opens: datetime, shares: tuple[int, int]
) -> str:
    told, (size, volume) = view.minute, shares
    change = told.last - view.base
    opened, highest, lowest = (
        told.last - one for one in (told.day_open, told.day_high, told.day_low)
    )
    opening = f"{opens:%H%M%S}"
    fields = [
        symbol,
        f"{now:%H%M%S}",
        told.last,
        price_sign(view, told.last),
        change,
        percent(change, view.base),
        f"{told.last:.2f}",
        told.day_open,
        told.day_high,
        told.day_low,
        told.ask,
        told.bid,
        size,
        volume,
        told.last * volume,
        *(0, 0, 0),
        "100.00",
        volume // 2,
        volume - volume // 2,
        "1" if told.last == told.ask else "5",
        "0.50",
        "100.00",
        *(opening, sign(opened), opened),
        *(opening, sign(highest), highest),
        *(opening, sign(lowest), lowest),
        f"{now:%Y%m%d}",
        "20",
        "N",
        *(_resting(told.volume, 1), _resting(told.volume, 1)),
        *(_resting(told.volume, 1) * LEVELS, _resting(told.volume, 1) * LEVELS),
        "0.10",
        volume,
        "100.00",
        "0",
        "",
        view.base,
    ]
    return "^".join(map(str, fields))


def book_record(symbol: str, view: MarketView, now: datetime) -> str:
    """Return the order book as it is sent since 2025: 62 fields."""
    told, day = view.minute, now.date()
    asks = ladder(told.ask, day, limit=view.upper_limit, up=True)
    bids = ladder(told.bid, day, limit=view.lower_limit, up=False)
    ask_sizes, bid_sizes = (
        [_resting(told.volume, level) if at else 0 for level, at in enumerate(side, start=1)]
        for side in (asks, bids)
    )
    fields = [
        symbol,
        f"{now:%H%M%S}",
        "0",
        *asks,
        *bids,
        *ask_sizes,
        *bid_sizes,
        sum(ask_sizes),
        sum(bid_sizes),
        *(0, 0, 0, 0, told.volume, -view.base, "5", "-100.00"),
        told.cumulative_volume,
        *(0, 0, 0, 0, 0),
        (asks[0] + bids[0]) // 2,
        *(0, 0),
    ]
    return "^".join(map(str, fields))


def nav_record(state: KisState, symbol: str, view: MarketView, now: datetime) -> str:
    """Return the fund's NAV as the REST calls have it at the same minute: 8 fields."""
    fund = fund_now(state, symbol, view, now)
    change = fund.change
    fields = [
        symbol,
        fund.nav,
        sign(int(change * 100)),
        change,
        ratio(change, fund.before),
        fund.opened,
        fund.highest,
        fund.lowest,
    ]
    return "^".join(map(str, fields))


def state_of(state: KisState, symbol: str) -> tuple[str, str]:
    """Return (TRHT_YN, VI_CLS_CODE) as the exchange's marks have them."""
    marks = state.marks.get(symbol, {})
    return marks.get("temp_stop_yn", "N"), marks.get("vi_cls_code", "N")


def state_record(symbol: str, halted: str, interrupted: str) -> str:
    """Return a market state: 11 fields, absent texts as the literal (null)."""
    reason = "VI" if interrupted != "N" else _NULL
    fields = [symbol, halted, reason, "20", _NULL, "0", _NULL, "55", interrupted, "N", "1"]
    return "^".join(fields)


def order_notice(state: KisState, hts_id: str, order: ExchangeOrder) -> str:
    """Return the notice that an order, or a cancel, was received: 26 fields.

    At reception the quantity is the order's, the price stands in the order's place, and the last
    field is a fill's price, of which there is none.
    """
    return _notice(
        state,
        hts_id,
        order,
        quantity=order.quantity,
        price=order.price,
        at=order.placed_at,
        kind="1",
        accepted="2" if order.original else "1",
        last=0,
    )


def fill_notice(state: KisState, hts_id: str, order: ExchangeOrder, fill: Execution) -> str:
    """Return the notice of one fill: this fill's quantity and price, not the order's so far."""
    return _notice(
        state,
        hts_id,
        order,
        quantity=fill.quantity,
        price=fill.price,
        at=fill.at,
        kind="2",
        accepted="2",
        last=order.price,
    )


def _notice(
    state: KisState,
    hts_id: str,
    order: ExchangeOrder,
    *,
    quantity: int,
    price: int,
    at: datetime,
    kind: str,
    accepted: str,
    last: int,
) -> str:
    how = asked(state, order)
    fields = [
        hts_id,
        state.account + state.product,
        _shown(state, order.number),
        _shown(state, order.original),
        "02" if order.is_buy else "01",
        _CHANGES[order.is_cancel, order.amends],
        how.division,
        condition_of(state, order),
        order.symbol,
        quantity,
        price,
        f"{at:%H%M%S}",
        "0",
        kind,
        accepted,
        state.profile.branch,
        order.quantity,
        "홍길동",
        0,
        _VENUES[how.venue],
        "N",
        "",
        "10",
        "",
        state.prices.name(order.symbol),
        last,
    ]
    return "^".join(map(str, fields))


def _shown(state: KisState, number: int) -> str:
    """Return an order number as the REST calls have it: ten digits, in 모의투자 unpadded."""
    if not number:
        return ""
    return f"{number:0{state.profile.number_digits}d}"


def _resting(volume: int, level: int) -> int:
    return max(1, volume * (LEVELS + 1 - level) // 40)
