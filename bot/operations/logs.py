"""Structured logs on standard error: one JSON line per event, ours and the libraries'.

Each line says which process and which task wrote it. It is safe to read in a terminal, and no
secret of the settings is left in it, whoever put it there.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from contextlib import suppress
from typing import TextIO, cast
from urllib.parse import quote

import structlog
from structlog.typing import ExcInfo, Processor

# C0 and C1 controls (a terminal obeys both) and the marks that reorder a line.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

# What is shorter is a word like any other ("sandbox"), and masking it would spoil every line.
SECRET_CHARACTERS_MIN = 8
MASKED = "••••"


def without_control(value: object) -> object:
    """Return `value` with control characters of every text inside it replaced by spaces."""
    if isinstance(value, str):
        return _CONTROL.sub(" ", value)
    if isinstance(value, Mapping):
        return {without_control(key): without_control(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [without_control(item) for item in value]
    return value


def _as_text(value: object) -> str:
    """Return the text of what JSON does not know; only here does it become one."""
    return _CONTROL.sub(" ", str(value))


def _strip_control(
    _logger: object, _name: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Remove control characters: a broker's or a headline's text must not steer a terminal."""
    for key, value in event.items():
        event[key] = without_control(value)
    return event


def _with_ids(
    _logger: object, _name: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Say who writes: the process, and the task by the name that the supervisor gave it."""
    event["process"] = os.getpid()
    with suppress(RuntimeError):  # no loop runs in this thread
        task = asyncio.current_task()
        if task is not None:
            event["task"] = task.get_name()
    return event


def _written(secret: str) -> set[str]:
    """Return how errors write `secret`: as it is, in an address, in a repr, in a repr of a repr."""
    texts = {secret, quote(secret, safe=""), repr(secret.encode())[2:-1]}
    for _ in range(2):
        texts |= {form for text in texts for form in _reprs(text)}
    return texts


def _reprs(text: str) -> tuple[str, str]:
    """Return `text` as it stands in a repr: its own quote is escaped only where both kinds occur."""
    plain = "".join("'" if char == "'" else repr(char)[1:-1] for char in text)
    return plain, "".join("\\'" if char == "'" else repr(char)[1:-1] for char in text)


class _Masked:
    """Masks secrets in a finished line: an error of a library may repeat what it was given."""

    def __init__(self, secrets: Collection[str]) -> None:
        long = {secret for secret in secrets if len(secret) >= SECRET_CHARACTERS_MIN}
        texts = {text for secret in long for text in _written(secret)}
        in_json = {json.dumps(text, ensure_ascii=False)[1:-1] for text in texts}
        longest_first = sorted(texts | in_json, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, longest_first))) if long else None

    def __call__(self, _logger: object, _name: str, line: str) -> str:
        """Return the line without them."""
        return self._secrets.sub(MASKED, line) if self._secrets else line


def _message(record: logging.LogRecord) -> str:
    """Return what a library says; values that do not fit its words are left out.

    Raised from here, the error would let `logging` print those values, masked by nobody.
    """
    try:
        return record.getMessage()
    except Exception as error:  # noqa: BLE001 - a value may fail in any way to become text
        words = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        return f"{words} (not filled in: {type(error).__name__})"


class _JsonFormatter(logging.Formatter):
    """The libraries' lines, made by the same processors as ours."""

    def __init__(self, processors: Sequence[Processor]) -> None:
        super().__init__()
        self._processors = processors

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        event: object = {
            "logger": record.name,
            "event": _message(record),
            "exc_info": record.exc_info,
        }
        for processor in self._processors:
            event = processor(None, record.levelname.lower(), cast("dict[str, object]", event))
        return str(event)


class _Lossy(io.TextIOBase):
    """A stream that loses a line rather than raise.

    Loops and their last handlers log. A log on a full disk, or a pipe whose reader is gone, must
    not end what follows orders.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def configure(level: str, stream: TextIO | None = None, *, secrets: Collection[str] = ()) -> None:
    """Log at `level` and above to `stream` (default: standard error), ours and the libraries' warnings.

    What is among `secrets`, and long enough to be one, is masked in every line.
    """
    out = cast("TextIO", _Lossy(stream or sys.stderr))
    processors: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=False),
        _with_ids,
        # The plain renderer of the standard library: it never prints local variables, where
        # tokens, keys and account numbers live.
        structlog.processors.ExceptionRenderer(_traceback),
        _strip_control,
        structlog.processors.JSONRenderer(ensure_ascii=False, default=_as_text),
        cast("Processor", _Masked(secrets)),
    ]
    handler = logging.StreamHandler(out)
    handler.setFormatter(_JsonFormatter(processors))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # It warns at every start that voice is not installed; this bot does not speak.
    logging.getLogger("discord.client").setLevel(logging.ERROR)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )


def _traceback(exc_info: ExcInfo) -> str:
    return "".join(traceback.format_exception(*exc_info)).rstrip()
