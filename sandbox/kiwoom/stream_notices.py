"""What the stream tells of the account: 00 of orders and their fills, 04 of what is held."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from brokers.sim.values import ExchangeOrder, Execution, MarketView

from . import stream_fields as fids
from .state import KiwoomState


def order_notices(state: KiwoomState, order: ExchangeOrder, now: datetime) -> list[fids.Row]:
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


def fill_notice(
    state: KiwoomState, order: ExchangeOrder, fill: Execution, now: datetime
) -> fids.Row:
    """Return 00 of one fill: 911 and 915 are this fill's, 902 and 903 the order's so far."""
    every = [one for one in state.exchange.executions(now.date()) if one.number == order.number]
    until = every[: every.index(fill) + 1]
    told = {
        "903": sum(one.quantity * one.price for one in until),
        "908": f"{fill.at:%H%M%S}",
        "909": f"{len(until)}",
        "910": fill.price,
        "911": fill.quantity,
        "914": fill.price,
        "915": fill.quantity,
    }
    left = order.quantity - sum(one.quantity for one in until)
    return _notice(state, order, now, said="체결", left=left, **told)


def holding(state: KiwoomState, symbol: str, now: datetime) -> fids.Row:
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
        **(_around(view) | {"307": str(view.base)} if view else {}),
    }
    return fids.row(fids.HOLDING, values)


def _notice(
    state: KiwoomState, order: ExchangeOrder, now: datetime, *, said: str, left: int, **fill: object
) -> fids.Row:
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
        **(_around(view) | {"10010": fids.directed(view.minute.last, view.base)} if view else {}),
        **dict.fromkeys(("909", "910", "911", "914", "915", "920", "923"), ""),
        "919": "주문거부" if said == "거부" else "0",
        "921": "3401002",
        "922": "00",
        "2134": "1",
        "2135": "KRX",
        "2136": "N",
        **fill,
    }
    return fids.row(fids.ORDER, values)


def _around(view: MarketView) -> fids.Row:
    told = view.minute
    prices = {"10": told.last, "27": told.ask, "28": told.bid}
    return {fid: fids.directed(price, view.base) for fid, price in prices.items()}
