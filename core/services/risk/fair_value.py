"""No order far from what an ETF is worth, and none in a volatility interruption.

A person may override both on the ticket, knowing them; where nobody gives an iNAV, the collar
around the last price decides alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.domain.inav import NavGap, NavReading, above_nav_bps
from core.domain.market import Quote
from core.domain.orders import OrderRequest, Side
from core.domain.risk import RiskLimits, Rule, Violation

# What a ticket is shown in spite of: it says so, and is sent only if a person overrides it, or once
# it holds no longer.
OVERRIDABLE = frozenset({Rule.INAV_DISTANCE, Rule.INAV_MISSING, Rule.IN_VI})
_BPS_PER_PERCENT = 100


def distance_bps(request: OrderRequest, quote: Quote, reading: NavReading) -> int | None:
    """Return how far from the iNAV an order is, in basis points with its sign; None without one.

    The market's own price counts in both directions: so far from its worth, price or iNAV is wrong.
    The order's price counts where it is worse than that; a cheap bid or a dear offer harms nobody.
    """
    if reading.nav_won is None or reading.nav_won <= 0:
        return None
    market = above_nav_bps(quote.last_won, reading.nav_won)
    own = above_nav_bps(request.price_won or quote.last_won, reading.nav_won)
    worse = max(own, 0) if request.side is Side.BUY else min(own, 0)
    return worse if abs(worse) > abs(market) else market


def fair_value_violations(
    request: OrderRequest, quote: Quote | None, reading: NavReading | None, limits: RiskLimits
) -> Iterator[Violation]:
    """Yield what `reading` forbids; without a reading nobody asked, and nothing is forbidden.

    A bound of 0 switches the distance off. What should have an iNAV and has none now is not
    bought; it may be sold, because getting out must not wait for a value.
    """
    if reading is None or quote is None:
        return
    # Where nothing tells of iNAVs (모의투자) the quote still tells of a VI.
    if reading.in_vi or quote.in_vi:
        yield Violation(rule=Rule.IN_VI, symbol=request.symbol)
    if not limits.inav_percent:
        return
    if reading.gap is NavGap.UNREADABLE and request.side is Side.BUY:
        yield Violation(rule=Rule.INAV_MISSING, symbol=request.symbol)
    distance = distance_bps(request, quote, reading)
    if distance is not None and abs(distance) > limits.inav_percent * _BPS_PER_PERCENT:
        yield Violation(
            rule=Rule.INAV_DISTANCE,
            symbol=request.symbol,
            limit=limits.inav_percent,
            value=distance,
            because=f"{distance / _BPS_PER_PERCENT:+.2f}%",
        )
