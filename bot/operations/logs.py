"""Structured logs on standard error: one line per event, safe to read in a terminal."""

from __future__ import annotations

import io
import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import TextIO, cast

import structlog
from structlog.typing import ExcInfo

# C0 and C1 controls (a terminal obeys both) and the marks that reorder a line.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def without_control(value: object) -> object:
    """Return `value` with control characters of every text inside it replaced by spaces."""
    if isinstance(value, str):
        return _CONTROL.sub(" ", value)
    if isinstance(value, Mapping):
        return {without_control(key): without_control(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [without_control(item) for item in value]
    return value


def _strip_control(
    _logger: object, _name: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Remove control characters: a broker's or a headline's text must not steer a terminal."""
    for key, value in event.items():
        event[key] = without_control(value)
    return event


class _PlainFormatter(logging.Formatter):
    """The libraries' lines, without control characters."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return str(without_control(super().format(record)))


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


def configure(level: str, stream: TextIO | None = None) -> None:
    """Log at `level` and above to `stream` (default: standard error), ours and the libraries' warnings."""
    out = cast("TextIO", _Lossy(stream or sys.stderr))
    handler = logging.StreamHandler(out)
    handler.setFormatter(_PlainFormatter("%(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # It warns at every start that voice is not installed; this bot does not speak.
    logging.getLogger("discord.client").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=False),
            # The plain renderer of the standard library: it never prints local variables, where
            # tokens, keys and account numbers live.
            structlog.processors.ExceptionRenderer(_traceback),
            _strip_control,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )


def _traceback(exc_info: ExcInfo) -> str:
    return "".join(traceback.format_exception(*exc_info)).rstrip()
