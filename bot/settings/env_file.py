"""The `.env` file: read strictly, because a line that is overlooked may be a limit."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from dotenv.parser import parse_stream

from core.errors import ConfigurationError


def read_env_file(path: Path) -> dict[str, str]:
    """Return the keys and values of `path`, if there is one. Raises ConfigurationError."""
    try:
        if not path.exists():
            return {}
        if path.is_dir():
            raise ConfigurationError(f"{path} is a folder; it must be a file of NAME=value lines")
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ConfigurationError(f"{path} can be read by others; run: chmod 600 {path}")
        with path.open(encoding="utf-8") as file:
            bindings = list(parse_stream(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from None
    values: dict[str, str] = {}
    for binding in bindings:
        if binding.error or (binding.key and binding.value is None):
            # The line itself may hold a secret, so only its number is said.
            raise ConfigurationError(f"{path}, line {binding.original.line}: must be NAME=value")
        if binding.key:
            values[binding.key.upper()] = binding.value or ""
    return values
