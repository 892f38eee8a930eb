"""The exchange's values in the words of core.domain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from brokers.sim.values import DayBar, ExchangeOrder, Holding, MarketView, Refusal
from core.domain.account import Position
from core.domain.instrument import Symbol
from core.domain.market import Bar, Quote
from core.domain.money import Won
from core.domain.orders import BrokerOrder, BrokerOrderRef, OrderType, Rejected, Side

_AVERAGE_STEP = Decimal("0.0001")

# What a broker would answer: the text of a Rejected is the broker's own, in its own language.
REFUSAL_TEXTS: dict[Refusal, str] = {
    Refusal.UNKNOWN_SYMBOL: "없는 종목입니다.",
    Refusal.MARKET_CLOSED: "지금은 주문을 받는 시간이 아닙니다.",
    Refusal.NOT_A_SESSION: "오늘은 휴장일입니다.",
    Refusal.BAD_QUANTITY: "주문 수량이 올바르지 않습니다.",
    Refusal.OFF_TICK: "호가 단위에 맞지 않는 가격입니다.",
    Refusal.OUTSIDE_BAND: "상·하한가를 벗어난 가격입니다.",
    Refusal.NOT_ENOUGH_CASH: "주문 가능 금액이 부족합니다.",
    Refusal.NOT_ENOUGH_SHARES: "매도 가능 수량이 부족합니다.",
    Refusal.UNKNOWN_ORDER: "오늘의 주문 가운데 없는 번호입니다.",
    Refusal.NOTHING_LEFT: "취소할 잔량이 없습니다.",
}


def rejected(reason: Refusal) -> Rejected:
    """Return the refusal as a broker's answer."""
    return Rejected(code=f"SIM_{reason.name}", text=REFUSAL_TEXTS[reason])


def order_of(order: ExchangeOrder, numbered: Callable[[int], str]) -> BrokerOrder:
    """Return one row of the order list. `numbered` prints an order number."""
    average = (Decimal(order.amount) / order.filled) if order.filled else None
    return BrokerOrder(
        ref=BrokerOrderRef(number=numbered(order.number)),
        original_number=numbered(order.original) if order.original else "",
        symbol=Symbol(order.symbol),
        side=Side.BUY if order.is_buy else Side.SELL,
        order_type=OrderType.MARKET if order.is_market else OrderType.LIMIT,
        ordered=order.quantity,
        price_won=order.price,
        filled=order.filled,
        remaining=order.remaining,
        cancelled=order.cancelled,
        rejected=order.rejected,
        average_price_won=average.quantize(_AVERAGE_STEP) if average is not None else None,
        placed_at=order.placed_at,
        is_cancel_row=order.is_cancel,
    )


def position_of(holding: Holding, name: str, view: MarketView | None) -> Position:
    """Return a position at the newest price, at its cost when the market shows none."""
    price = view.minute.last if view else int(holding.average_cost)
    return Position(
        symbol=Symbol(holding.symbol),
        name=name,
        quantity=holding.quantity,
        sellable=holding.sellable,
        average_cost_won=holding.average_cost,
        price_won=Won(price),
    )


def quote_of(symbol: Symbol, view: MarketView, at: datetime) -> Quote:
    """Return a quote. Open, high and low are 0 before the first trade of a day."""
    minute = view.minute
    return Quote(
        symbol=symbol,
        last_won=Won(minute.last),
        base_won=Won(view.base),
        upper_limit_won=Won(view.upper_limit),
        lower_limit_won=Won(view.lower_limit),
        tick_won=view.tick,
        best_ask_won=Won(minute.ask) if minute.ask else None,
        best_bid_won=Won(minute.bid) if minute.bid else None,
        open_won=Won(minute.day_open),
        high_won=Won(minute.day_high),
        low_won=Won(minute.day_low),
        volume_shares=minute.cumulative_volume,
        is_halted=False,
        received_at=at,
    )


def bar_of(symbol: Symbol, bar: DayBar) -> Bar:
    """Return a bar; a day without trades becomes a flat one at its close."""
    flat = bar.open == bar.high == bar.low == 0
    return Bar(
        symbol=symbol,
        session=bar.session,
        open_won=bar.close if flat else bar.open,
        high_won=bar.close if flat else bar.high,
        low_won=bar.close if flat else bar.low,
        close_won=bar.close,
        volume_shares=bar.volume,
    )
