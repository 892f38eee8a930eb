"""The halt file on disk. It works when Discord, the network and the database do not."""

from __future__ import annotations

from pathlib import Path

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
            if not self.path.exists():
                return None
            with self.path.open("rb") as file:
                return read_halt(file.read(_BYTES_MAX).decode(errors="replace"))
        except FileNotFoundError:
            return None
        except OSError as error:
            _LOG.error("the halt file cannot be read: halted", error=str(error))
            return _CANNOT_READ

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

    def remove(self) -> None:
        """Lift what the file asks for. Raises StorageError when it cannot be removed."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"the halt file cannot be removed: {error.strerror}") from error
