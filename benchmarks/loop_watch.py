"""How long an event loop does not come back to its timers, and what it was doing then.

A task sleeps a few milliseconds again and again and notes by how much each sleep took longer. What
the machine's scheduler kept from the loop's thread (it was ready to run and had no core) is told by
Linux and taken off, whoever had the core: another program, or a thread or child of this one. What
it kept before the timer was due goes off too, so that a beat's own lateness may be told too short
by as much as a beat. A thread beside it looks at the stack of the loop's thread while a beat is late.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

BEAT_SECONDS = 0.005
LOOK_SECONDS = 0.008
# From so much on it is worth knowing what kept the loop.
LATE_SECONDS = 0.025
STACK_LINES = 14
BLOCKS_KEPT = 20
_ROOT = str(Path(__file__).parents[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One late beat: in all, less what the scheduler kept, and what was seen meanwhile."""

    phase: str
    wall_ms: float
    own_ms: float
    collected_ms: float
    stacks: tuple[str, ...]


@dataclass(slots=True)
class LoopWatch:
    """Beats in the loop that runs it, under the name of the present phase."""

    phase: str = ""
    own_ms: dict[str, list[float]] = field(default_factory=dict)
    wall_ms: dict[str, list[float]] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    _due: float = 0.0
    _seen: list[str] = field(default_factory=list)
    _collected: float = 0.0
    _collecting_since: float = 0.0

    async def run(self) -> None:
        """Beat until cancelled."""
        ended = threading.Event()
        thread_id = threading.get_ident()
        looking = threading.Thread(target=self._look, args=(thread_id, ended), daemon=True)
        looking.start()
        gc.callbacks.append(self._collects)
        try:
            with suppress(asyncio.CancelledError):
                while True:
                    await self._beat()
        finally:
            gc.callbacks.remove(self._collects)
            ended.set()
            looking.join()

    async def _beat(self) -> None:
        self._seen.clear()
        phase, kept, collected = self.phase, _kept_waiting(), self._collected
        began = time.perf_counter()
        self._due = began + BEAT_SECONDS
        await asyncio.sleep(BEAT_SECONDS)
        late = max(0.0, time.perf_counter() - self._due)
        self._due = 0.0
        own = max(0.0, late - (_kept_waiting() - kept))
        self.wall_ms.setdefault(phase, []).append(late * 1e3)
        self.own_ms.setdefault(phase, []).append(own * 1e3)
        if own > LATE_SECONDS:
            self.blocks.append(
                Block(
                    phase=phase,
                    wall_ms=round(late * 1e3, 1),
                    own_ms=round(own * 1e3, 1),
                    collected_ms=round((self._collected - collected) * 1e3, 1),
                    stacks=tuple(self._seen),
                )
            )
            self.blocks.sort(key=lambda block: -block.own_ms)
            del self.blocks[BLOCKS_KEPT:]

    def _look(self, thread_id: int, ended: threading.Event) -> None:
        while not ended.wait(LOOK_SECONDS):
            due = self._due
            if due and time.perf_counter() - due > LATE_SECONDS / 2:
                frame = sys._current_frames().get(thread_id)
                if frame is not None:
                    self._seen.append(_told(frame))

    def _collects(self, phase: str, _info: object) -> None:
        if phase == "start":
            self._collecting_since = time.perf_counter()
        else:
            self._collected += time.perf_counter() - self._collecting_since


def _kept_waiting() -> float:
    """Return the seconds for which this thread was ready and had no core; 0 where nobody tells."""
    try:
        told = Path("/proc/thread-self/schedstat").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(told.split()[1]) / 1e9


def _told(frame: FrameType) -> str:
    """Return the inner lines of a stack, the outermost first."""
    lines = [
        f"{Path(item.filename).name if _ROOT not in item.filename else item.filename[len(_ROOT) + 1 :]}"
        f":{item.lineno} {item.name}"
        for item in traceback.extract_stack(frame, limit=60)
    ]
    return " > ".join(lines[-STACK_LINES:])
