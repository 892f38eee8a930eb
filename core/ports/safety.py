"""What can say no at the last hop: the lease, the real-money interlock, the limits in force."""

from __future__ import annotations

from typing import Protocol

from core.domain.books import UnstoredAnswer
from core.domain.risk import RiskLimits
from core.ports.ledger import BooksReading


class LeaseHolder(Protocol):
    """This process's lease (core.runtime.lease)."""

    @property
    def epoch(self) -> int:
        """The epoch under which this process may arm; 0 before it was taken."""

    def lose(self, reason: str) -> None:
        """Note that another process holds the lease: this one arms nothing more and ends."""


class Interlock(Protocol):
    """The real-money interlock (core.runtime.interlock). Says nothing outside real mode."""

    async def refusal(self, tx: BooksReading) -> str | None:
        """Return a sentence why no order may go to the real account now, or None."""


class LimitSource(Protocol):
    """The limits in force: those of the settings, tightened by what people stored since."""

    @property
    def current(self) -> RiskLimits:
        """The limits as of now."""


class CallCounts(Protocol):
    """The last calls to the broker (core.runtime.call_record)."""

    @property
    def errors(self) -> int:
        """How many of the remembered calls failed; a proven refusal is no failure."""

    @property
    def calls(self) -> int:
        """How many calls are remembered."""


class EmergencyNotes(Protocol):
    """A file beside the database (core.runtime.emergency_file), for answers it could not take."""

    def append(self, answer: UnstoredAnswer) -> None:
        """Add one line and force it to disk. Raises OSError."""

    def read(self) -> tuple[UnstoredAnswer, ...]:
        """Return what was noted, oldest first. Raises StorageError for a line nobody can read."""

    def clear(self) -> None:
        """Remove the file: what it said is in the database now. Raises OSError."""
