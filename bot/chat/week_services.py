"""What the chat asks of those who look back on weeks and months."""

from __future__ import annotations

from typing import Protocol

from core.domain.decision_prompt import PromptAnswer, PromptUpdate
from core.domain.month import Month
from core.domain.reflection import Week
from core.domain.reflection_run import WeeklyReport
from core.domain.rule_proposals import Decided
from core.ports.letters import MonthlyLetter
from core.ports.phrases import Phrases


class Weeks(Protocol):
    """Weekly reflections (core.flows.reflecting)."""

    async def stored(self, week: Week) -> WeeklyReport | None:
        """Return the report of a week that was told. Raises StorageError."""

    async def run(self, week: Week, *, retry: bool = False) -> WeeklyReport:
        """Go on at the first unfinished node, and post the report once. Raises TradingError."""


class Letters(Protocol):
    """Letters about months (core.flows.monthly_letter)."""

    async def read(self, month: Month) -> MonthlyLetter:
        """Return the letter of a month that is over. Raises StorageError."""

    async def picture(self, letter: MonthlyLetter, phrases: Phrases) -> bytes | None:
        """Return its picture in a language, None without two values to compare or when it cannot be drawn."""


class Prompts(Protocol):
    """Versions of the decision prompt (core.services.reflection.prompt_book)."""

    async def apply(self, version: int, actor: str) -> PromptAnswer:
        """Put an update in force. Raises StorageError."""

    async def decline(self, version: int, actor: str) -> PromptAnswer:
        """Leave the prompt as it is. Raises StorageError."""

    async def roll_back(self, version: int, actor: str) -> PromptAnswer:
        """Put back what an update replaced. Raises StorageError."""

    async def update(self, version: int) -> PromptUpdate | None:
        """Return one update. Raises StorageError."""


class RuleUndo(Protocol):
    """Takes back accepted proposals of rules (core.services.rules.undoing)."""

    async def take_back(self, proposal_id: str, actor: str) -> Decided:
        """Undo what an accepted proposal did. Raises StaleState, StorageError."""
