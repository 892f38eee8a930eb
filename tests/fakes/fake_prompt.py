"""The decision prompt that ships with the bot, without a file of the user's."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.prompts import DECISION_PROMPT
from core.llm.prompt import load_prompt


@dataclass(frozen=True, slots=True)
class ShippedPrompt:
    """Implements core.ports.prompts.PromptSource."""

    async def text(self) -> str:
        """Return it."""
        return load_prompt(DECISION_PROMPT)
