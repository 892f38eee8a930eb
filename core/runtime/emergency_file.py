"""The file of last resort: broker numbers that the database could not take.

One JSON line each, forced to disk before anybody goes on. The next start reads it, puts it into
the ledger and removes it.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

from core.domain.books import UnstoredAnswer
from core.errors import StorageError


class EmergencyFile:
    """Implements `core.ports.safety.EmergencyNotes` on one file under DATA_DIR."""

    def __init__(self, path: Path) -> None:
        """Nothing is opened before the first line is written."""
        self._path = path

    def append(self, answer: UnstoredAnswer) -> None:
        """Add one line and force it to disk, the folder's entry included. Raises OSError.

        It begins with a line end, so that a line torn by a full disk does not swallow this one.
        """
        line = json.dumps(
            {
                "order_id": answer.order_id,
                "number": answer.number,
                "branch": answer.branch,
                "at": answer.at.isoformat(),
            }
        )
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            with os.fdopen(file, "wb", closefd=False) as stream:
                stream.write(f"\n{line}\n".encode())
            os.fsync(file)
        finally:
            os.close(file)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def read(self) -> tuple[UnstoredAnswer, ...]:
        """Return what was noted, oldest first. Raises StorageError for a line nobody can read."""
        try:
            lines = self._path.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return ()
        except (OSError, ValueError) as error:
            raise StorageError(f"{self._path} cannot be read: {error}") from error
        return tuple(self._answer(line) for line in lines if line.strip())

    def clear(self) -> None:
        """Remove the file. Raises OSError."""
        self._path.unlink(missing_ok=True)

    def _answer(self, line: str) -> UnstoredAnswer:
        try:
            row = json.loads(line)
            return UnstoredAnswer(
                order_id=str(row["order_id"]),
                number=str(row["number"]),
                branch=str(row["branch"]),
                at=datetime.fromisoformat(row["at"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError(f"{self._path} has a line that cannot be read") from error
