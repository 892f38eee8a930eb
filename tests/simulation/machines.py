"""What befalls the machine itself: it stands still, or a second one takes its place."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.simulation.life import Incarnation

if TYPE_CHECKING:
    from tests.simulation.world import Simulation

# Longer than a lease lasts.
_GONE_SECONDS = 36
_OPEN_SECONDS_MAX = 60
_NOTICE_SECONDS = 25


class Machines:
    """Stalls, and at most one second process a day."""

    def __init__(self, world: Simulation) -> None:
        self._world = world
        self._dice = world.dice("machines")
        self.has_rival = False
        self._coming: asyncio.Future[None] | None = None

    def begin(self) -> None:
        """Plan a process on another machine that wants the same ledger."""
        world = self._world
        if world.plan.rival:
            takes_over = world.plan.rival == "takes over"
            at = 5 + world.plan.busy_seconds * 0.5 * self._dice.random()
            world.wire.later(at, lambda: self._rival(takes_over=takes_over))

    def stall(self, seconds: float) -> None:
        """Let the machine stand still for a while, as under a hypervisor that is busy."""
        world, life = self._world, self._world.life
        if life is None or self.has_rival or life.fence.is_down:
            return
        world.weather.counts["stall"] += 1
        life.life.is_paused = True
        world.wire.later(seconds, lambda: world.loop.wake(life.life))

    def take_over(self) -> None:
        """Stop the machine for longer than its lease lasts; another one takes its place."""
        self._rival(takes_over=True)

    def _rival(self, *, takes_over: bool) -> None:
        world, first = self._world, self._world.life
        if first is None or not world.is_up or self.has_rival or first.life.is_paused:
            return
        world.weather.counts["second_process"] += 1
        # From now on nobody ends as planned: two lives at once are enough.
        self.has_rival, first.fence.plan = True, None
        if takes_over:
            first.life.is_paused = True
            world.log.tell("paused", first.name)
        self._coming = asyncio.ensure_future(self._comes(first, takes_over=takes_over))

    async def settled(self) -> None:
        """Wait for the end of a second process's coming: until then two may live."""
        if self._coming is not None:
            await asyncio.wait({self._coming})

    async def _comes(self, first: Incarnation, *, takes_over: bool) -> None:
        world = self._world
        if takes_over:
            await asyncio.sleep(_GONE_SECONDS)
        second = Incarnation(
            "rival",
            world.place(),
            world.dice("rival"),
            skew=world.plan.skew,
            plan=None,
            on_crash=lambda _name: None,
            on_failure=world.failed,
            on_lost=lambda: None,
            holder="another machine",
        )
        world.lives.append(second)
        opening = second.spawn(second.open(), "open")
        await asyncio.wait({opening}, timeout=_OPEN_SECONDS_MAX)
        opened = opening.done() and opening.exception() is None
        world.log.tell("rival", "opened" if opened else "refused")
        if opened and not takes_over and not world.judge.lease_had_lapsed():
            world.judge.blame("I11", "two processes hold the lease")
        if opened:
            first.fence.on_crash = lambda _name: None
            world.life = second
        else:
            second.fence.crash("refused")
        await asyncio.sleep(4)
        if takes_over:
            await self._wakes(first, opened=opened)

    async def _wakes(self, first: Incarnation, *, opened: bool) -> None:
        self._world.log.tell("woken", first.name)
        self._world.loop.wake(first.life)
        if opened:
            # What notices that its lease is gone ends; give it the time it takes.
            await asyncio.sleep(_NOTICE_SECONDS)
            first.fence.crash("lost its lease")
