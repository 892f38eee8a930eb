"""How far a price has moved since the session before, as every answer says it."""

from __future__ import annotations

from brokers.sim.values import MarketView

from .answers import percent, sign

_UPPER, _LOWER = "1", "4"


def price_sign(view: MarketView, price: int) -> str:
    """Return prdy_vrss_sign of a price: 1 and 4 at the day's limits, else 2, 3 or 5."""
    if price >= view.upper_limit:
        return _UPPER
    return _LOWER if price <= view.lower_limit else sign(price - view.base)


def moved(view: MarketView, price: int) -> dict[str, object]:
    """Return the four keys that say where a price stands."""
    change = price - view.base
    return {
        "stck_prpr": price,
        "prdy_vrss": change,
        "prdy_vrss_sign": price_sign(view, price),
        "prdy_ctrt": percent(change, view.base),
    }
