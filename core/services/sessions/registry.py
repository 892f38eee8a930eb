"""Which tool is answered by whom: one typed entry per kind of ask."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog

from core.domain.tickets import Author
from core.errors import BrokerError, InvariantBroken, TradingError
from core.ports.dialogue import ProposeAsk, ToolAsk
from core.ports.phrases import Phrases
from core.services.sessions import results
from core.services.sessions.results import ToolOutcome

_LOG = structlog.get_logger(__name__)
TOOL_SECONDS_MAX = 30.0

A = TypeVar("A", bound=ToolAsk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """In which thread, and who asks: the model or the analyst."""

    thread_id: int
    author: Author


@dataclass(frozen=True, slots=True)
class _Entry:
    run: Callable[[Any, Asker], Awaitable[ToolOutcome]]
    seconds: float


@dataclass(slots=True)
class ToolRegistry:
    """Runs one validated call, in time and without exceptions."""

    phrases: Phrases
    _entries: dict[type[ToolAsk], _Entry] = field(default_factory=dict)

    def add(
        self,
        kind: type[A],
        run: Callable[[A, Asker], Awaitable[ToolOutcome]],
        *,
        seconds: float = TOOL_SECONDS_MAX,
    ) -> None:
        """Let `run` answer asks of `kind`, within `seconds`. Raises ValueError for a second one."""
        if kind in self._entries:
            raise ValueError(f"{kind.__name__} is answered already")
        self._entries[kind] = _Entry(run, seconds)

    def kinds(self) -> frozenset[type[ToolAsk]]:
        """Return what is answered."""
        return frozenset(self._entries)

    async def run(self, ask: ToolAsk, asker: Asker) -> ToolOutcome:
        """Answer one ask. Faults become words, never exceptions.

        Raises InvariantBroken for a kind that nobody answers.
        """
        entry = self._entries.get(type(ask))
        if entry is None:
            raise InvariantBroken(f"nobody answers {type(ask).__name__}")
        try:
            async with asyncio.timeout(entry.seconds):
                return await entry.run(ask, asker)
        except (TimeoutError, TradingError) as error:
            _LOG.warning("tool failed", tool=type(ask).__name__, reason=str(error)[:200])
            return results.failed(self._sentence(ask, error, entry.seconds))

    def _sentence(self, ask: ToolAsk, error: Exception, seconds: float) -> str:
        # A proposal that broke off may or may not have left a ticket: say so, claim neither.
        if isinstance(ask, ProposeAsk):
            return self.phrases.say("sessions.proposal_unsure")
        if isinstance(error, TimeoutError):
            return self.phrases.say("sessions.tool_timeout", seconds=int(seconds))
        if isinstance(error, BrokerError):
            return self.phrases.say("sessions.broker_failed")
        return self.phrases.say("sessions.tool_failed")
