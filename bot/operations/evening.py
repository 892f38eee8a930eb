"""What is done once a session's bars are there: outcomes first, then the bars of the what-if ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import structlog

from core.domain.calendar import CalendarUnknown
from core.errors import StorageError

_LOG = structlog.get_logger(__name__)


class Keeps(Protocol):
    """Does what is due."""

    async def keep(self) -> object:
        """Do it. Raises StorageError."""


@dataclass(frozen=True, slots=True)
class EveningRound:
    """Implements bot.operations.day.KeepsOutcomes with the bars beside it."""

    outcomes: Keeps
    bars: Keeps

    async def keep(self) -> object:
        """Measure the outcomes that are due, then read the bars that the ledger will want.

        A symbol that leaves the market takes its bars with it; stored they stay. What cannot be read
        is said by the ledger itself to whoever asks for it. Raises StorageError of the outcomes.
        """
        result = await self.outcomes.keep()
        try:
            await self.bars.keep()
        except (CalendarUnknown, StorageError):
            _LOG.exception("no bars for the what-if ledger")
        return result
