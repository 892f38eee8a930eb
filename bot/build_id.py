"""Which program this is: a hash of its own source, so that it needs neither git nor a version file."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_PACKAGES = ("bot", "brokers", "core", "storage")
_KINDS = {".py", ".toml"}
_DIGITS = 12


@cache
def build_id() -> str:
    """Return twelve hex digits that change with any line of code, sentence or default.

    Read once: what runs is what was there when it started, whatever an upgrade lays over it.
    """
    found = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((_ROOT / package).rglob("*")):
            if path.suffix in _KINDS:
                found.update(path.relative_to(_ROOT).as_posix().encode())
                found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:_DIGITS]
