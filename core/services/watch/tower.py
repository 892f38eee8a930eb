"""The watchtower: two loops that never run at the same time and never pile up.

One waits for news of the feed and looks at the symbols that changed, at its own pace: what comes
while a look is slow is one change per symbol. The other tends everything that time moves on:
holdings, wishes, means, held-back messages, and exits that nobody answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta

import structlog

from core.domain.alerts import Severity, WatchFacts
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.ticks import Channel, FeedHealth, Priority, SymbolState, Wish
from core.services.watch.alerting import KEY, Alerting
from core.services.watch.context import TowerContext
from core.services.watch.exits import ExitWatch
from core.services.watch.facts import Holdings, MeanVolumes, facts_of, usable_tick
from core.services.watch.wishes import WishBook

_LOG = structlog.get_logger(__name__)
OWNER = "watchtower"
# Between two looks at what changed, and between two rounds of tending.
PACE_SECONDS = 1.0
TEND_SECONDS = 20.0
# For so long nothing may be seen during a session before people are told that no stop is watched.
BLIND_AFTER = timedelta(minutes=2)
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
        self.wishes = WishBook(context)
        self._one_at_a_time = asyncio.Lock()
        self._blind_since: datetime | None = None
        self._said_blind = False
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
        """Judge the newest price of each symbol while the exchange trades. Raises StorageError."""
        async with self._one_at_a_time:
            hours = self._context.hours()
            if hours is None or not hours.opens <= self._context.clock.now() < hours.closes:
                return
            for symbol in sorted(symbols):
                await self._look_at(symbol)

    async def tend(self) -> None:
        """Do what time asks for, then look at all holdings once more. Raises StorageError."""
        async with self._one_at_a_time:
            wishes = await self.wishes.load()
            await self._alerting.tell_held_back(wishes)
            hours, now = self._context.hours(), self._context.clock.now()
            if hours is None or not hours.auction_opens <= now < hours.closes:
                self._blind_since = None
                return
            if now >= hours.opens:
                await self._judge_sight(now)
            await self._holdings.refresh()
            await self._exits.prepare()
            held = {item.symbol for item in self._holdings.positions()}
            self._wish(held, wishes.symbols)
            today = now.astimezone(KST).date()
            await self._means.prepare(sorted(held | wishes.symbols), today)
        await self.look(held)

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
        if facts is not None:
            is_followed = position is not None or any(w.symbol == symbol for w in wishes.watched)
            found = self._alerting.evaluate(facts, wishes, today, is_followed=is_followed)
            await self._alerting.fire(found, wishes, today)
        if position is None or tick.is_halted or tick.in_vi:
            return
        if self._exits.see(position, tick.last_won):
            await self._exits.offer(position, tick.last_won)

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

    async def _judge_sight(self, now: datetime) -> None:
        """Tell people when holdings are not seen: no stop is watched then, and nothing is offered.

        Judged before the broker is asked for anything, which may take long when it is the trouble.
        """
        context = self._context
        known = self._holdings.last_known()
        is_old = len(self._holdings.positions()) < len(known)
        unseen = [symbol for symbol in known if is_old or not _is_seen(context.feed.state(symbol))]
        if not unseen:
            await self._seeing_again()
            return
        self._blind_since = self._blind_since or now
        if now - self._blind_since < BLIND_AFTER:
            return
        self._said_blind = True
        names = ", ".join(context.name_of(symbol) for symbol in unseen)
        key = f"{KEY}:{Severity.URGENT.value}:blind:{self._blind_since.isoformat()}"
        async with context.ledger.transaction() as tx:
            await context.outbox.tell(
                tx,
                key,
                context.say("blind_title"),
                context.say("blind", names=names, minutes=BLIND_AFTER // timedelta(minutes=1)),
            )

    async def _seeing_again(self) -> None:
        since, self._blind_since = self._blind_since, None
        if since is None or not self._said_blind:
            return
        self._said_blind = False
        context = self._context
        key = f"{KEY}:{Severity.WARNING.value}:sees:{since.isoformat()}"
        async with context.ledger.transaction() as tx:
            await context.outbox.tell(
                tx, key, context.say("sees_again_title"), context.say("sees_again")
            )

    async def _failed(self, error: Exception) -> None:
        """Log a failure; say so when it is not the first."""
        _LOG.error("the watchtower failed and goes on", error=repr(error))
        self._failures += 1
        if self._failures == FAILURES_MAX:
            title, text = self._context.say("failing_title"), self._context.say("failing")
            await self._context.outbox.alert(title, text)


def _is_seen(state: SymbolState) -> bool:
    """Whether a price comes in; one that nobody trades at may be old, but there is one."""
    return state.health is FeedHealth.LIVE and state.tick is not None
