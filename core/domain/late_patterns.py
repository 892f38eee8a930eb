"""Regular expressions that are compiled by their first use.

Those that read sentences take a tenth of a second together, which a start would spend before
anybody has written one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

LatePattern = Callable[[], re.Pattern[str]]


def late(pattern: str, flags: int = 0) -> LatePattern:
    """Return what gives the compiled `pattern`: a mistake in it raises re.error by the first call."""
    return cache(lambda: re.compile(pattern, flags))
