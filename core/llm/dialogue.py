"""What a session tells a model: prompts, tools and marked data, behind the Dialogue port."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.llm import prompt, schemas
from core.llm.versions import version_of
from core.ports.dialogue import ToolAsk
from core.ports.model import ToolCall, ToolSpec

_LANGUAGES = {"ko": "한국어 존댓말", "en": "영어"}


@dataclass(frozen=True, slots=True)
class ToolDialogue:
    """The shipped prompts and the strict tools (implements core.ports.dialogue.Dialogue)."""

    def specs(self) -> tuple[ToolSpec, ...]:
        """Return the tools on offer."""
        return schemas.tool_specs()

    def parse(self, call: ToolCall) -> ToolAsk:
        """Validate a call in code. Raises ModelError with a reason the model can repair from."""
        return schemas.parse_call(call)

    def system_prompt(self, now: datetime, locale: str) -> str:
        """Return the instructions of one session."""
        text = prompt.load_prompt("session_system")
        return text.format(now=now.strftime("%Y-%m-%d %H:%M"), language=_LANGUAGES[locale])

    def summary_prompt(self, locale: str) -> str:
        """Return the instructions for summarising a session."""
        return prompt.load_prompt("session_summary").format(language=_LANGUAGES[locale])

    def version(self, name: str) -> str:
        """Return the name and a hash of the instructions, and of the tools for a session."""
        return version_of(name)

    def as_data(self, kind: str, text: str) -> str:
        """Return untrusted `text` inside markers that it cannot close itself."""
        return prompt.as_data(kind, text)
