"""The user's own calendar: ``calendar.toml`` under DATA_DIR, days that the table does not know yet."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from bot import locales
from core.domain.day_consensus import DayWord
from core.domain.special_days import hours_of
from core.errors import ConfigurationError

FILE_NAME = "calendar.toml"
BYTES_MAX = 100_000
_KEYS: Mapping[str, type] = {
    "date": date,
    "session": str,
    "reason": str,
    "source": str,
    "as_of": date,
}


def load_day_words(data_dir: Path) -> dict[date, DayWord]:
    """Read the file; no file means nothing to add.

    Raises ConfigurationError naming file, entry and reason, in every language.
    """
    path = data_dir / FILE_NAME
    try:
        if path.stat().st_size > BYTES_MAX:
            raise _error(path, "too_large", limit=BYTES_MAX)
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise _error(path, "unreadable", error=error) from error
    return read_day_words(path, text)


def read_day_words(path: Path, text: str) -> dict[date, DayWord]:
    """Return what `text` says; `path` is named in errors. Raises ConfigurationError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _error(path, "not_toml", error=error) from error
    entries = document.pop("day", [])
    if document or not isinstance(entries, list):
        raise _error(path, "unknown_key", entry=0, key=next(iter(document), "day"))
    words: dict[date, DayWord] = {}
    for number, entry in enumerate(entries, start=1):
        word = _word(path, number, entry)
        if word.day in words:
            raise _error(path, "twice", entry=number, day=word.day)
        words[word.day] = word
    return words


def _word(path: Path, number: int, entry: object) -> DayWord:
    if not isinstance(entry, dict):
        raise _error(path, "unknown_key", entry=number, key="day")
    for key in entry.keys() - _KEYS.keys():
        raise _error(path, "unknown_key", entry=number, key=key)
    for key, kind in _KEYS.items():
        value = entry.get(key)
        if value is None or value == "":
            raise _error(path, "missing", entry=number, key=key)
        if not isinstance(value, kind) or isinstance(value, datetime):
            raise _error(path, "wrong_kind", entry=number, key=key, value=value)
    day: date = entry["date"]
    try:
        hours = hours_of(day, entry["session"].strip())
    except ValueError as error:
        raise _error(path, "session", entry=number, value=entry["session"]) from error
    return DayWord(
        day=day,
        hours=hours,
        reason=entry["reason"],
        source=entry["source"],
        as_of=entry["as_of"],
    )


def _error(path: Path, what: str, /, **values: object) -> ConfigurationError:
    return ConfigurationError(locales.in_all(f"calendar.file_{what}", path=path, **values))
