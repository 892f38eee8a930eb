"""What one interview knows, and the ways in which it asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.onboarding.checking import fault_of
from bot.onboarding.env_text import Unwritable, quoted
from bot.onboarding.terminal import Terminal
from core.errors import DataError
from core.ports.phrases import Phrases

# Somebody who has answered wrongly so often needs another way than one more question.
TRIES_MAX = 10
T = TypeVar("T")
# Returns what is wrong with an answer, or None.
Judge = Callable[[str], str | None]


@dataclass(slots=True, kw_only=True)
class Interview:
    """Answers are kept here and nowhere else until all of them are there.

    `old` is what the file says now, `answers` what it will say; `is_offline` asks nobody but the
    person; `pin` asks Discord for the permissions that pinning takes.
    """

    terminal: Terminal
    phrases: Phrases
    old: Mapping[str, str]
    is_offline: bool = False
    pin: bool = False
    answers: dict[str, str] = field(default_factory=dict)

    def say(self, key: str, **values: object) -> str:
        """Return a sentence of ours in the person's language."""
        return self.phrases.say(f"init.{key}", **values)

    def now(self, name: str) -> str:
        """Return a setting as it stands: answered, or as the file had it."""
        return self.answers.get(name, self.old.get(name, "")).strip()

    def give(self, name: str, value: str) -> None:
        """Take an answer. One that is empty only undoes what the file had."""
        if value or self.now(name):
            self.answers[name] = value

    def asked(
        self,
        question: str,
        judge: Judge,
        *,
        default: str = "",
        hidden: bool = False,
        tidied: Callable[[str], str] = str.strip,
    ) -> str:
        """Ask until `judge` has nothing to say. Raises DataError after too many tries."""
        for _ in range(TRIES_MAX):
            value = tidied(self.terminal.ask(question, default=default, hidden=hidden))
            wrong = self._unwritable(value) or judge(value)
            if wrong is None:
                return value
            self.terminal.bad(wrong)
        raise DataError(self.say("too_often"))

    def _unwritable(self, value: str) -> str | None:
        try:
            quoted(value)
        except Unwritable:
            return self.say("fault_other")
        return None

    def setting(
        self,
        name: str,
        key: str,
        *,
        default: str = "",
        tidied: Callable[[str], str] = str.strip,
        judge: Judge | None = None,
    ) -> str:
        """Ask for the setting `name` with the question `key`, hold it against its bounds, keep it.

        `judge` has a word too, about what is within the bounds.
        """

        def judged(value: str) -> str | None:
            if not value:
                return self.say("fault_empty")
            wrong = fault_of(name, value, self.phrases)
            return wrong if wrong is not None or judge is None else judge(value)

        value = self.asked(self.say(key), judged, default=self.now(name) or default, tidied=tidied)
        self.give(name, value)
        return value

    def secret(self, name: str, key: str, judge: Judge, *, optional: bool = False) -> str:
        """Ask for a secret, hidden; a bare Enter keeps the one that is there."""
        kept = self.now(name)
        question = self.say(key) + (self.say("keep_secret") if kept else "")

        def judged(value: str) -> str | None:
            if not value and not optional:
                return self.say("fault_empty")
            return judge(value) if value else None

        value = self.asked(question, judged, default=kept, hidden=True, tidied=_unwrapped)
        self.give(name, value)
        return value

    def waited(self, key: str, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` returns, while the terminal shows that it is under way."""
        with self.terminal.busy(self.say(key)):
            return asyncio.run(work)


def _unwrapped(text: str) -> str:
    """Return a pasted secret without the quotes and the word Bot that people copy with it."""
    bare = text.strip().strip("'\"").strip()
    return bare.removeprefix("Bot ").strip()


def plain_number(text: str) -> str:
    """Return a number as people write it (``400,000원``) in plain digits."""
    return text.strip().removesuffix("원").replace(",", "").replace("_", "").strip()
