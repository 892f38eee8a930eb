"""The kill switch: stored in the ledger, and a file outside the process that always wins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import structlog

from core.domain.breakers import Breaker, InForce, Trip, in_force
from core.domain.halt import HaltOrder
from core.domain.journal import JournalEntry
from core.domain.krx import KST
from core.domain.modes import (
    SETTING_STOPPED_DAY,
    SETTING_STOPPED_REASON,
    SETTING_TRADING_STATE,
    TradingState,
)
from core.ports.clock import Clock
from core.ports.ledger import BooksReading, Ledger, LedgerTransaction
from core.runtime.halt_file import HaltFile

_LOG = structlog.get_logger(__name__)
_SUBJECT = "trading"


class LedgerTradingSwitch:
    """Implements `core.ports.switch.TradingSwitch`.

    The halt file works when Discord, the network or the database does not: anybody who can
    touch a file under DATA_DIR can stop trading.
    """

    def __init__(self, ledger: Ledger, clock: Clock, halt_file: Path) -> None:
        """`halt_file` halts trading while it exists."""
        self._ledger = ledger
        self._clock = clock
        self._file = HaltFile(halt_file)
        # Halts by signal that no resume has lifted.
        self._signals = 0

    async def state(self) -> TradingState:
        """Return the state in force."""
        return (await self.reasons()).state

    async def reasons(self) -> InForce:
        """Return the state in force and everything that leads to it."""
        async with self._ledger.transaction() as tx:
            return await self.within(tx)

    async def within(self, tx: BooksReading) -> InForce:
        """Return what this transaction sees, and the file as it is now."""
        return in_force(await tx.switch_rows(), self._today(), self._outside())

    def halt_at_once(self) -> None:
        """Halt from a signal handler: no await, no database. The file makes it last.

        The next commit of the ledger, and so every arm, sees it; without a writable disk it
        holds for as long as the process lives.
        """
        self._signals += 1
        try:
            self._file.write(HaltOrder(state=TradingState.HALTED))
        except OSError as error:
            _LOG.error("the halt file cannot be written; halted in memory", error=str(error))

    def _outside(self) -> TradingState:
        if self._signals:
            return TradingState.HALTED
        order = self._file.order()
        return TradingState.ACTIVE if order is None else order.state

    async def set_state(self, state: TradingState, *, actor: str, reason: str) -> None:
        """Store a new state; a resume also reopens a stopped day and removes the halt file.

        A halt that comes by file or signal while the resume is being stored is not lifted by it.
        Raises StorageError when the file cannot be removed: then trading is still halted.
        """
        stamp, signals = self._file.stamp(), self._signals
        async with self._ledger.transaction() as tx:
            await tx.put_setting(SETTING_TRADING_STATE, state.value)
            await self._note(tx, "switch.set", actor, {"state": state.value, "reason": reason})
            if state is TradingState.ACTIVE:
                await self._reopen_day(tx, actor)
        if state is TradingState.ACTIVE:
            self._file.remove(stamp)
            self._signals -= signals

    async def trip(self, trip: Trip, *, actor: str) -> None:
        """Note that a breaker is out."""
        async with self._ledger.transaction() as tx:
            await tx.put_trip(trip)
            facts = {
                "breaker": trip.breaker.value,
                "effect": trip.effect.value,
                "until": trip.until.isoformat() if trip.until else "",
                "reason": trip.reason,
            }
            await self._note(tx, "switch.tripped", actor, facts)

    async def release(self, breaker: Breaker, *, actor: str, reason: str) -> bool:
        """Put a breaker back in; return whether it was out."""
        async with self._ledger.transaction() as tx:
            was_out = await tx.clear_trip(breaker)
            if was_out:
                facts = {"breaker": breaker.value, "reason": reason}
                await self._note(tx, "switch.released", actor, facts)
        return was_out

    async def _reopen_day(self, tx: LedgerTransaction, actor: str) -> None:
        day = await tx.setting(SETTING_STOPPED_DAY)
        if not day:
            return
        reason = await tx.setting(SETTING_STOPPED_REASON) or ""
        await tx.put_setting(SETTING_STOPPED_DAY, "")
        await tx.put_setting(SETTING_STOPPED_REASON, "")
        await self._note(tx, "switch.day_reopened", actor, {"day": day, "reason": reason})

    async def stop_for_day(self, day: date, reason: str) -> None:
        """Send nothing new on `day`."""
        async with self._ledger.transaction() as tx:
            await tx.put_setting(SETTING_STOPPED_DAY, day.isoformat())
            await tx.put_setting(SETTING_STOPPED_REASON, reason)
            facts = {"day": day.isoformat(), "reason": reason}
            await self._note(tx, "switch.day_stopped", "cycle", facts)

    async def stopped_on(self, day: date) -> str | None:
        """Return why trading is stopped on `day` (maybe an empty text), or None when it is not."""
        async with self._ledger.transaction() as tx:
            if await tx.setting(SETTING_STOPPED_DAY) != day.isoformat():
                return None
            return await tx.setting(SETTING_STOPPED_REASON) or ""

    async def _note(
        self, tx: LedgerTransaction, kind: str, actor: str, facts: Mapping[str, object]
    ) -> None:
        now = self._clock.now()
        await tx.append_journal(
            JournalEntry(at=now, kind=kind, actor=actor, subject=_SUBJECT, facts=facts)
        )

    def _today(self) -> date:
        return self._clock.now().astimezone(KST).date()
