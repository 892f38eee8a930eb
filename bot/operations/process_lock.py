"""One process per data folder: a second one exits instead of trading beside the first."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from core.errors import ConfigurationError


class ProcessLock:
    """An advisory file lock that the kernel releases when the process ends, however it ends."""

    def __init__(self, path: Path, *, busy: str = "") -> None:
        """`path` is created if absent and holds the process id for people.

        `busy` is what to say instead when another process holds it.
        """
        self._path = path
        self._busy = busy
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Take the lock. Raises ConfigurationError when another process holds it."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigurationError(
                f"DATA_DIR: {self._path} cannot be written: {error.strerror}"
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip()
            os.close(descriptor)
            raise ConfigurationError(
                self._busy
                or f"another bot (process {holder or 'unknown'}) already uses {self._path.parent}"
            ) from None
        # The number is for people only: a full disk must not keep the lock from being one.
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Release the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
