"""Instructions: the versions that were in force, and how the decision prompt changes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from core.domain.decision_prompt import PromptState, PromptUpdate
from core.domain.prompts import Prompt


class PromptArchive(Protocol):
    """Every version that was ever in force; none is changed or deleted."""

    async def keep(self, prompt: Prompt) -> bool:
        """Store a version and return whether it was new. One that is known keeps its first use."""

    async def prompt(self, name: str, sha256: str) -> Prompt | None:
        """Return the version of `name` whose hash begins with `sha256`.

        None when there is none, or when so few digits fit several.
        """

    async def versions(self, name: str) -> tuple[Prompt, ...]:
        """Return the versions of `name`, the first one first."""


class PromptSource(Protocol):
    """The decision prompt in force, for whoever is about to use it."""

    async def text(self) -> str:
        """Return it. Raises DataError when the user's own file cannot be used, StorageError."""


class PromptFile(Protocol):
    """The user's own decision prompt, and copies of what it was."""

    def text(self) -> str:
        """Return what is in force. Raises DataError when the file cannot be used."""

    def replace(self, text: str) -> None:
        """Put `text` in force, whole or not at all. Raises StorageError."""

    def back_up(self, text: str, at: datetime) -> str:
        """Keep a copy and return its name. Raises StorageError."""


class PromptUpdates(Protocol):
    """The change log of the decision prompt: what was proposed, and who decided."""

    async def propose(self, update: PromptUpdate) -> PromptUpdate:
        """Store an update under the next version; one that waits is REPLACED by it.

        What it would replace is in force, and is kept as `PromptArchive` keeps versions.
        """

    async def update(self, version: int) -> PromptUpdate | None:
        """Return one update."""

    async def newest(self) -> PromptUpdate | None:
        """Return the last update."""

    async def updates(self, limit: int) -> tuple[PromptUpdate, ...]:
        """Return the change log, newest first."""

    async def decide(self, update: PromptUpdate, expected: Collection[PromptState]) -> bool:
        """Store the decision if the row still stands in one of `expected`."""
