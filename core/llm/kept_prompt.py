"""The decision prompt, kept word for word before it is used."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from core.domain.prompts import DECISION_PROMPT, prompt_of
from core.llm.versions import PLAN, plan_text
from core.ports.clock import Clock
from core.ports.prompts import PromptArchive, PromptFile


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPrompt:
    """Implements core.ports.prompts.PromptSource on the user's file.

    The file changes while the bot runs, by an applied update or by hand. So each use is what
    brings a version into the archive, and no plan names a hash whose text is not there.
    """

    file: PromptFile
    archive: PromptArchive
    clock: Clock

    async def text(self) -> str:
        """Return the prompt in force. Raises DataError for an unusable file, StorageError."""
        text = await asyncio.to_thread(self.file.text)
        now = self.clock.now()
        await self.archive.keep(prompt_of(DECISION_PROMPT, text, now))
        await self.archive.keep(prompt_of(PLAN, plan_text(text), now))
        return text
