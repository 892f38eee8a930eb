"""When an order meets the market, at which price, and for how many shares.

A minute is matched at its first instant against the orders that stood before it, so an order
placed inside a minute meets the next one. The opening auction is minute 0 at its price; in the
closing auction orders collect and meet the closing print.
"""

from __future__ import annotations

from brokers.sim import rules
from brokers.sim.values import ExchangeOrder, MinutePrice


def trade_price(
    order: ExchangeOrder, minute: MinutePrice, index: int, last_index: int
) -> int | None:
    """Return at which price `order` trades in minute `index`, or None when it does not."""
    if rules.in_closing_auction(index, last_index):
        return None
    if index in {0, last_index}:
        price = minute.last if minute.cumulative_volume else 0
    else:
        price = minute.ask if order.is_buy else minute.bid
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
