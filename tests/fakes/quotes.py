"""One quote for all tests: flat at one price, without a book, unless a test says otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.domain.instrument import Symbol
from core.domain.market import Quote
from core.domain.money import Won


def quote_of(
    symbol: Symbol, last_won: int, received_at: datetime, base_won: int = 0, **changes: object
) -> Quote:
    """Return a quote at `last_won`; the band is 30 % around the base (the same price if not given)."""
    last, base = Won(last_won), base_won or last_won
    made = Quote(
        symbol=symbol,
        last_won=last,
        base_won=Won(base),
        upper_limit_won=Won(base * 13 // 10 // 5 * 5),
        lower_limit_won=Won(base * 7 // 10 // 5 * 5),
        tick_won=5,
        best_ask_won=None,
        best_bid_won=None,
        open_won=last,
        high_won=last,
        low_won=last,
        volume_shares=1_000,
        is_halted=False,
        received_at=received_at,
    )
    return replace(made, **changes)  # type: ignore[arg-type]
