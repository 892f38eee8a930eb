"""Where the versions of instructions are kept."""

from __future__ import annotations

from typing import Protocol

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
