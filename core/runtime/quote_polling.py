"""Ticks where no stream exists: quotes asked for in turn, slowly enough that orders never wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from core.domain.instrument import Symbol
from core.domain.ticks import Channel, FeedTrouble, Registration
from core.errors import BrokerError
from core.ports.clock import Clock
from core.ports.feed import FeedSink
from core.runtime.market_feed import AskQuote, trade_of

_LOG = structlog.get_logger(__name__)

NAME: Final = "REST quotes"
SYMBOLS_MAX: Final = 40
# A quote that fails is nothing; so many in a row are a broker that cannot be reached.
FAILURES_MAX: Final = 3
# A round may take twice as long as planned, and a read that is tried again some more.
_ROUNDS: Final = 2
_ALLOWANCE: Final = timedelta(seconds=30)

RestsUntil = Callable[[datetime], datetime | None]


class QuotePolling:
    """Implements `core.ports.feed.TickSource` over quotes."""

    def __init__(
        self,
        ask_quote: AskQuote,
        clock: Clock,
        pause_seconds: float,
        rests_until: RestsUntil,
    ) -> None:
        """One quote every `pause_seconds`; `rests_until` says when to go on, None when now."""
        self._ask_quote = ask_quote
        self._clock = clock
        self._pause_seconds = pause_seconds
        self._rests_until = rests_until
        self._symbols: tuple[Symbol, ...] = ()
        self._wanted = asyncio.Event()

    @property
    def name(self) -> str:
        """Say what it is."""
        return NAME

    @property
    def channels(self) -> frozenset[Channel]:
        """Say that a quote has the newest trade and nothing else."""
        return frozenset({Channel.TRADE})

    @property
    def budget(self) -> int:
        """Say how many symbols go in one round."""
        return SYMBOLS_MAX

    @property
    def refreshes_within(self) -> timedelta | None:
        """Say how old a price may become between two rounds."""
        round_seconds = self._pause_seconds * max(len(self._symbols), 1)
        return timedelta(seconds=round_seconds * _ROUNDS) + _ALLOWANCE

    def follow(self, wanted: Sequence[Registration]) -> None:
        """Replace what is asked for; what is asked for already keeps its turn."""
        self._symbols = tuple(dict.fromkeys(one.symbol for one in wanted))
        if self._symbols:
            self._wanted.set()
        else:
            self._wanted.clear()

    async def run(self, sink: FeedSink) -> None:
        """Ask in turn until cancelled; rest while nothing is traded."""
        failures, is_up = 0, False
        last: Symbol | None = None
        while True:
            await self._wanted.wait()
            until = self._rests_until(self._clock.now())
            if until is not None:
                sink.down(FeedTrouble.RESTING)
                is_up = False
                await self._clock.sleep_until(until)
                continue
            last = self._after(last)
            try:
                quote = await self._ask_quote(last)
            except BrokerError as error:
                failures += 1
                _LOG.warning("a quote failed", symbol=last, error=str(error), in_a_row=failures)
                if failures == FAILURES_MAX:
                    sink.down(FeedTrouble.DISCONNECTED)
                    is_up = False
            else:
                failures = 0
                if not is_up:
                    sink.up()
                    is_up = True
                sink.alive()
                sink.trade(trade_of(quote))
            await self._clock.sleep(self._pause_seconds)

    def _after(self, last: Symbol | None) -> Symbol:
        """Return whose turn it is."""
        if last not in self._symbols:
            return self._symbols[0]
        return self._symbols[(self._symbols.index(last) + 1) % len(self._symbols)]
