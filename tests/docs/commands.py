"""Commands on the pages: found, taken apart, and held against what would read them."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import dropwhile
from pathlib import Path
from typing import Any

import typer.main
import yaml

import sandbox.__main__ as sandbox_line
import sandbox.demo.__main__ as demo_line
from bot.cli import backtest
from bot.cli.app import app
from bot.cli.options import Option
from tests.docs.pages import ROOT, Code, code, pages

OURS = ("python", "make", "sh", "docker")
# They belong to the machine, not to us: nothing of ours can tell whether it takes them.
OF_THE_MACHINE = frozenset(
    {
        *("chmod", "cp", "curl", "df", "du", "echo", "gunzip", "kill", "pg_dump", "pip"),
        *("pip-audit", "ps", "psql", "rm", "sudo", "systemctl", "tee", "timedatectl"),
    }
)
_ASSIGNMENT = re.compile(r"[A-Z_]+=.*")
_SHELL = {"sh", "console"}
_LONE = re.compile(r"[\w./-]+")
_COMPOSE = ("up", "ps", "logs", "exec", "run", "stop", "down", "pull", "restart", "cp")
_LIGHT = {"backtest": backtest._BACKTEST, "metrics": backtest._METRICS}


@dataclass(frozen=True, slots=True)
class Command:
    """One command as a page has it; `is_whole` when it could be typed like this."""

    page: str
    line: int
    words: tuple[str, ...]
    is_whole: bool

    @property
    def text(self) -> str:
        return shlex.join(self.words)

    def __str__(self) -> str:
        return f"{self.page}:{self.line} {self.text}"


def _read(found: Code, *, is_whole: bool) -> Iterator[Command]:
    text = found.text.strip().removeprefix("$ ")
    for part in re.split(r" (?:&&|\|) ", text) if is_whole else (text,):
        try:
            words = shlex.split(part, comments=is_whole)
        except ValueError:  # a quotation that ends elsewhere: no command
            return
        while words and _ASSIGNMENT.fullmatch(words[0]):
            words = words[1:]
        if words:
            words[0] = words[0].removeprefix(".venv/bin/")
            yield Command(found.page, found.line, tuple(words), is_whole)


def _joined(lines: Sequence[Code]) -> Iterator[Code]:
    """Yield lines with those put behind them that a backslash continues."""
    open_line: Code | None = None
    for line in lines:
        text = line.text if open_line is None else f"{open_line.text}{line.text.strip()}"
        first = line if open_line is None else open_line
        joined = Code(first.page, first.line, text.removesuffix("\\"), first.language)
        if text.endswith("\\"):
            open_line = joined
            continue
        open_line = None
        yield joined


@cache
def typed() -> tuple[Command, ...]:
    """Return every command of a code block that a reader may copy."""
    found: list[Command] = []
    for page in pages():
        blocks = [one for one in code(page) if one.language in {"", *_SHELL}]
        for line in _joined(blocks):
            prompt = line.text.strip().startswith("$ ")
            if prompt or line.language == "sh":
                found += _read(line, is_whole=True)
    return tuple(found)


@cache
def named() -> tuple[Command, ...]:
    """Return every command that a sentence or a line of usage names."""
    found: list[Command] = []
    for page in pages():
        for one in code(page):
            text = one.text.strip().removeprefix(".venv/bin/")
            usage = one.language == "" and text.startswith("python -m ")
            program = text.partition(" ")[0]
            if (one.language is None or usage) and " " in text and program in OURS:
                found += _read(one, is_whole=False)
    return tuple(found)


def fault_of(command: Command) -> str | None:
    """Return why nobody would take this command, or None."""
    program, rest = command.words[0], command.words[1:]
    if program in OF_THE_MACHINE:
        return None
    readers: dict[str, Callable[[tuple[str, ...], bool], str | None]] = {
        "python": _python,
        "make": _make,
        "sh": _sh,
        "docker": _docker,
    }
    reader = readers.get(program)
    return f"{program}: unknown program" if reader is None else reader(rest, command.is_whole)


def _python(words: tuple[str, ...], is_whole: bool) -> str | None:
    if words[:1] != ("-m",) or len(words) < 2:
        return "python is called with -m here"
    module, rest = words[1], words[2:]
    if module == "bot":
        return _bot(rest, is_whole)
    if module == "sandbox" and is_whole:
        return _sandbox(rest)
    if find_spec(module) is None:
        return f"there is no {module}"
    return _known_options(module, rest)


@cache
def _command_line() -> Any:
    return typer.main.get_command(app)


@cache
def _source_of(module: str) -> str:
    """Return the text of a module, or of all its package."""
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    place = Path(spec.origin)
    files = place.parent.rglob("*.py") if place.name == "__init__.py" else [place]
    return "".join(file.read_text(encoding="utf-8") for file in files)


def _bot(words: tuple[str, ...], is_whole: bool) -> str | None:
    words = tuple(word for word in words if word != "…")
    if not words:
        return None
    name, rest = words[0], words[1:]
    if name in _LIGHT:
        return _light(_LIGHT[name], rest)
    command = _command_line()
    if is_whole:
        return _parsed(command, words)
    chosen, options = [command], set()
    for word in words:
        choices = _choices(word)
        subcommands = getattr(chosen[0], "commands", None)
        if subcommands and not word.startswith(("-", "[")):
            absent = [one for one in choices if one not in subcommands]
            if absent:
                return f"there is no command {absent}"
            chosen = [subcommands[one] for one in choices]
        options |= {one for one in choices if one.startswith("--")}
    parameters = [parameter for one in chosen for parameter in one.params]
    known = {text for one in parameters for text in (*one.opts, *one.secondary_opts)}
    return f"unknown options {options - known}" if options - known else None


def _choices(word: str) -> list[str]:
    return [one for one in word.strip("[]").split("|") if one]


def _parsed(command: Any, words: tuple[str, ...]) -> str | None:
    """Let the parser of our command line read all of it, and call nothing."""
    try:
        context = command.make_context("bot", list(words))
        while getattr(command, "commands", None):
            name, command, rest = command.resolve_command(
                context, [*context._protected_args, *context.args]
            )
            context = command.make_context(name, rest, parent=context)
            if not rest and getattr(command, "invoke_without_command", False):
                break
    except Exception as error:  # noqa: BLE001 - whatever the parser complains of
        return f"{type(error).__name__}: {error}"
    return None


def _light(options: tuple[Option, ...], words: tuple[str, ...]) -> str | None:
    known = {one.typed for one in options}
    asked = {word.partition("=")[0] for word in words if word.startswith("--")}
    return f"unknown options {asked - known}" if asked - known else None


def _sandbox(words: tuple[str, ...]) -> str | None:
    parser = demo_line._parser() if words[:1] == ("demo",) else sandbox_line._parser()
    return _argparse(parser, words[1:] if words[:1] == ("demo",) else words)


def _argparse(parser: argparse.ArgumentParser, words: tuple[str, ...]) -> str | None:
    try:
        parser.parse_args(list(words))
    except SystemExit as ended:
        return f"the parser ends with {ended.code}"
    return None


def _known_options(module: str, words: tuple[str, ...]) -> str | None:
    """Hold options against the words of the module's own source, or of its package."""
    if module == "pytest":
        return None
    source = _source_of(module)
    options = [word.strip("[]") for word in words if word.strip("[").startswith("--")]
    absent = [one for one in options if f'"{one}"' not in source]
    return f"{module} has no {absent}" if absent else None


def _make(words: tuple[str, ...], is_whole: bool) -> str | None:
    del is_whole
    targets = [word for word in words if "=" not in word]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for word in words:
        name, sign, value = word.partition("=")
        if sign and not re.search(
            rf"^{name} \?=|^{name} \?= |\$\({name}\)", makefile, re.MULTILINE
        ):
            return f"the Makefile has no {name}"
        if name == "ARGS" and targets == ["demo"]:
            fault = _sandbox(("demo", *shlex.split(value)))
            if fault is not None:
                return fault
    done = subprocess.run(
        ["make", "-n", *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    return None if done.returncode == 0 else done.stderr


def _sh(words: tuple[str, ...], is_whole: bool) -> str | None:
    del is_whole
    return None if (ROOT / words[0]).is_file() else f"there is no {words[0]}"


def _docker(words: tuple[str, ...], is_whole: bool) -> str | None:
    composition = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    services = composition["services"]
    if words[0] != "compose":
        # A volume is the machine's, by a name that it makes itself.
        return None if words[0] == "volume" else "docker is called with compose here"
    rest = list(words[1:])
    if rest[:1] == ["--profile"]:
        profiles = {name for one in services.values() for name in one.get("profiles", [])}
        if rest[1] not in profiles:
            return f"there is no profile {rest[1]}"
        rest = rest[2:]
    if rest and rest[0] not in _COMPOSE:
        return f"unknown: {rest[0]}"
    called = list(dropwhile(lambda word: word.startswith("-"), rest[1:]))
    # A file in a container is named by its service: `bot:/data`.
    if called and called[0].partition(":")[0] not in services:
        return f"there is no service {called[0]}"
    # What is run begins with the image's own words.
    begins = {"exec": (), "run": ("python", "-m", "bot")}.get(rest[0] if rest else "")
    if begins is None:
        return None
    return fault_of(Command("", 0, (*begins, *called[1:]), is_whole))
