"""How a person at a terminal is asked: the port, and the terminal that rich draws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from getpass import getpass
from typing import Protocol

from rich.console import Console
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from core.ports.phrases import Phrases


class Terminal(Protocol):
    """Asks one person. Whoever leaves (Ctrl-C, Ctrl-D) raises KeyboardInterrupt or EOFError."""

    def head(self, title: str, text: str) -> None:
        """Show what this is about."""

    def section(self, title: str, text: str) -> None:
        """Begin a part."""

    def good(self, text: str) -> None:
        """Say that something is well."""

    def bad(self, text: str) -> None:
        """Say what is wrong."""

    def note(self, text: str) -> None:
        """Say something beside; an address stays whole, so that it can be pressed."""

    def table(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show names and values."""

    def ask(self, question: str, *, default: str = "", hidden: bool = False) -> str:
        """Return what was typed, or `default` for a bare Enter; `hidden` shows nothing of it."""

    def choose(self, question: str, choices: Sequence[str], default: int = 0) -> int:
        """Return which of `choices` was taken."""

    def agree(self, question: str, *, default: bool) -> bool:
        """Return whether the person says yes."""

    def busy(self, text: str) -> AbstractContextManager[None]:
        """Show that something takes its time."""


class RichTerminal:
    """Implements `Terminal` on a real one."""

    def __init__(self, console: Console, phrases: Phrases) -> None:
        """`phrases` are for its own few words; the questions come worded."""
        self._console = console
        self.phrases = phrases

    def head(self, title: str, text: str) -> None:
        """Show a panel."""
        self._console.print(Panel(Text(text), title=Text(title, style="bold"), border_style="cyan"))

    def section(self, title: str, text: str) -> None:
        """Show a line across with the title in it, and the text below."""
        self._console.print()
        self._console.print(Rule(Text(title, style="bold"), align="left", style="cyan"))
        if text:
            self._console.print(Text(text, style="dim"))

    def good(self, text: str) -> None:
        """Show a green line."""
        self._console.print(Text.assemble(("✔ ", "green"), text))

    def bad(self, text: str) -> None:
        """Show a red line."""
        self._console.print(Text.assemble(("✘ ", "red"), text))

    def note(self, text: str) -> None:
        """Show a plain line; longer than the terminal it is broken by the terminal, not by us."""
        self._console.print(Text(text), soft_wrap=True)

    def table(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show two columns."""
        table = Table(show_header=False, border_style="cyan")
        for name, value in rows:
            table.add_row(Text(name), Text(value))
        self._console.print(table)

    def ask(self, question: str, *, default: str = "", hidden: bool = False) -> str:
        """Ask on one line."""
        shown = Text.assemble((question, "bold"))
        if default and not hidden:
            shown.append(f" [{default}]", style="dim")
        shown.append(": ")
        if not hidden:
            return self._console.input(shown).strip() or default
        # getpass shows the question itself, once nothing that is typed is shown any more.
        with self._console.capture() as drawn:
            self._console.print(shown, end="", soft_wrap=True)
        return getpass(drawn.get()).strip() or default

    def choose(self, question: str, choices: Sequence[str], default: int = 0) -> int:
        """List the choices with numbers and ask for one until it is one of them."""
        for number, text in enumerate(choices, start=1):
            mark = ("› ", "cyan") if number == default + 1 else ("  ", "")
            self._console.print(Text.assemble(mark, (f"{number}", "cyan"), f"  {text}"))
        while True:
            typed = self.ask(question, default=str(default + 1))
            if typed.isdecimal() and 1 <= int(typed) <= len(choices):
                return int(typed) - 1
            self.bad(self.phrases.say("init.wrong_choice", count=len(choices)))

    def agree(self, question: str, *, default: bool) -> bool:
        """Ask for y or n until it is one of them."""
        marks = "Y/n" if default else "y/N"
        while True:
            typed = self.ask(f"{question} ({marks})").casefold()
            if typed in {"", "y", "yes", "ㅛ", "예", "네"}:
                return default if not typed else True
            if typed in {"n", "no", "ㅜ", "아니오", "아니요"}:
                return False
            self.bad(self.phrases.say("init.wrong_yes_no"))

    @contextmanager
    def busy(self, text: str) -> Iterator[None]:
        """Show a turning mark until the block ends."""
        with self._console.status(text):
            yield
