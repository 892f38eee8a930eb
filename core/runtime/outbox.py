"""Keeps alarms in the ledger until people can see them."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable
from datetime import datetime

import structlog

from core.domain.krx import KST
from core.domain.notices import KEY_OF, NoticeKind
from core.domain.outbox import OutboxMessage
from core.errors import StorageError
from core.ports.clock import Clock
from core.ports.ledger import Ledger, LedgerTransaction
from core.ports.outbox import FAILING_MAX, AlarmChannel, OutboxState

_LOG = structlog.get_logger(__name__)
RETRY_SECONDS = 5.0
READ_AT_ONCE = 100
# A message that the channel refused so often must not keep the later ones from it.
TRIES_IN_FRONT = 5
FAILURES_PER_ROUND = 3
# Alarms that even the database did not take; they are delivered without it.
UNSTORED_MAX = 100
KEYS_MAX = 1_000


class LedgerOutbox:
    """Implements `core.ports.outbox.Outbox` and `core.ports.surface.AlertSurface`."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        channel: AlarmChannel,
        must_wait: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """`channel` may refuse everything until it is connected: nothing is lost by that.

        `must_wait` tells of a key whether it is kept for a digest that somebody else delivers.
        """
        self._ledger = ledger
        self._clock = clock
        self._channel = channel
        self._must_wait = must_wait
        self._told = asyncio.Event()
        self._one_round = asyncio.Lock()
        self._unstored: deque[OutboxMessage] = deque()
        # Keys told while nothing could be stored: the same is not told at every try.
        self._told_unstored: deque[str] = deque(maxlen=KEYS_MAX)
        # Keys that people can see while the ledger does not take that they do.
        self._posted: set[str] = set()
        self._failing_since: datetime | None = None
        self._said_at: datetime | None = None

    async def tell(self, tx: LedgerTransaction, key: str, title: str, text: str) -> bool:
        """Store an alarm with what it tells of. Return False when `key` was already told."""
        stored = await tx.enqueue(self._message(key, title, text))
        # Too early is harmless: before the commit a round finds nothing, and the next one is near.
        self._told.set()
        return stored

    async def alert(self, title: str, text: str, *, can_wait: bool = False) -> bool:
        """Store an alarm; the same words within one hour are one alarm. Never raises.

        What `can_wait` obeys quiet hours, and the choice of how loud upkeep is told.
        """
        hour = self._clock.now().astimezone(KST).strftime("%Y%m%d%H")
        words = hashlib.sha256(f"{title}\n{text}".encode()).hexdigest()[:16]
        begins = KEY_OF[NoticeKind.UPKEEP] if can_wait else "alert:"
        return await self.ring(f"{begins}{hour}:{words}", title, text)

    async def ring(self, key: str, title: str, text: str) -> bool:
        """Store an alarm under `key` in a transaction of its own. Never raises.

        An alarm that the database does not take is kept in memory and posted without it: what
        people must hear most is that the database is broken.
        """
        message = self._message(key, title, text)
        if key in self._told_unstored:
            return True
        if not await self._stored(message):
            self._told_unstored.append(key)
            if len(self._unstored) == UNSTORED_MAX:
                lost = self._unstored.popleft()
                _LOG.error("an alarm was never delivered", title=lost.title, text=lost.text)
            self._unstored.append(message)
        self._told.set()
        return True

    def wake(self) -> None:
        """Deliver at once: the channel was connected."""
        self._told.set()

    async def state(self) -> OutboxState:
        """Return how delivery goes. Raises StorageError."""
        now = self._clock.now()
        return OutboxState(
            waiting=len(await self.waiting()), failing_for=now - (self._failing_since or now)
        )

    async def waiting(self) -> tuple[OutboxMessage, ...]:
        """Return alarms that nobody has seen yet, oldest first. Raises StorageError."""
        async with self._ledger.transaction() as tx:
            return (*self._unstored, *await tx.undelivered(READ_AT_ONCE))

    async def deliver(self) -> bool:
        """Post what waits, oldest first; return whether nothing waits any more. Never raises."""
        async with self._one_round:
            unstored = await self._deliver_unstored()
            try:
                stored = await self._deliver_stored()
            except StorageError as error:
                _LOG.error("alarms cannot be read", error=str(error))
                stored = False
        return unstored and stored

    async def run(self) -> None:
        """Run forever: deliver when something was told, and again what could not be delivered."""
        while True:
            self._told.clear()
            if await self.deliver():
                await self._told.wait()
            else:
                await self._pause()

    async def _pause(self) -> None:
        """Sleep before the next try; a new alarm, or a channel that was connected, ends it."""
        sleeper = asyncio.ensure_future(self._clock.sleep(RETRY_SECONDS))  # noqa: TID251 - owned right here
        ringer = asyncio.ensure_future(self._told.wait())  # noqa: TID251 - as above
        try:
            await asyncio.wait({sleeper, ringer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeper.cancel()
            ringer.cancel()
            await asyncio.gather(sleeper, ringer, return_exceptions=True)

    async def _deliver_unstored(self) -> bool:
        """Post what the database did not take; what cannot be posted is offered to it again."""
        for message in tuple(self._unstored):
            if await self._post(message) or await self._stored(message):
                # The queue may have overflowed meanwhile.
                if message in self._unstored:
                    self._unstored.remove(message)
            else:
                return False
        return True

    async def _stored(self, message: OutboxMessage) -> bool:
        try:
            async with self._ledger.transaction() as tx:
                await tx.enqueue(message)
        except StorageError as error:
            _LOG.error("an alarm could not be stored", title=message.title, error=str(error))
            return False
        return True

    async def _deliver_stored(self) -> bool:
        failures = 0
        waiting = await self._to_post()
        while waiting:
            for message in waiting:
                if message.key in self._posted or await self._post(message):
                    await self._note_posted(message)
                    continue
                failures += 1
                async with self._ledger.transaction() as tx:
                    await tx.count_try(message.key)
                if message.tries < TRIES_IN_FRONT or failures == FAILURES_PER_ROUND:
                    return False
            if failures:
                return False
            waiting = await self._to_post()
        return True

    async def _to_post(self) -> list[OutboxMessage]:
        """Return what is to be posted now. What must wait is put aside, also while nothing is taken."""
        while True:
            async with self._ledger.transaction() as tx:
                found = await tx.undelivered(READ_AT_ONCE)
                waits = [one.key for one in found if self._must_wait(one.key)]
                waits = [key for key in waits if key not in self._posted]
                for key in waits:
                    await tx.hold_back(key, self._clock.now())
            if len(waits) < len(found) or not found:
                return [one for one in found if one.key not in waits]

    async def _note_posted(self, message: OutboxMessage) -> None:
        """Store that people can see it; until that works it is not posted again."""
        self._posted.add(message.key)
        async with self._ledger.transaction() as tx:
            await tx.mark_delivered(message.key, self._clock.now())
        self._posted.discard(message.key)

    async def _post(self, message: OutboxMessage) -> bool:
        try:
            posted = await self._channel.post(message)
        except Exception:  # noqa: BLE001 - a broken channel must not end the alarms
            _LOG.exception("an alarm could not be posted", title=message.title)
            posted = False
        self._judge(posted, message)
        return posted

    def _judge(self, posted: bool, message: OutboxMessage) -> None:  # noqa: FBT001 - private
        if posted:
            self._failing_since = self._said_at = None
            return
        now = self._clock.now()
        self._failing_since = self._failing_since or now
        if now - max(self._failing_since, self._said_at or self._failing_since) >= FAILING_MAX:
            self._said_at = now
            _LOG.error(
                "ALARMS DO NOT REACH ANYBODY: the alert channel takes nothing",
                since=self._failing_since.isoformat(),
                title=message.title,
                text=message.text,
            )

    def _message(self, key: str, title: str, text: str) -> OutboxMessage:
        return OutboxMessage(key=key, title=title, text=text, created_at=self._clock.now())
