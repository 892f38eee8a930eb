"""What the process does when the system calls: SIGTERM and SIGINT stop it, SIGUSR1 halts trading."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from core.domain.halt import HaltOrder
from core.domain.modes import TradingState
from core.runtime.halt_file import HaltFile

_LOG = structlog.get_logger(__name__)
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
HALT_SIGNAL = signal.SIGUSR1


@dataclass(slots=True)
class Signals:
    """`stop` is set by a stop signal; `halt` is what the halt signal calls."""

    stop: asyncio.Event
    halt: Callable[[], None]

    def halted(self) -> None:
        """Halt trading: called by the loop at its next step, whatever the tasks are waiting for."""
        _LOG.warning("halted by signal")
        self.halt()


@contextmanager
def listening(halt_file: Path) -> Iterator[Signals]:
    """Listen to the signals; before the switch exists, the halt signal writes the halt file.

    Unheard, SIGUSR1 would end the process in the middle of whatever it does.
    """
    signals = Signals(asyncio.Event(), lambda: _write(halt_file))
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, signals.stop.set)
    loop.add_signal_handler(HALT_SIGNAL, signals.halted)
    try:
        yield signals
    finally:
        for number in (*STOP_SIGNALS, HALT_SIGNAL):
            loop.remove_signal_handler(number)


def _write(halt_file: Path) -> None:
    try:
        HaltFile(halt_file).write(HaltOrder(state=TradingState.HALTED))
    except OSError as error:
        _LOG.error("the halt file cannot be written", error=str(error))
