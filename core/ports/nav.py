"""What an ETF share is worth now, for who must not order far from it."""

from __future__ import annotations

from typing import Protocol

from core.domain.inav import NavReading
from core.domain.instrument import Symbol


class NavReader(Protocol):
    """Where iNAVs come from (core.runtime.live_navs)."""

    async def nav(self, symbol: Symbol) -> NavReading:
        """Return the newest iNAV of one symbol, or why there is none. Never raises."""
