"""The halt file on disk. It works when Discord, the network and the database do not."""

from __future__ import annotations

from pathlib import Path
from stat import S_ISLNK

import structlog

from core.domain.halt import HaltOrder, halt_text, read_halt
from core.domain.modes import TradingState
from core.errors import StorageError

_LOG = structlog.get_logger(__name__)
_BYTES_MAX = 4096
_CANNOT_READ = HaltOrder(state=TradingState.HALTED)


class HaltFile:
    """One path under DATA_DIR; while it exists, trading is halted or reduced."""

    def __init__(self, path: Path) -> None:
        """`path` need not exist."""
        self.path = path

    def order(self) -> HaltOrder | None:
        """Return what it asks for, None when it is not there. What cannot be read is a halt."""
        try:
            # Not `exists`: a link to nowhere, or to itself, is there as well.
            is_link = S_ISLNK(self.path.lstat().st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            return _unreadable(error)
        try:
            with self.path.open("rb") as file:
                return read_halt(file.read(_BYTES_MAX).decode(errors="replace"))
        except FileNotFoundError as error:
            return _unreadable(error) if is_link else None
        except OSError as error:
            return _unreadable(error)

    def write(self, order: HaltOrder) -> None:
        """Make the file ask for `order` beside what it asks for already: never for less.

        Raises OSError.
        """
        there = self.order()
        if there is not None:
            halted = TradingState.HALTED in {order.state, there.state}
            order = HaltOrder(
                state=TradingState.HALTED if halted else TradingState.REDUCE_ONLY,
                cancel_open=order.cancel_open or there.cancel_open,
            )
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # In place, never through a second file: on a full disk an empty file still halts.
        self.path.write_text(halt_text(order), encoding="utf-8")

    def stamp(self) -> str:
        """Return what tells this file from one that is written later; empty when it is not there."""
        try:
            found = self.path.lstat()
        except OSError:
            return ""
        return f"{found.st_ino}:{found.st_mtime_ns}"

    def remove(self, stamp: str) -> None:
        """Lift what the file of this `stamp` asks for; one that was written since stays.

        Raises StorageError when it cannot be removed.
        """
        if self.stamp() != stamp:
            _LOG.warning("the halt file is a newer one: it stays")
            return
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"the halt file cannot be removed: {error.strerror}") from error


def _unreadable(error: OSError) -> HaltOrder:
    _LOG.error("the halt file cannot be read: halted", error=str(error))
    return _CANNOT_READ
