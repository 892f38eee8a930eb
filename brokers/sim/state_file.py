"""Where the in-process exchange survives: one JSON file, replaced in one step, for its owner only."""

from __future__ import annotations

import json
import os
from pathlib import Path

from core.errors import StorageError

_OWNER_ONLY = 0o600


def load(path: Path) -> dict[str, object] | None:
    """Return the stored state, None when there is none yet. Raises StorageError when unreadable."""
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StorageError(f"{path}: the state of the simulated exchange is unreadable") from error
    if not isinstance(state, dict):
        raise StorageError(f"{path}: not the state of the simulated exchange")
    return state


def save(path: Path, text: str) -> None:
    """Replace the file with `text`; after the return it survives a crash. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)
