"""A person at a terminal who answers from a script, and remembers what was shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from bot.onboarding.terminal import Terminal

# What is typed, or what happens instead: leaving, or something done elsewhere before the answer.
Answer = str | BaseException | Callable[[], str]


class ScriptedTerminal(Terminal):
    """Answers questions in order: a number for a choice, y or n, a text, "" for a bare Enter."""

    def __init__(self, *answers: Answer) -> None:
        self.left = list(answers)
        self.shown: list[str] = []
        self.hidden: list[str] = []

    @property
    def text(self) -> str:
        return "\n".join(self.shown)

    def head(self, title: str, text: str) -> None:
        self.shown += [title, text]

    def section(self, title: str, text: str) -> None:
        self.shown += [title, text]

    def good(self, text: str) -> None:
        self.shown.append(f"✔ {text}")

    def bad(self, text: str) -> None:
        self.shown.append(f"✘ {text}")

    def note(self, text: str) -> None:
        self.shown.append(text)

    def table(self, rows: Sequence[tuple[str, str]]) -> None:
        self.shown += [f"{name}={value}" for name, value in rows]

    def ask(self, question: str, *, default: str = "", hidden: bool = False) -> str:
        self.shown.append(f"? {question}")
        if hidden:
            self.hidden.append(question)
        return self._next() or default

    def choose(self, question: str, choices: Sequence[str], default: int = 0) -> int:
        self.shown += [f"? {question}", *choices]
        typed = self._next()
        return int(typed) - 1 if typed else default

    def agree(self, question: str, *, default: bool) -> bool:
        self.shown.append(f"? {question}")
        typed = self._next()
        return typed == "y" if typed else default

    @contextmanager
    def busy(self, text: str) -> Iterator[None]:
        self.shown.append(text)
        yield

    def _next(self) -> str:
        assert self.left, f"a question too many: {self.shown[-3:]}"
        answer = self.left.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer if isinstance(answer, str) else answer()
