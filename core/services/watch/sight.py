"""Whether holdings are seen at all: while they are not, no stop is watched, and people are told."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from core.domain.alerts import Severity
from core.domain.instrument import Symbol
from core.domain.ticks import FeedHealth, SymbolState
from core.services.watch.alerting import KEY
from core.services.watch.context import TowerContext
from core.services.watch.facts import Holdings

# For so long nothing may be seen during a session before people are told that no stop is watched.
BLIND_AFTER = timedelta(minutes=2)


class Blindness(Enum):
    """What is missing. The locale files hold words for each (``watch.blind_…``)."""

    PRICES = "prices"
    HOLDINGS = "holdings"


class Sight:
    """Remembers since when what is not seen, and what was said of it."""

    def __init__(self, context: TowerContext, holdings: Holdings) -> None:
        """Nothing is missed yet."""
        self._context = context
        self._holdings = holdings
        self._no_prices_since: datetime | None = None
        self._said: set[Blindness] = set()

    def rest(self) -> None:
        """Count nothing against a time without trading; what was said waits for its end."""
        self._no_prices_since = None

    async def judge(self, now: datetime) -> None:
        """Tell people of what is not seen, once, and of its end. Raises StorageError."""
        unseen = self._unseen()
        self._no_prices_since = (self._no_prices_since or now) if unseen else None
        missed = {
            Blindness.PRICES: self._no_prices_since,
            Blindness.HOLDINGS: self._holdings.missed_since,
        }
        if not any(missed.values()):
            await self._seeing_again(now)
            return
        names = ", ".join(self._context.name_of(symbol) for symbol in unseen)
        minutes = BLIND_AFTER // timedelta(minutes=1)
        for what, since in missed.items():
            if since is not None and now - since >= BLIND_AFTER:
                self._said.add(what)
                words = f"blind_{what.value}"
                key = f"{words}:{since.isoformat()}"
                await self._tell(Severity.URGENT, key, words, names=names, minutes=minutes)

    def _unseen(self) -> tuple[Symbol, ...]:
        feed = self._context.feed
        return tuple(
            symbol for symbol in self._holdings.last_known() if not _is_seen(feed.state(symbol))
        )

    async def _seeing_again(self, now: datetime) -> None:
        if not self._said:
            return
        await self._tell(Severity.WARNING, f"sees:{now.isoformat()}", "sees_again")
        self._said.clear()

    async def _tell(self, severity: Severity, key: str, words: str, **values: object) -> None:
        context = self._context
        title, text = context.say(f"{words}_title"), context.say(words, **values)
        async with context.ledger.transaction() as tx:
            await context.outbox.tell(tx, f"{KEY}:{severity.value}:{key}", title, text)


def _is_seen(state: SymbolState) -> bool:
    """Whether a price comes in; one that nobody trades at may be old, but there is one."""
    return state.health is FeedHealth.LIVE and state.tick is not None
