"""The watchtower: two loops that never run at the same time and never pile up.

One waits for news of the feed and looks at the symbols that changed, at its own pace: what comes
while a look is slow is one change per symbol. The other tends everything that time moves on:
holdings, wishes, means, held-back messages, and exits that nobody answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import structlog

from core.domain.alerts import WatchFacts
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.ticks import Channel, Priority, Wish
from core.services.watch.alerting import Alerting
from core.services.watch.context import TowerContext
from core.services.watch.exits import ExitWatch
from core.services.watch.facts import Holdings, MeanVolumes, facts_of, usable_tick
from core.services.watch.sight import Sight
from core.services.watch.wishes import WishBook

_LOG = structlog.get_logger(__name__)
OWNER = "watchtower"
# Between two looks at what changed, and between two rounds of tending.
PACE_SECONDS = 1.0
TEND_SECONDS = 20.0
FAILURES_MAX = 3
_CHANNELS = frozenset({Channel.TRADE, Channel.NAV, Channel.MARKET_STATE})


class Watchtower:
    """Built once by the wiring; `run` and `tend_forever` are its two loops."""

    def __init__(self, context: TowerContext) -> None:
        """Compose the parts."""
        self._context = context
        self._holdings = Holdings(context)
        self._means = MeanVolumes(context)
        self._alerting = Alerting(context)
        self._exits = ExitWatch(context, self._holdings)
        self._sight = Sight(context, self._holdings)
        self.wishes = WishBook(context)
        self._one_at_a_time = asyncio.Lock()
        self._failures = 0

    async def run(self) -> None:
        """Look at what changed, for ever."""
        while True:
            symbols = await self._context.feed.changed()
            try:
                await self.look(symbols)
            except Exception as error:  # noqa: BLE001 - whoever watches must go on watching
                await self._failed(error)
            await self._context.clock.sleep(PACE_SECONDS)

    async def tend_forever(self) -> None:
        """Tend to everything every `TEND_SECONDS`, for ever."""
        while True:
            try:
                await self.tend()
                self._failures = 0
            except Exception as error:  # noqa: BLE001 - as above
                await self._failed(error)
            await self._context.clock.sleep(TEND_SECONDS)

    async def look(self, symbols: Collection[Symbol]) -> None:
        """Judge the newest price of each symbol while the exchange trades.

        A symbol that fails keeps no other from being judged; the first failure is raised at the end.
        """
        failures = []
        async with self._one_at_a_time:
            hours = self._context.hours()
            if hours is None or not hours.opens <= self._context.clock.now() < hours.closes:
                return
            for symbol in sorted(symbols):
                try:
                    await self._look_at(symbol)
                except Exception as error:  # noqa: BLE001 - the next symbol may have reached its stop
                    _LOG.error("a symbol could not be judged", symbol=symbol, error=repr(error))
                    failures.append(error)
        if failures:
            raise failures[0]

    async def tend(self) -> None:
        """Do what time asks for, then look at all holdings once more. Raises StorageError."""
        async with self._one_at_a_time:
            wishes = await self.wishes.load()
            hours, now = self._context.hours(), self._context.clock.now()
            if hours is None or not hours.auction_opens <= now < hours.closes:
                self._sight.rest()
                return
            # Before the broker is asked for anything: that takes long when it is the trouble.
            if now >= hours.opens:
                await self._sight.judge(now)
            await self._holdings.refresh()
            await self._exits.prepare()
            held = {item.symbol for item in self._holdings.positions()}
            self._wish(held, wishes.symbols)
        try:
            await self.look(held)
        finally:
            # Alerts alone go by them: bars that are slow to come keep nobody from a stop.
            await self._means.prepare(sorted(held | wishes.symbols), now.astimezone(KST).date())

    def newest(self, symbol: Symbol) -> WatchFacts | None:
        """Return what is known of a symbol now, or None while no price may be believed."""
        now = self._context.clock.now()
        return facts_of(
            self._context.feed.state(symbol),
            now,
            mean_shares=self._means.of(symbol, now.astimezone(KST).date()),
            position=self._holdings.position(symbol),
        )

    async def _look_at(self, symbol: Symbol) -> None:
        context = self._context
        now = context.clock.now()
        state = context.feed.state(symbol)
        tick = usable_tick(state, now)
        if tick is None:
            return
        today = now.astimezone(KST).date()
        position, wishes = self._holdings.position(symbol), self.wishes.current
        facts = self.newest(symbol)
        # The exit comes first: what an alert says may wait, and may fail.
        is_open = not (tick.is_halted or tick.in_vi)
        if position is not None and is_open and self._exits.see(position, tick.last_won):
            await self._exits.offer(position, tick.last_won)
        if facts is not None:
            is_followed = position is not None or any(w.symbol == symbol for w in wishes.watched)
            found = self._alerting.evaluate(facts, wishes, today, is_followed=is_followed)
            await self._alerting.fire(found, today)

    def _wish(self, held: Collection[Symbol], wished: Collection[Symbol]) -> None:
        """Ask the feed for holdings first, then for what people named."""
        wanted = dict.fromkeys(wished, Priority.WATCHLIST)
        wanted.update(dict.fromkeys(held, Priority.HOLDING))
        self._context.feed.wish(
            OWNER,
            [
                Wish(symbol=symbol, priority=wanted[symbol], channels=_CHANNELS)
                for symbol in sorted(wanted, key=lambda item: (wanted[item], item))
            ],
        )

    async def _failed(self, error: Exception) -> None:
        """Log a failure; say so when it is not the first."""
        _LOG.error("the watchtower failed and goes on", error=repr(error))
        self._failures += 1
        if self._failures == FAILURES_MAX:
            title, text = self._context.say("failing_title"), self._context.say("failing")
            await self._context.outbox.alert(title, text)
