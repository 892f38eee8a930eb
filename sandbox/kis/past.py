"""What an account traded in the session before today, which its balance still tells."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

from .answers import Visit

_DAYS_BACK = 40


@dataclass(slots=True)
class Past:
    """Shares by symbol, won and fees of one session."""

    bought: Counter[str] = field(default_factory=Counter)
    sold: Counter[str] = field(default_factory=Counter)
    bought_won: int = 0
    sold_won: int = 0
    fees: int = 0


def yesterday(visit: Visit) -> Past:
    """Return what the session before today left behind."""
    past, exchange = Past(), visit.state.exchange
    day = _session_before(visit)
    if day is None:
        return past
    orders = {order.number: order for order in exchange.orders(day)}
    for fill in exchange.executions(day):
        order = orders[fill.number]
        amount = fill.quantity * fill.price
        (past.bought if order.is_buy else past.sold)[order.symbol] += fill.quantity
        past.bought_won += amount if order.is_buy else 0
        past.sold_won += 0 if order.is_buy else amount
        past.fees += fill.fee
    return past


def _session_before(visit: Visit) -> date | None:
    today, prices = visit.now.date(), visit.state.prices
    days = (today - timedelta(days=age) for age in range(1, _DAYS_BACK))
    return next((day for day in days if prices.is_session(day)), None)
