"""Where the bot looks for its conditions: rows, the feed, the token, the disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from bot.operations.daily_backup import SETTING_LAST_BACKUP
from bot.operations.doctor import FREE_BYTES_MIN
from core.domain.breakers import Breaker, Trip
from core.domain.calendar import TradingCalendar
from core.domain.conditions import Condition
from core.domain.cycle import StepState
from core.domain.krx import KST
from core.domain.orders import OrderState
from core.domain.ticks import FeedHealth, FeedStatus
from core.ports.archive import CycleArchive
from core.ports.clock import Clock
from core.ports.ledger import Ledger, LedgerTransaction
from core.ports.phrases import Phrases
from core.runtime.token_cache import TokenCache
from core.services.safety.watch import FLOOR_TOLD

_LOG = structlog.get_logger(__name__)
# A connection that is made anew is no stopped feed.
FEED_AFTER = timedelta(minutes=3)
# One missed backup is alarmed by itself; two are a condition.
BACKUP_AFTER = timedelta(hours=49)
_BREAKERS = {
    Breaker.DAY_LOSS: Condition.DAY_LOSS,
    Breaker.LOSING_STREAK: Condition.LOSING_STREAK,
    Breaker.BROKER_ERRORS: Condition.BROKER_ERRORS,
    Breaker.CLOCK_SKEW: Condition.CLOCK_SKEW,
    Breaker.LAST_HOP: Condition.BROKEN_BOOKS,
    Breaker.INVARIANT: Condition.BROKEN_BOOKS,
}
_DOUBTFUL = frozenset({OrderState.UNKNOWN, OrderState.OPERATOR_HOLD})
# So many ids are named; the rest is counted.
NAMED_MAX = 5

Found = dict[Condition, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionSight:
    """Reads everything once. `backs_up` says whether daily backups are wanted at all."""

    ledger: Ledger
    cycles: CycleArchive
    feed: Callable[[], FeedStatus]
    tokens: TokenCache
    calendar: TradingCalendar
    clock: Clock
    phrases: Phrases
    data_dir: Path
    floor_won: int
    backs_up: bool

    async def look(self) -> Mapping[Condition, str]:
        """Return a sentence for each condition that is true now. Raises StorageError."""
        now = self.clock.now()
        found: Found = {}
        self._runtime(now, found)
        today = now.astimezone(KST).date()
        async with self.ledger.transaction() as tx:
            trips = [trip for trip in await tx.trips() if trip.until is None or today < trip.until]
            self._trips(trips, found)
            await self._books(tx, found)
            await self._settings(tx, now, found)
        failed = [
            record.step
            for record in await self.cycles.steps_of(today)
            if record.state is StepState.FAILED and record.step.stops_trading
        ]
        if failed:
            steps = ", ".join(step.value for step in failed)
            found[Condition.CYCLE_STEP] = self._say(Condition.CYCLE_STEP, steps=steps)
        return found

    def _say(self, condition: Condition, **values: object) -> str:
        return self.phrases.say(f"conditions.text_{condition.value}", **values)

    def _runtime(self, now: datetime, found: Found) -> None:
        status = self.feed()
        hours = self.calendar.known_hours(now.astimezone(KST).date())
        is_session = hours is not None and hours.opens <= now <= hours.closes
        is_wanted = is_session and status.followed > 0
        if is_wanted and hours is not None and status.health is not FeedHealth.LIVE:
            since = max(status.since, hours.opens)
            if now - since >= FEED_AFTER:
                why = self.phrases.say(f"status.feed_trouble_{status.trouble.value}")
                found[Condition.STALE_FEED] = self._say(
                    Condition.STALE_FEED, since=f"{since:%H:%M}", why=why
                )
        if self.tokens.trouble is not None:
            fault = type(self.tokens.trouble).__name__
            found[Condition.TOKEN] = self._say(Condition.TOKEN, fault=fault)
        try:
            free = shutil.disk_usage(self.data_dir).free
        except OSError as error:
            _LOG.warning("the free room of the disk cannot be read", error=str(error))
        else:
            if free < FREE_BYTES_MIN:
                found[Condition.DISK] = self._say(Condition.DISK, free=free // 1_000_000)

    @staticmethod
    def _trips(trips: list[Trip], found: Found) -> None:
        for trip in trips:
            condition = _BREAKERS.get(trip.breaker)
            if condition is not None:
                found[condition] = trip.reason

    async def _books(self, tx: LedgerTransaction, found: Found) -> None:
        doubtful = await tx.orders_in(_DOUBTFUL)
        if doubtful:
            ids = ", ".join(order.order_id for order in doubtful[:NAMED_MAX])
            found[Condition.UNKNOWN_ORDER] = self._say(
                Condition.UNKNOWN_ORDER, count=len(doubtful), orders=ids
            )
        holds = await tx.symbol_holds()
        if holds:
            symbols = ", ".join(hold.symbol for hold in holds[:NAMED_MAX])
            found[Condition.DRIFT] = self._say(Condition.DRIFT, symbols=symbols)

    async def _settings(self, tx: LedgerTransaction, now: datetime, found: Found) -> None:
        if self.floor_won and await tx.setting(FLOOR_TOLD) == "Y":
            found[Condition.NAV_FLOOR] = self._say(Condition.NAV_FLOOR, floor=self.floor_won)
        stored = await tx.setting(SETTING_LAST_BACKUP) if self.backs_up else None
        if stored is not None and now - (last := datetime.fromisoformat(stored)) >= BACKUP_AFTER:
            found[Condition.BACKUP_AGE] = self._say(Condition.BACKUP_AGE, days=(now - last).days)
