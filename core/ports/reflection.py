"""What reflection reads of decisions, and where it keeps what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.domain.leg_record import LegRecord
from core.domain.outcomes import Outcome, Unmeasured


class OutcomeArchive(Protocol):
    """The trade records and their outcomes."""

    async def due_legs(
        self, days: int, before: datetime, after: LegRecord | None, limit: int
    ) -> tuple[LegRecord, ...]:
        """Return legs proposed up to `before` whose outcome after `days` is not final, oldest first.

        `after` is the last leg of the page before. Final is an outcome of all that was filled, or
        that there can be none. An outcome of less than was filled (what a late read of the broker
        added) is due again.
        """

    async def legs_between(self, start: datetime, end: datetime) -> tuple[LegRecord, ...]:
        """Return the legs proposed from `start` on and before `end`, oldest first."""

    async def leg(self, record_id: str) -> LegRecord | None:
        """Return one leg."""

    async def save_outcome(self, outcome: Outcome) -> None:
        """Store an outcome in place of what stood there, and end its waiting, in one step."""

    async def save_wait(self, leg: LegRecord, days: int, reason: Unmeasured, at: datetime) -> None:
        """Note why there is no outcome yet (or never will be)."""

    async def untold(self, limit: int) -> tuple[Outcome, ...]:
        """Return outcomes that the memory does not hold yet, oldest first."""

    async def outcomes_between(self, start: datetime, end: datetime) -> tuple[Outcome, ...]:
        """Return the outcomes measured from `start` on and before `end`, in a fixed order."""

    async def mark_told(self, outcomes: Sequence[Outcome]) -> None:
        """Note that the memory holds these, as they are."""

    async def waiting(self, start: datetime, end: datetime) -> dict[Unmeasured, int]:
        """Count what waits for an outcome, by reason, of the legs proposed in between."""
