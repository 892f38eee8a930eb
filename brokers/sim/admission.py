"""Why the simulated exchange does not take an order: the hour, its terms, the means for it."""

from __future__ import annotations

from datetime import datetime

from brokers.sim import rules
from brokers.sim.floor import Floor
from brokers.sim.values import ExchangeOrder, PriceSource, Refusal

_QUANTITY_MAX = 10_000_000


def closed(prices: PriceSource, moment: datetime) -> Refusal | None:
    """Return why nothing is taken at `moment`, None within the hours of orders."""
    if not prices.is_session(moment.date()):
        return Refusal.NOT_A_SESSION
    opens, closes = prices.hours(moment.date())
    taken = opens - rules.OPENING_AUCTION <= moment < closes
    return None if taken else Refusal.MARKET_CLOSED


def wrong(floor: Floor, order: ExchangeOrder) -> Refusal | None:
    """Return what is wrong with an order's terms, None when nothing is."""
    base = floor.base(order.symbol, order.day)
    if not base:
        return Refusal.UNKNOWN_SYMBOL
    if not 1 <= order.quantity <= _QUANTITY_MAX:
        return Refusal.BAD_QUANTITY
    if order.is_market:
        return None
    if not rules.is_on_tick(order.price, order.day):
        return Refusal.OFF_TICK
    lower, upper = floor.limits(order.symbol, order.day)
    return None if lower <= order.price <= upper else Refusal.OUTSIDE_BAND


def means(floor: Floor, order: ExchangeOrder) -> Refusal | None:
    """Return what the account lacks for an order that is not in the book, None when nothing."""
    if order.is_buy:
        enough = floor.reserve(order) <= floor.orderable()
        return None if enough else Refusal.NOT_ENOUGH_CASH
    enough = order.quantity <= floor.sellable(order.symbol)
    return None if enough else Refusal.NOT_ENOUGH_SHARES
