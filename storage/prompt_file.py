"""The user's decision prompt under ``DATA_DIR/prompts`` (`core.ports.prompts.PromptFile`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from core.domain.decision_prompt import is_too_long
from core.domain.krx import KST
from core.domain.prompts import DECISION_PROMPT
from core.errors import DataError, StorageError
from storage.whole_file import written_whole

FOLDER = "prompts"


@dataclass(frozen=True, slots=True)
class OwnPrompt:
    """The user's file where there is one, else the text that ships with the bot.

    A file that cannot be used is never passed over: then there is no prompt, and that is said.
    """

    data_dir: Path
    shipped: str

    @property
    def path(self) -> Path:
        """Where the user's own text lives."""
        return self.data_dir / FOLDER / f"{DECISION_PROMPT}.md"

    def text(self) -> str:
        """Return the prompt in force. Raises DataError for a file that is unreadable or too long."""
        try:
            found = self.path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return self.shipped
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{self.path}: {error}") from error
        if not found or is_too_long(found):
            raise DataError(f"{self.path}: empty or too long ({len(found)} characters)")
        return found

    def replace(self, text: str) -> None:
        """Put `text` in force; the shipped text needs no file. Raises StorageError."""
        try:
            if text == self.shipped:
                self.path.unlink(missing_ok=True)
                return
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with written_whole(self.path) as draft:
                draft.write_text(f"{text}\n", encoding="utf-8")
        except OSError as error:
            raise StorageError(f"{self.path}: {error}") from error

    def back_up(self, text: str, at: datetime) -> str:
        """Keep a copy as ``core_decision_prompt_YYYYmmdd_HHMMSS.md`` (Korean time); return its name.

        A name that another text has already is left alone: the next second is taken.
        """
        moment = at.astimezone(KST)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            while True:
                path = self.path.with_name(f"{DECISION_PROMPT}_{moment:%Y%m%d_%H%M%S}.md")
                if not path.exists():
                    with written_whole(path) as draft:
                        draft.write_text(f"{text}\n", encoding="utf-8")
                    return path.name
                if path.read_text(encoding="utf-8") == f"{text}\n":
                    return path.name
                moment += timedelta(seconds=1)
        except (OSError, UnicodeDecodeError) as error:
            raise StorageError(f"{self.path.parent}: {error}") from error
