"""The mode as people read it, and a language that knows which one it is now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.domain.modes import Mode
from core.ports.phrases import Phrases

_NOW = "embeds.mode_now"


@dataclass(frozen=True, slots=True)
class ModePhrases:
    """One language of a running bot. `mode` tells where orders go at this moment.

    A real account changes between watched and traded while the bot runs, so it is asked each time.
    """

    phrases: Phrases
    mode: Callable[[], Mode]

    @property
    def locale(self) -> str:
        """Which language it is."""
        return self.phrases.locale

    def say(self, key: str, /, **values: object) -> str:
        """Return the sentence `key` with `values` filled in. Raises KeyError when unknown."""
        return self.phrases.say(
            f"embeds.mode_{self.mode().value}" if key == _NOW else key, **values
        )


def mode_word(phrases: Phrases, mode: Mode | None = None) -> str:
    """Return the word for `mode`, or for the one that `phrases` know to be in force."""
    return phrases.say(_NOW if mode is None else f"embeds.mode_{mode.value}")
