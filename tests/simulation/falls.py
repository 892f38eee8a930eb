"""Entries whose stop a person approves with them, and falls that call for it, as the watchtower would."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.domain.risk import Denied
from core.domain.standing import StandingState, StandingStop, StopReached
from core.domain.tickets import Author, DraftLeg, Proposal, Ticket, TicketKind
from core.ports.ledger import LedgerTransaction
from tests.simulation.surface import Posted

if TYPE_CHECKING:
    from tests.simulation.life import Incarnation
    from tests.simulation.people import People
    from tests.simulation.world import Simulation

DAYS = 30
# How many times one entry falls.
FALLS = 3
GRANT, REVOKE = "approve_with_stop", "revoke_stop"
# What was true is that the price is so far below the cost: at the stop, above it, below the floor.
_COSTS = (*(Decimal("1.09"),) * 6, Decimal("1.01"), Decimal("1.30"))


@dataclass(frozen=True, slots=True)
class Fall:
    """One fall that was told to the desk: of how many shares, at which cost and price."""

    quantity: int
    cost_won: Decimal
    price_won: int


class Falls:
    """Lives through every crash, like the people."""

    def __init__(self, world: Simulation, people: People, dice: random.Random) -> None:
        self._world = world
        self._people = people
        self._dice = dice
        self._granted: set[str] = set()
        # By the ticket that was offered; what people were told is revoked, by the entry's.
        self.told: dict[str, Fall] = {}
        self.revoked: set[str] = set()

    def chooses(self, posted: Posted) -> bool:
        """Whether the person approves this entry together with its stop."""
        offered = any(item.state is StandingState.OFFERED for item in posted.view.standing)
        return offered and self._dice.random() < 0.9

    def saw(self, posted: Posted) -> None:
        """A message says something new: of what was granted, a fall or a change of mind may follow."""
        dice, later = self._dice, self._people.later
        for stop in posted.view.standing:
            key = f"{stop.ticket_id}-{stop.leg}"
            if stop.state is not StandingState.GRANTED or key in self._granted:
                continue
            self._granted.add(key)
            if dice.random() < 0.4:
                later(1, 30, lambda: self._people.press(REVOKE, posted))
            for _ in range(FALLS):
                self._fall_later(stop)

    def _fall_later(self, stop: StandingStop) -> None:
        self._people.later(3, 20, lambda: self._fall(stop))

    def answered(self, ticket_id: str, outcome: str) -> None:
        """Somebody was told what came of revoking."""
        if outcome == "standing_revoked":
            self.revoked.add(ticket_id)

    def _fall(self, stop: StandingStop) -> None:
        if self._world.weather.is_calm:
            return
        row = self._world.judge.now.orders.get(f"{stop.ticket_id}-{stop.leg}")
        bought = 0 if row is None else row["filled"]
        if not bought:
            self._fall_later(stop)
            return
        more = self._dice.choice((0, 0, 0, 1))
        factor = self._dice.choice(_COSTS)
        symbol, quantity = stop.symbol, bought + more
        self._people.do("fall", lambda life: self._offer(life, symbol, quantity, factor))

    async def _offer(
        self, life: Incarnation, symbol: Symbol, quantity: int, factor: Decimal
    ) -> object:
        """Offer an exit, and let the desk judge in its transaction whether it is approved."""

        async def along(tx: LedgerTransaction, made: Ticket | Denied) -> None:
            if isinstance(made, Denied):
                return
            price = made.legs[0].price_won or 0
            fall = Fall(quantity, price * factor, price)
            self.told[made.ticket_id] = fall
            reached = StopReached(
                symbol=symbol, quantity=quantity, cost_won=fall.cost_won, price_won=price
            )
            await life.desk.approve_in_advance(tx, made, reached)

        leg = DraftLeg(symbol=symbol, side=Side.SELL, quantity=quantity)
        proposal = Proposal(
            author=Author.STRATEGY, kind=TicketKind.EXIT, legs=(leg,), reason="손절"
        )
        offered = await life.desk.propose(proposal, along=along)
        life.desk.wake()
        return offered
