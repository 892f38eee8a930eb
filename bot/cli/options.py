"""Options of the commands that compute and end: read without typer.

typer needs pydantic for its options, and both together take as long to load as ten years of a whole
market take to simulate. What is typed wrongly is said in the sentences of `bot.cli.usage`.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.cli.ending import EXIT_INPUT, fail

Read = Callable[[str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option: `name` as in Python, `read` from what was typed to its value.

    A `flag` takes no value. `environment` names a variable that stands in for the typed value.
    """

    name: str
    about: str
    read: Read = str
    default: object = None
    flag: bool = False
    required: bool = False
    hidden: bool = False
    environment: str = ""

    @property
    def typed(self) -> str:
        """How it is typed."""
        return "--" + self.name.replace("_", "-")


class Unfit(argparse.ArgumentTypeError):
    """What was typed is no value of the option: `key` is the sentence, `found` its filling."""

    def __init__(self, key: str, found: str = "") -> None:
        super().__init__(key)
        self.key = key
        self.found = found


def whole(text: str) -> int:
    """Return a whole number. Raises Unfit."""
    try:
        return int(text)
    except ValueError:
        raise Unfit("integer") from None


def number(text: str) -> float:
    """Return a number; NaN is one here. Raises Unfit."""
    try:
        return float(text)
    except ValueError:
        raise Unfit("number") from None


def number_within(low: float, high: float) -> Read:
    """Return the reader of numbers from `low` to `high`."""

    def read(text: str) -> float:
        value = number(text)
        if value > high:
            raise Unfit("most", f"{high:.15g}")
        if not value >= low:  # NaN as well
            raise Unfit("least", f"{low:.15g}")
        return value

    return read


def one_of(*values: str) -> Read:
    """Return the reader of a choice."""

    def read(text: str) -> str:
        if text not in values:
            raise Unfit("choice", ", ".join(repr(value) for value in values))
        return text

    return read


def typed_options(
    command: str, about: str, options: Sequence[Option], arguments: Sequence[str]
) -> dict[str, object]:
    """Return what was typed, by the options' names, without their defaults.

    Prints the help and raises SystemExit when that was asked for; raises it with a sentence when a
    command line is not understood.
    """
    parser = _parser(command, about, options)
    try:
        found, rest = parser.parse_known_args([*_from_environment(options), *arguments])
    except argparse.ArgumentError as error:
        raise _said(error) from None
    if rest and rest[0].startswith("-"):
        raise _fail("unknown", name=rest[0].partition("=")[0])
    if rest:
        raise _fail("other", reason=repr(rest[0]))
    values = vars(found)
    for option in options:
        if option.required and option.name not in values:
            raise _fail("missing", name=option.typed)
    return values


def with_defaults(options: Sequence[Option], typed: dict[str, object]) -> dict[str, object]:
    """Return the values of all `options`."""
    return {option.name: option.default for option in options} | typed


def _parser(command: str, about: str, options: Sequence[Option]) -> argparse.ArgumentParser:
    prog = f"python -m bot {command}"
    parser = argparse.ArgumentParser(
        prog=prog,
        usage=f"{prog} [--option …]",
        description=about,
        add_help=False,
        allow_abbrev=False,
        exit_on_error=False,
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("--help", action="help", help="도움말 / this help")
    for option in options:
        words = argparse.SUPPRESS if option.hidden else _help(option)
        if option.flag:
            parser.add_argument(option.typed, action=argparse.BooleanOptionalAction, help=words)
        else:
            parser.add_argument(option.typed, type=option.read, metavar="…", help=words)
    return parser


def _help(option: Option) -> str:
    words = option.about.replace("%", "%%")
    if option.flag or option.default is None:
        return words
    return f"{words} [{option.default}]"


def _from_environment(options: Sequence[Option]) -> list[str]:
    named = [option for option in options if os.environ.get(option.environment)]
    return [f"{option.typed}={os.environ[option.environment]}" for option in named]


def _said(error: argparse.ArgumentError) -> SystemExit:
    cause = error.__context__
    if isinstance(cause, Unfit):
        return _fail(cause.key, name=error.argument_name, found=cause.found)
    return _fail("other", reason=str(error))


def _fail(key: str, **values: object) -> SystemExit:
    from bot import locales  # late: it is seldom needed

    return fail(locales.in_all(f"usage.{key}", **values), EXIT_INPUT)
