"""Legs taken out of baskets and put back, by one person or two, beside a ✅ on what was shown."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from core.domain.tickets import TicketState
from core.services.orders.values import Click
from tests.simulation.plan import OWNERS
from tests.simulation.surface import Posted

if TYPE_CHECKING:
    from tests.simulation.people import People
    from tests.simulation.world import Simulation

# Of the baskets, how many are changed, and of those how many by two, or beside a ✅.
_SHARE, _BY_TWO, _BESIDE_APPROVAL = 0.35, 0.3, 0.5


class Toggles:
    """Lives through every crash, like the people."""

    def __init__(self, world: Simulation, people: People, dice: random.Random) -> None:
        self._world = world
        self._people = people
        self._dice = dice
        self._seen: set[str] = set()

    def saw(self, posted: Posted) -> None:
        """A message says something new: somebody may not want all of it."""
        ticket, dice = posted.view.ticket, self._dice
        is_new = ticket.ticket_id not in self._seen
        self._seen.add(ticket.ticket_id)
        if not is_new or ticket.state is not TicketState.PRESENTED or not posted.view.choices:
            return
        # A test may want it of every basket.
        if dice.random() >= self._world.weather.rates.get("toggle", _SHARE):
            return
        self._later(posted)
        if dice.random() < _BY_TWO:
            self._later(posted)
        if dice.random() < _BESIDE_APPROVAL:
            self._people.later(0.2, 4, lambda: self._people.press("approve", posted))

    def _later(self, posted: Posted) -> None:
        number = self._dice.choice([choice.number for choice in posted.view.choices])
        user = self._dice.choice(OWNERS)
        self._people.later(0.2, 3, lambda: self._press(posted, number, user))

    def _press(self, posted: Posted, number: int, user: int) -> None:
        self._world.weather.counts["toggle"] += 1
        click: Click = self._people.click(posted, user=user)
        self._people.do("toggle", lambda life: life.desk.toggle(click, number), again=False)
