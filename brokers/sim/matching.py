"""When an order meets the market, at which price, and for how many shares.

A minute is matched at its first instant against the orders that stood before it; an order that
comes inside a minute meets at once what that minute still offers. The opening auction is minute 0
at its price, for orders that stood before it; in the closing auction orders collect and meet the
closing print.
"""

from __future__ import annotations

from brokers.sim import rules
from brokers.sim.values import ExchangeOrder, MinutePrice


def trade_price(
    order: ExchangeOrder, minute: MinutePrice, index: int, last_index: int
) -> int | None:
    """Return at which price a standing order trades in minute `index`, None when it does not."""
    if rules.in_closing_auction(index, last_index):
        return None
    if index in {0, last_index}:
        printed = minute.last if minute.cumulative_volume else 0
        if index == last_index and order.closes_at_market:
            return printed or None
        return _if_reached(order, printed)
    return _if_reached(order, _best(order, minute))


def arrival_price(
    order: ExchangeOrder, minute: MinutePrice, index: int, last_index: int
) -> int | None:
    """Return at which price an order that comes inside minute `index` trades, None for not now.

    Only the book counts: the auction that opened minute 0 was over before the order came.
    """
    if rules.in_closing_auction(index, last_index):
        return None
    return _if_reached(order, _best(order, minute))


def _best(order: ExchangeOrder, minute: MinutePrice) -> int:
    """Return the best price of the other side, 0 when that side is empty."""
    return minute.ask if order.is_buy else minute.bid


def _if_reached(order: ExchangeOrder, price: int) -> int | None:
    if not price:
        return None
    if order.is_market:
        return price
    reaches = price <= order.price if order.is_buy else price >= order.price
    return price if reaches else None


def shares_offered(minute: MinutePrice, percent: int) -> int:
    """Return how many shares of one minute the account may have: a part of it, at least one."""
    return max(1, minute.volume * percent // 100)


def queue_rank(order: ExchangeOrder) -> tuple[int, int, int]:
    """Return the place of an order among the account's own: market first, price, then time."""
    price = -order.price if order.is_buy else order.price
    return (0, 0, order.number) if order.is_market else (1, price, order.number)
