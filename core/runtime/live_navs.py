"""iNAVs from the feed where it has them, else asked for; and why there are none."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from core.domain.inav import NavGap, NavReading
from core.domain.instrument import Symbol
from core.domain.ticks import FeedHealth
from core.errors import BrokerError, BrokerRefused, NotOfferedHere
from core.ports.clock import Clock
from core.ports.feed import MarketFeed
from core.ports.market_data import MarketCall, MarketData

_LOG = structlog.get_logger(__name__)
# iNAVs come every few seconds; an older one says nothing of the price now.
AGE_MAX = timedelta(seconds=60)
# Whoever asks is about to order: a slow answer is none. Host seconds.
ASK_SECONDS = 3.0


class LiveNavs:
    """Implements `core.ports.nav.NavReader`."""

    def __init__(self, feed: MarketFeed, data: MarketData | None, clock: Clock) -> None:
        """`data` is None where the broker has no market data beside quotes and bars."""
        self._feed = feed
        self._data = data
        self._clock = clock

    async def nav(self, symbol: Symbol) -> NavReading:
        """Return the newest iNAV of one symbol, or why there is none. Never raises."""
        state = self._feed.state(symbol)
        in_vi = state.tick.in_vi if state.tick is not None else None
        if state.health is FeedHealth.LIVE and state.nav is not None:
            age = self._clock.now() - state.nav.received_at
            if age <= AGE_MAX and state.nav.nav_won > 0:
                return NavReading(nav_won=state.nav.nav_won, in_vi=in_vi)
        return await self._asked(symbol, in_vi)

    async def _asked(self, symbol: Symbol, in_vi: bool | None) -> NavReading:  # noqa: FBT001 - private
        data = self._data
        if data is None or data.refused(MarketCall.ETF) is not None:
            return NavReading(gap=NavGap.NOT_OFFERED, in_vi=in_vi)
        try:
            async with asyncio.timeout(ASK_SECONDS):
                found = await data.etf(symbol)
        except BrokerRefused:
            # No ETF, so nothing that has a NAV.
            return NavReading(gap=NavGap.NOT_OFFERED, in_vi=in_vi)
        except (BrokerError, TimeoutError) as error:
            _LOG.warning("no iNAV", symbol=symbol, error=repr(error))
            return NavReading(gap=NavGap.UNREADABLE, in_vi=in_vi)
        if isinstance(found, NotOfferedHere):
            return NavReading(gap=NavGap.NOT_OFFERED, in_vi=in_vi)
        if found.in_volatility_interruption is not None:
            in_vi = in_vi or found.in_volatility_interruption
        if found.nav_won is None or found.nav_won <= 0:
            return NavReading(gap=NavGap.UNREADABLE, in_vi=in_vi)
        return NavReading(nav_won=found.nav_won, in_vi=in_vi)
