"""A file that holds a secret: only its owner may read it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from core.errors import ConfigurationError


def private_text(path: Path, name: str) -> str:
    """Return what is in the file that the setting `name` points at, without blanks around it.

    Raises ConfigurationError for one that others may read, that cannot be read, or that is empty.
    """
    try:
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ConfigurationError(f"{name}: others can read {path}; chmod 600 {path}")
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{name}: {path} cannot be read") from error
    if not text:
        raise ConfigurationError(f"{name}: {path} is empty")
    return text
