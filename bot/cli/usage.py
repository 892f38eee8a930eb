"""Mistakes in how a command is typed, as one sentence in every language."""

from __future__ import annotations

import re
import sys
from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import Abort, TyperException

from bot.cli.ending import EXIT_INPUT, fail

# What the parser says of a value, and the sentence that the locale files hold for it.
_VALUES = (
    (re.compile(r"is not one of (?P<found>.+?)\.?$"), "choice"),
    (re.compile(r"valid integer"), "integer"),
    (re.compile(r"valid number"), "number"),
    (re.compile(r"greater than or equal to (?P<found>[-\d.]+)"), "least"),
    (re.compile(r"less than or equal to (?P<found>[-\d.]+)"), "most"),
)


class SentenceGroup(TyperGroup):
    """Commands whose parser complains in one line, like every other error, not in a box."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command that the arguments name; raises SystemExit with its code."""
        try:
            code = super().main(*args, **{**extra, "standalone_mode": False})
        except TyperException as error:
            if type(error).__name__ == "NoArgsIsHelpError":
                typer.echo(error.args[0], err=True)
                sys.exit(EXIT_INPUT)
            raise fail(sentence(error), EXIT_INPUT) from None
        except Abort:
            sys.exit(1)
        sys.exit(code if isinstance(code, int) else 0)


def sentence(error: TyperException) -> str:
    """Return what is wrong with the command line, in every language."""
    from bot import locales  # late: it is seldom needed

    kind = type(error).__name__
    name = _name(error)
    if kind == "MissingParameter":
        return locales.in_all("usage.missing", name=name)
    if kind == "NoSuchOption":
        return locales.in_all("usage.unknown", name=getattr(error, "option_name", ""))
    if kind == "BadParameter":
        message = str(error)
        for pattern, key in _VALUES:
            found = pattern.search(message)
            if found:
                values = found.groupdict()
                return locales.in_all(f"usage.{key}", name=name, found=values.get("found", ""))
        return locales.in_all("usage.value", name=name)
    return locales.in_all("usage.other", reason=str(error))


def _name(error: TyperException) -> str:
    parameter = getattr(error, "param", None)
    if parameter is None:
        return ""
    if parameter.param_type_name == "argument":
        return str(parameter.name).upper()
    return str(max(parameter.opts, key=len))
