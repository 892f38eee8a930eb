"""Extract and transform: from the newest prices to facts that rules can be judged by."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

import structlog

from core.domain.account import AccountSnapshot, Position
from core.domain.alerts import WatchFacts
from core.domain.calendar import CalendarUnknown
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.ticks import FeedHealth, SymbolState, Tick
from core.errors import BrokerError, StorageError
from core.services.watch.context import TowerContext

_LOG = structlog.get_logger(__name__)
MEAN_SESSIONS = 20
# A holding is read anew after this long, and not believed after the other.
ACCOUNT_SECONDS = 60
ACCOUNT_AGE_MAX = timedelta(minutes=5)
# iNAVs come every few seconds; an older one says nothing of the price now.
NAV_AGE_MAX = timedelta(seconds=60)
# Bars that could not be read are not asked for again at once.
BARS_AGAIN = timedelta(minutes=10)
# Reading bars that are slow to come ends after this long, and goes on in the next round.
BARS_ROUND_MAX = timedelta(seconds=20)


def usable_tick(state: SymbolState, now: datetime) -> Tick | None:
    """Return the newest trade if it may be believed: a live feed, and a price of today."""
    tick = state.tick
    if state.health is not FeedHealth.LIVE or tick is None:
        return None
    traded = (tick.traded_at or tick.received_at).astimezone(KST).date()
    return tick if traded == now.astimezone(KST).date() and tick.last_won > 0 else None


class Holdings:
    """What is held, read now and then: an account is a slow and counted call."""

    def __init__(self, context: TowerContext) -> None:
        """Nothing is known yet."""
        self._context = context
        self._account: AccountSnapshot | None = None
        self._unread_since: datetime | None = None
        self._due = context.clock.now()

    async def refresh(self, *, now_due: bool = False) -> bool:
        """Read the account if it is time, or `now_due`; return whether what is known is young.

        A broker that does not answer is not asked again before the next time.
        """
        now = self._context.clock.now()
        if now_due or now >= self._due:
            self._due = now + timedelta(seconds=ACCOUNT_SECONDS)
            try:
                self._account = await self._context.broker.account()
            except BrokerError as error:
                _LOG.warning("holdings could not be read", error=str(error))
                self._unread_since = self._unread_since or now
                if now_due:
                    return False
            else:
                self._unread_since = None
        return self.are_known

    def positions(self) -> tuple[Position, ...]:
        """Return what is held; nothing when the last answer is too old to go by."""
        account = self._young()
        found = account.positions if account else ()
        return tuple(item for item in found if item.quantity > 0)

    def last_known(self) -> tuple[Symbol, ...]:
        """Return what was held when somebody last said so, however long ago."""
        found = self._account.positions if self._account else ()
        return tuple(item.symbol for item in found if item.quantity > 0)

    @property
    def are_known(self) -> bool:
        """Whether the last answer is young enough to go by."""
        return self._young() is not None

    @property
    def missed_since(self) -> datetime | None:
        """Since when the account cannot be read, once what was known is too old to go by.

        None while it is known, and where the last answer was that nothing is held.
        """
        is_missed = self._account is None or bool(self.last_known())
        return self._unread_since if is_missed and not self.are_known else None

    def position(self, symbol: Symbol) -> Position | None:
        """Return one holding."""
        return next((item for item in self.positions() if item.symbol == symbol), None)

    def _young(self) -> AccountSnapshot | None:
        account = self._account
        if account is None or self._context.clock.now() - account.taken_at > ACCOUNT_AGE_MAX:
            return None
        return account


class MeanVolumes:
    """The mean volume of the last 20 sessions, read once a day and symbol."""

    def __init__(self, context: TowerContext) -> None:
        """Nothing is known yet."""
        self._context = context
        self._known: dict[Symbol, tuple[date, int | None]] = {}
        self._not_before: dict[Symbol, datetime] = {}

    async def prepare(self, symbols: Iterable[Symbol], today: date) -> None:
        """Read what is missing for `today`, for a while; what is left is read in later rounds."""
        try:
            end = self._context.calendar.previous_session(today)
        except CalendarUnknown:
            return
        begun = self._context.clock.now()
        for symbol in symbols:
            now = self._context.clock.now()
            if now - begun > BARS_ROUND_MAX:
                return
            is_known = symbol in self._known and self._known[symbol][0] == today
            if is_known or now < self._not_before.get(symbol, now):
                continue
            try:
                series = await self._context.market.bars(symbol, MEAN_SESSIONS, end, adjusted=False)
            except (BrokerError, StorageError) as error:
                _LOG.warning("no mean volume", symbol=symbol, error=str(error))
                self._not_before[symbol] = now + BARS_AGAIN
                continue
            shares = [bar.volume_shares for bar in series.bars[-MEAN_SESSIONS:]]
            whole = len(shares) == MEAN_SESSIONS
            self._known[symbol] = (today, sum(shares) // MEAN_SESSIONS if whole else None)

    def of(self, symbol: Symbol, today: date) -> int | None:
        """Return the mean in shares, or None while it is not known."""
        day, mean = self._known.get(symbol, (None, None))
        return mean if day == today else None


def facts_of(
    state: SymbolState, now: datetime, *, mean_shares: int | None, position: Position | None
) -> WatchFacts | None:
    """Return the facts of one symbol, or None when its price may not be believed."""
    tick = usable_tick(state, now)
    if tick is None:
        return None
    nav = state.nav.nav_won if state.nav and now - state.nav.received_at <= NAV_AGE_MAX else None
    has_nav = nav is not None and nav > 0
    cost = position.average_cost_won if position else Decimal(0)
    return WatchFacts(
        symbol=state.symbol,
        at=tick.received_at,
        last_won=tick.last_won,
        change_bps=tick.change_bps,
        volume_shares=tick.volume_shares,
        mean_shares=mean_shares,
        nav_won=nav if has_nav else None,
        premium_bps=_above_bps(tick.last_won, nav) if has_nav and nav else None,
        profit_bps=_above_bps(tick.last_won, cost) if cost > 0 else None,
    )


def _above_bps(price_won: int, than: Decimal) -> int:
    return int((price_won / than - 1) * 10_000)
