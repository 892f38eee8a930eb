"""Arguments that several commands of the sandbox read."""

from __future__ import annotations

import argparse
from datetime import date

PORT_MAX = 65_535


def port_number(text: str) -> int:
    """Read a port; 0 takes a free one."""
    number = int(text)
    if not 0 <= number <= PORT_MAX:
        raise argparse.ArgumentTypeError(f"0-{PORT_MAX}: {text}")
    return number


def calendar_day(text: str) -> date:
    """Read a date as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"YYYY-MM-DD: {text!r}") from None
