"""The kill switch: stored in the ledger, and a file outside the process that always wins."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import structlog

from core.domain.journal import JournalEntry
from core.domain.modes import (
    SETTING_STOPPED_DAY,
    SETTING_STOPPED_REASON,
    SETTING_TRADING_STATE,
    TradingState,
)
from core.errors import StorageError
from core.ports.clock import Clock
from core.ports.ledger import Ledger, LedgerTransaction

_LOG = structlog.get_logger(__name__)


class LedgerTradingSwitch:
    """Implements `core.ports.switch.TradingSwitch`.

    The halt file works when Discord, the network or the event loop does not: anybody who can
    touch a file under DATA_DIR can stop trading.
    """

    def __init__(self, ledger: Ledger, clock: Clock, halt_file: Path) -> None:
        """`halt_file` halts trading while it exists."""
        self._ledger = ledger
        self._clock = clock
        self._halt_file = halt_file

    async def state(self) -> TradingState:
        """Return the state in force."""
        if self._is_halted_by_file():
            return TradingState.HALTED
        async with self._ledger.transaction() as tx:
            stored = await tx.setting(SETTING_TRADING_STATE)
        if stored is None:
            return TradingState.ACTIVE
        try:
            return TradingState(stored)
        except ValueError:
            _LOG.error("the stored trading state is unknown: halted", stored=stored)
            return TradingState.HALTED

    def _is_halted_by_file(self) -> bool:
        try:
            return self._halt_file.exists()
        except OSError as error:
            _LOG.error("the halt file cannot be looked at: halted", error=str(error))
            return True

    async def set_state(self, state: TradingState, *, actor: str, reason: str) -> None:
        """Store a new state; a resume also reopens a stopped day and removes the halt file.

        Raises StorageError when the file cannot be removed: then trading is still halted.
        """
        async with self._ledger.transaction() as tx:
            await tx.put_setting(SETTING_TRADING_STATE, state.value)
            await tx.append_journal(
                JournalEntry(
                    at=self._clock.now(),
                    kind="switch.set",
                    actor=actor,
                    subject="trading",
                    facts={"state": state.value, "reason": reason},
                )
            )
            if state is TradingState.ACTIVE:
                await self._reopen_day(tx, actor)
        if state is TradingState.ACTIVE:
            try:
                self._halt_file.unlink(missing_ok=True)
            except OSError as error:
                raise StorageError(f"the halt file cannot be removed: {error.strerror}") from error

    async def _reopen_day(self, tx: LedgerTransaction, actor: str) -> None:
        day = await tx.setting(SETTING_STOPPED_DAY)
        if not day:
            return
        reason = await tx.setting(SETTING_STOPPED_REASON) or ""
        await tx.put_setting(SETTING_STOPPED_DAY, "")
        await tx.put_setting(SETTING_STOPPED_REASON, "")
        await tx.append_journal(
            JournalEntry(
                at=self._clock.now(),
                kind="switch.day_reopened",
                actor=actor,
                subject="trading",
                facts={"day": day, "reason": reason},
            )
        )

    async def stop_for_day(self, day: date, reason: str) -> None:
        """Send nothing new on `day`."""
        async with self._ledger.transaction() as tx:
            await tx.put_setting(SETTING_STOPPED_DAY, day.isoformat())
            await tx.put_setting(SETTING_STOPPED_REASON, reason)
            await tx.append_journal(
                JournalEntry(
                    at=self._clock.now(),
                    kind="switch.day_stopped",
                    actor="cycle",
                    subject="trading",
                    facts={"day": day.isoformat(), "reason": reason},
                )
            )

    async def stopped_on(self, day: date) -> str | None:
        """Return why trading is stopped on `day` (maybe an empty text), or None when it is not."""
        async with self._ledger.transaction() as tx:
            if await tx.setting(SETTING_STOPPED_DAY) != day.isoformat():
                return None
            return await tx.setting(SETTING_STOPPED_REASON) or ""
