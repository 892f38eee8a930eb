"""The lease: of all processes that reach one ledger, one may arm orders.

The process lock covers one data folder on one machine; the lease covers everything else: two
folders on one database, a second machine, a virtual machine that was paused and woke up. Who takes
it raises the epoch; the arm transaction compares the epoch, so a holder that does not know yet
that it was replaced can arm nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog

from core.domain.lease import Lease
from core.errors import ConfigurationError, StorageError
from core.ports.clock import Clock
from core.ports.ledger import Ledger

_LOG = structlog.get_logger(__name__)
RENEW_SECONDS = 10.0
LAPSES_AFTER = timedelta(seconds=30)
# Nobody: who stopped in good order says so, and the next start need not wait.
NOBODY = ""


class LedgerLease:
    """Implements `core.ports.safety.LeaseHolder`."""

    def __init__(self, ledger: Ledger, host_clock: Clock, holder: str) -> None:
        """`holder` names this machine and data folder; `host_clock` is the host's own time.

        Business time would do for nothing here: a directed clock jumps, and a day then looks like
        a holder that died.
        """
        self._ledger = ledger
        self._clock = host_clock
        self._holder = holder
        self._epoch = 0
        self._lost_because: str | None = None
        self._on_lost: Callable[[], None] | None = None

    @property
    def epoch(self) -> int:
        """The epoch under which this process may arm; 0 before it was taken and once lost."""
        return self._epoch if self._lost_because is None else 0

    @property
    def lost_because(self) -> str | None:
        """Why this process may arm nothing more, or None."""
        return self._lost_because

    def when_lost(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the lease is lost (at once when it already is)."""
        self._on_lost = callback
        if self._lost_because is not None:
            callback()

    async def take(self) -> None:
        """Become the holder.

        The same holder may take over at once: the process lock proves that its predecessor is
        dead. Anybody else waits until the lease lapsed. Raises ConfigurationError when another
        process holds it.
        """
        now = self._clock.now()
        async with self._ledger.transaction() as tx:
            found = await tx.lease()
            if found is not None and found.holder not in {self._holder, NOBODY}:
                age = now - found.renewed_at
                if age <= LAPSES_AFTER:
                    raise ConfigurationError(
                        f"another bot ({found.holder}) holds the lease of this database, renewed "
                        f"{max(age.total_seconds(), 0):.0f} s ago; stop it, or wait until it has "
                        f"been silent for {LAPSES_AFTER.total_seconds():.0f} s"
                    )
            epoch = 1 if found is None else found.epoch + 1
            await tx.put_lease(Lease(epoch=epoch, holder=self._holder, renewed_at=now))
        self._epoch = epoch
        _LOG.info("lease taken", epoch=epoch, holder=self._holder)

    async def run(self) -> None:
        """Renew every few seconds of host time, until it is lost."""
        while self._lost_because is None:
            await self._clock.sleep(RENEW_SECONDS)
            try:
                await self.renew()
            except StorageError as error:
                # Nothing can be armed on a ledger that does not answer, so there is no hurry.
                _LOG.error("the lease cannot be renewed", error=str(error))

    async def renew(self) -> None:
        """Renew it if it is still ours, else lose it. Raises StorageError."""
        async with self._ledger.transaction() as tx:
            found = await tx.lease()
            ours = found is not None and found.epoch == self._epoch
            if ours:
                renewed = Lease(
                    epoch=self._epoch, holder=self._holder, renewed_at=self._clock.now()
                )
                await tx.put_lease(renewed)
        if not ours:
            self.lose(_taken_by(found))

    async def release(self) -> None:
        """Give it back at a stop in good order. Raises StorageError."""
        if not self.epoch:
            return
        async with self._ledger.transaction() as tx:
            found = await tx.lease()
            if found is not None and found.epoch == self._epoch:
                await tx.put_lease(
                    Lease(epoch=self._epoch, holder=NOBODY, renewed_at=self._clock.now())
                )
        self._epoch = 0

    def lose(self, reason: str) -> None:
        """Note that another process holds the lease: this one arms nothing more and ends."""
        if self._lost_because is not None:
            return
        self._lost_because = reason
        _LOG.critical("lease lost: nothing more is armed, the process ends", reason=reason)
        if self._on_lost is not None:
            self._on_lost()


def _taken_by(found: Lease | None) -> str:
    if found is None:
        return "the lease is gone from the database"
    return f"another bot ({found.holder or 'unknown'}) took the lease (epoch {found.epoch})"
