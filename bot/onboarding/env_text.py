"""The text of a `.env` file: answers are put where the file has, or offers, a place for them.

python-dotenv takes the text apart, so that we read a file as the bot will; what is written here is
read by it and by Docker Compose. All that was not asked stays as it is to the byte: comments, blank
lines, ``export``, and how lines end.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from storage.whole_file import written_whole

PRIVATE = 0o600
_PLAIN = re.compile(r"[A-Za-z0-9_.,:/@+=-]*")
# A line of the example that offers a setting: "#BROKER=sim" or "# BROKER=sim".
_OFFER = re.compile(r"(?m)^#[ \t]?([A-Z][A-Z0-9_]*)=[^\r\n]*")
# A line that sets something, with all that python-dotenv counts to it.
_SETTING = re.compile(
    r"""
    (?P<above>\s*)                                  # blank lines, and the indentation
    (?P<export>export[^\S\r\n]+)?
    (?:'[^']+'|[^=\#\s]+)[^\S\r\n]*=[^\S\r\n]*      # the name
    (?: (?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")     # a quoted value, which may have lines
        (?P<comment>[^\S\r\n]*\#[^\r\n]*)?
      | [^\r\n]*?                                   # or a plain one
        (?P<remark>[^\S\r\n]+\#[^\r\n]*)?
    )
    [^\S\r\n]*(?P<end>\r\n|\n|\r)?
    """,
    re.VERBOSE | re.DOTALL,
)


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
    for binding in _bindings(text):
        if binding.error or (binding.key and binding.value is None):
            return None
        if binding.key:
            found[binding.key.upper()] = binding.value or ""
    return found


def filled(text: str, answers: Mapping[str, str]) -> str:
    """Return `text` with every answer in it: on its line, in place of its offer, or at the end.

    Of a name that is set twice the first line gets the answer and the others go: the last would win.
    """
    bindings = _bindings(text)
    set_already = {binding.key.upper() for binding in bindings if binding.key}
    # Each answer is taken out as soon as it has its place; what is left goes to the end.
    left = dict(answers)
    parts: list[str] = []
    for binding in bindings:
        name = binding.key.upper() if binding.key else ""
        if name in answers:
            parts.append(_answered(binding, name, left.pop(name, None)))
        elif name:
            parts.append(binding.original.string)
        else:
            offers = {key for key in left if key not in set_already}
            parts.append(_with_offers_taken(binding.original.string, offers, left))
    body = "".join(parts)
    line_end = "\r\n" if "\r\n" in text else "\n"
    if left and body and not body.endswith(("\n", "\r")):
        body += line_end
    return body + "".join(f"{name}={quoted(value)}{line_end}" for name, value in left.items())


def _bindings(text: str) -> list[Binding]:
    return list(parse_stream(io.StringIO(text, newline="")))


def _answered(binding: Binding, name: str, value: str | None) -> str:
    """Return a line with its new value, or without `value` what stood above it."""
    line = _SETTING.fullmatch(binding.original.string)
    if line is None:
        raise ValueError(f"line {binding.original.line} is no line that python-dotenv would take")
    if value is None:
        return line["above"].rpartition("\n")[0] + "\n" if "\n" in line["above"] else ""
    written, comment = quoted(value), line["comment"] or line["remark"] or ""
    if comment and not written:
        # Without the quotes the comment would be the value.
        written = "''"
    if comment.startswith("#"):
        # It stood close behind a quote; behind a plain value it would be part of it.
        comment = f" {comment}"
    return f"{line['above']}{line['export'] or ''}{name}={written}{comment}{line['end'] or ''}"


def _with_offers_taken(text: str, offers: set[str], left: dict[str, str]) -> str:
    """Return comments in which each line that offers a setting is that setting, if it was answered."""

    def taken(offer: re.Match[str]) -> str:
        name = offer[1]
        # Offered twice: only the first one is taken.
        return f"{name}={quoted(left.pop(name))}" if name in offers & left.keys() else offer[0]

    return _OFFER.sub(taken, text)


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
        with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        judge(draft)
