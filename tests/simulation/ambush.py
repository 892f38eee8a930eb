"""What strikes between the gate's last look and the arm: the moment in which a check grows old.

By chance alone hardly a seed would hit it: between a quote's answer and the commit that follows
lie some milliseconds.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.simulation.rows import WAITING
from tests.simulation.weather import GATE_FAULTS

if TYPE_CHECKING:
    from tests.simulation.world import Simulation

_STALLS_SECONDS = (4, 8, 16, 25, 25, 60)
# From the answer to the arm: some statements of the database, now and then a slow one.
_ARM_SECONDS_MAX = 0.012


class Ambush:
    """Waits for a quote that an approved order is about to be judged by."""

    def __init__(self, world: Simulation, dice: random.Random) -> None:
        self._world = world
        self._dice = dice

    def quoted(self, seconds: float) -> None:
        """A price is on its way; who asked for it has it in so many seconds."""
        world = self._world
        waiting = any(row["state"] in WAITING for row in world.judge.now.orders.values())
        if not waiting or not world.is_up:
            return
        strike = world.weather.one_of(GATE_FAULTS)
        if strike:
            # Together with the answer, or a moment after.
            at = seconds + _ARM_SECONDS_MAX * max(0.0, self._dice.uniform(-1, 1))
            world.wire.later(at, lambda: self._strike(strike))

    def _strike(self, name: str) -> None:
        world = self._world
        world.log.tell("ambush", name)
        match name:
            case "stall_at_the_gate":
                world.machines.stall(self._dice.choice(_STALLS_SECONDS))
            case "halt_at_the_gate":
                world.people.stop("halt")
            case "stop_entry_at_the_gate":
                world.people.stop("stop entry")
            case "takeover_at_the_gate":
                world.machines.take_over()
