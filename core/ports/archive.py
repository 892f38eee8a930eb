"""Sessions, cycle steps, passages and bars: everything stored that is not the order ledger."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Protocol

from core.domain.conversation import ChatLine, ChatSession, SessionState
from core.domain.cycle import Step, StepRecord
from core.domain.instrument import Symbol
from core.domain.market import Bar, BarSeries
from core.domain.passages import WatchedPosition


class SessionArchive(Protocol):
    """Chat sessions and what was said in them."""

    async def open_session(self, session: ChatSession) -> None:
        """Store a new session."""

    async def session(self, thread_id: int) -> ChatSession | None:
        """Return one session."""

    async def sessions_in(self, states: Collection[SessionState]) -> tuple[ChatSession, ...]:
        """Return the sessions in `states`, oldest activity first."""

    async def save_session(self, session: ChatSession) -> None:
        """Replace the stored session with this thread id."""

    async def append_line(self, line: ChatLine) -> None:
        """Store one line and move the session's last activity to its instant."""

    async def lines(self, thread_id: int, limit: int = 500) -> tuple[ChatLine, ...]:
        """Return the newest `limit` lines of one session, oldest first."""

    async def lines_on(self, day: date) -> tuple[ChatLine, ...]:
        """Return the lines of all sessions on one KST day, oldest first."""


class CycleArchive(Protocol):
    """Which step of which day has run. (day, step) is unique."""

    async def begin_step(self, day: date, step: Step, at: datetime) -> StepRecord:
        """Store or re-open the row as running and count the attempt."""

    async def finish_step(self, record: StepRecord) -> None:
        """Replace the row."""

    async def steps_of(self, day: date) -> tuple[StepRecord, ...]:
        """Return the rows of one day in step order."""


class PassageArchive(Protocol):
    """What the holdings of this account have been through, for the exits."""

    async def watched(self) -> tuple[WatchedPosition, ...]:
        """Return what is remembered, by symbol."""

    async def replace_watched(self, positions: Collection[WatchedPosition]) -> None:
        """Remember these and nothing else, in one step: what is left out has ended."""

    async def raise_peak(self, symbol: Symbol, price_won: int, at: datetime) -> bool:
        """Remember a higher price of one holding; return False when it is not remembered, or lower."""


class BarArchive(Protocol):
    """Daily bars, adjusted and raw kept apart; each says where from and as of when."""

    async def save_bars(self, series: BarSeries, as_of: datetime) -> None:
        """Insert or replace the bars of one series, as they were known at `as_of`."""

    async def bars(
        self, symbol: Symbol, *, adjusted: bool, end: date, limit: int
    ) -> tuple[Bar, ...]:
        """Return the newest `limit` bars up to `end`, oldest first."""

    async def forget_bars(self, symbols: Sequence[Symbol], *, adjusted: bool) -> None:
        """Delete stored bars, for a series whose adjustment changed."""
