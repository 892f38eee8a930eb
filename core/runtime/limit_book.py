"""The limits in force: those of the settings, tightened by what people stored since."""

from __future__ import annotations

import re

import structlog

from core.domain.journal import JournalEntry
from core.domain.limits import (
    LIMIT_TERMS,
    LimitAnswer,
    LimitOutcome,
    is_tighter,
    tightened,
    value_of,
)
from core.domain.risk import RiskLimits
from core.errors import StorageError
from core.ports.clock import Clock
from core.ports.ledger import Ledger

_LOG = structlog.get_logger(__name__)
_PREFIX = "limit."
_DIGITS = re.compile(r"[0-9]{1,12}")


class LimitBook:
    """Implements `core.ports.safety.LimitSource`.

    What is in force never becomes looser while the process lives: a looser value is stored, and
    counts from the next `load`, never beyond the settings.
    """

    def __init__(self, hard: RiskLimits, ledger: Ledger, clock: Clock) -> None:
        """`hard` are the limits of the settings; they are in force until `load`."""
        self._hard = hard
        self._current = hard
        self._wishes: dict[str, int] = {}
        self._ledger = ledger
        self._clock = clock

    @property
    def current(self) -> RiskLimits:
        """The limits as of now."""
        return self._current

    @property
    def hard(self) -> RiskLimits:
        """The limits of the settings."""
        return self._hard

    @property
    def next_start(self) -> RiskLimits:
        """The limits that the next start puts in force under the same settings."""
        return tightened(self._hard, self._wishes)

    async def load(self) -> None:
        """Read what is stored, once, before anything trades.

        Raises StorageError for a stored limit that cannot be read: nobody knows how tight it was.
        """
        async with self._ledger.transaction() as tx:
            stored = {name: await tx.setting(f"{_PREFIX}{name}") for name in LIMIT_TERMS}
        for name, text in stored.items():
            if text is None:
                continue
            if not _DIGITS.fullmatch(text):
                raise StorageError(f"the stored limit {name} cannot be read: {text[:20]!r}")
            self._wishes[name] = int(text)
        self._current = tightened(self._hard, self._wishes)
        changed = {name: value_of(self._current, name) for name in self._wishes}
        _LOG.info("limits in force", tightened=changed)

    async def tighten(self, name: str, value: int, *, actor: str) -> LimitAnswer:
        """Put a tighter `value` in force at once; store a looser one for the next start."""
        refused = self._refusal(name, value)
        if refused is not None:
            return refused
        before = value_of(self._current, name)
        now = is_tighter(name, value, before)
        async with self._ledger.transaction() as tx:
            await tx.put_setting(f"{_PREFIX}{name}", str(value))
            await tx.append_journal(
                JournalEntry(
                    at=self._clock.now(),
                    kind="limit.tightened" if now else "limit.wished",
                    actor=actor,
                    subject=name,
                    facts={"value": value, "before": before, "hard": value_of(self._hard, name)},
                )
            )
        self._wishes[name] = value
        if now:
            self._current = tightened(self._current, {name: value})
        outcome = LimitOutcome.FROM_NEXT_START
        if now:
            outcome = LimitOutcome.TIGHTENED
        elif value == before:
            outcome = LimitOutcome.UNCHANGED
        return self._answer(outcome, name, value)

    def _refusal(self, name: str, value: int) -> LimitAnswer | None:
        if name not in LIMIT_TERMS:
            return LimitAnswer(outcome=LimitOutcome.UNKNOWN_NAME, name=name, value=value)
        lowest, hard = LIMIT_TERMS[name].lowest, value_of(self._hard, name)
        if value < lowest:
            return self._answer(LimitOutcome.TOO_LOW, name, value, bound=lowest)
        if is_tighter(name, hard, value):
            return self._answer(LimitOutcome.BEYOND_SETTINGS, name, value, bound=hard)
        return None

    def _answer(
        self, outcome: LimitOutcome, name: str, value: int, *, bound: int = 0
    ) -> LimitAnswer:
        return LimitAnswer(
            outcome=outcome,
            name=name,
            value=value,
            in_force=value_of(self._current, name),
            bound=bound,
            unit=LIMIT_TERMS[name].unit,
        )
