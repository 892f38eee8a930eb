"""Structured logs on standard error: one line per event, safe to read in a terminal."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping

import structlog

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x1b]")


def _strip_control(
    _logger: object, _name: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Remove control characters: a broker's or a headline's text must not steer a terminal."""
    for key, value in event.items():
        if isinstance(value, str) and key != "exception":
            event[key] = _CONTROL.sub(" ", value)
    return event


def configure(level: str) -> None:
    """Log at `level` and above, ours and the libraries' warnings."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s %(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=False),
            structlog.processors.format_exc_info,
            _strip_control,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
