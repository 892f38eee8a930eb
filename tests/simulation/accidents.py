"""What happens by itself: restarts of the broker, a locked database, refusals after acceptance."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from brokers.sim.values import Placed
from tests.simulation.plan import BASES, SYMBOLS

if TYPE_CHECKING:
    from tests.simulation.world import Simulation


class Accidents:
    """Plans the accidents of one seed that do not belong to one request."""

    def __init__(self, world: Simulation, dice: random.Random) -> None:
        self._world = world
        self._dice = dice

    def begin(self) -> None:
        """Fill the morning's list, and plan the rest."""
        world = self._world
        self._morning()
        happens = {
            "broker_restart": self._restart,
            "database_busy": self._lock,
            "rejected_after_accept": self._reject,
            "message_deleted": self._delete,
        }
        for name, accident in happens.items():
            if world.weather.rates.get(name):
                for _ in range(self._dice.choice((1, 2, 3))):
                    at = world.plan.busy_seconds * self._dice.random()
                    world.wire.later(at, accident)

    def _morning(self) -> None:
        """Orders that somebody else placed before we came."""
        world = self._world
        opens = world.host.state.prices.hours(world.plan.start.date())[0]
        for _ in range(world.plan.morning_rows):
            symbol = self._dice.choice(SYMBOLS)
            price = BASES[symbol] * 4 // 5 // 5 * 5
            placed = world.host.exchange.place(opens, symbol, is_buy=True, quantity=1, price=price)
            if isinstance(placed, Placed):
                world.judge.truth.foreign.add(str(placed.number))

    def _restart(self) -> None:
        if not self._world.weather.is_calm:
            self._count("broker_restart")
            self._world.host.restart(self._world.loop.time())

    def _lock(self) -> None:
        if not self._world.weather.is_calm:
            self._count("database_busy")
            seconds = self._dice.choice((0.5, 3.0, 4.5, 7.0, 20.0))
            self._world.disk.busy_until = self._world.loop.time() + seconds

    def _reject(self) -> None:
        number = self._world.host.reject_some(self._world.judge.truth.owner)
        if number and not self._world.weather.is_calm:
            self._count("rejected_after_accept")

    def _delete(self) -> None:
        tickets = sorted(self._world.judge.now.tickets)
        if tickets:
            self._count("message_deleted")
            self._world.channel.delete(self._dice.choice(tickets))

    def _count(self, name: str) -> None:
        self._world.weather.counts[name] += 1
        self._world.log.tell("accident", name)
