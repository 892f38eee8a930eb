"""The text of a `.env` file: answers put in the places that the example or an older file has."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from storage.whole_file import written_whole

PRIVATE = 0o600
_PLAIN = re.compile(r"[A-Za-z0-9_.,:/@+=-]*")
_OFFERED = re.compile(r"(?m)^#\s?([A-Z][A-Z0-9_]*)=.*$")


class Unwritable(ValueError):
    """A value that no line of a `.env` file can carry."""


def quoted(value: str) -> str:
    """Return `value` as it stands after the ``=``. Raises Unwritable for what cannot be seen.

    Single quotes: neither python-dotenv nor Docker Compose reads a ``$`` in them as a variable.
    """
    if not value.isprintable():
        raise Unwritable
    if _PLAIN.fullmatch(value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def values_in(text: str) -> dict[str, str] | None:
    """Return the settings of a file, or None when it has a line that is none."""
    found: dict[str, str] = {}
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key and binding.value is None):
            return None
        if binding.key:
            found[binding.key.upper()] = binding.value or ""
    return found


def filled(text: str, answers: Mapping[str, str]) -> str:
    """Return `text` with every answer in it: in place of its line, of its offer, or at the end.

    Everything else stays as it was, comments included.
    """
    left = dict(answers)
    given = {one.key.upper() for one in parse_stream(io.StringIO(text)) if one.key}
    parts = list(_replaced(text, answers, left, given))
    body = "".join(parts)
    if left and body and not body.endswith("\n"):
        body += "\n"
    return body + "".join(f"{name}={quoted(value)}\n" for name, value in left.items())


def _replaced(
    text: str, answers: Mapping[str, str], left: dict[str, str], given: set[str]
) -> Iterator[str]:
    for binding in parse_stream(io.StringIO(text)):
        name = binding.key.upper() if binding.key else ""
        if name in answers:
            # A name given twice would win with its last line: only one is kept.
            yield _before(binding) + (_line(name, left.pop(name)) if name in left else "")
        elif name:
            yield binding.original.string
        else:
            yield _offers_taken(binding.original.string, left, given)


def _before(binding: Binding) -> str:
    """Return the blank lines that the parser counts to a line below them."""
    text: str = binding.original.string
    return text[: len(text) - len(text.lstrip())]


def _line(name: str, value: str) -> str:
    return f"{name}={quoted(value)}\n"


def _offers_taken(text: str, left: dict[str, str], given: set[str]) -> str:
    def taken(match: re.Match[str]) -> str:
        name = match[1]
        if name in given or name not in left:
            return match[0]
        return _line(name, left.pop(name)).rstrip("\n")

    return _OFFERED.sub(taken, text)


def keep_copy(path: Path, now: datetime) -> Path:
    """Copy `path` beside itself, for its owner alone, and return where. Raises OSError."""
    copy = path.with_name(f"{path.name}.backup-{now:%Y%m%d-%H%M%S}")
    number = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(number, "wb") as file:
        file.write(path.read_bytes())
        file.flush()
        os.fsync(file.fileno())
    return copy


def write_private(path: Path, text: str, judge: Callable[[Path], None]) -> None:
    """Write `text` whole or not at all, readable by its owner alone. Raises OSError.

    `judge` sees the draft before it takes its place; what it raises leaves `path` as it is.
    """
    with written_whole(path) as draft:
        number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        judge(draft)
