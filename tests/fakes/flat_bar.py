"""A day on which a symbol had one price."""

from __future__ import annotations

from datetime import date

from core.domain.instrument import Symbol
from core.domain.market import Bar


def flat_bar(symbol: Symbol, session: date, close: int, volume: int = 1) -> Bar:
    """Return a bar that opened, stayed and closed at `close` won."""
    return Bar(
        symbol=symbol,
        session=session,
        open_won=close,
        high_won=close,
        low_won=close,
        close_won=close,
        volume_shares=volume,
    )
