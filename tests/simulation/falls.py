"""Entries approved with their stop, and falls that call for it, as the watchtower would."""

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
# How long a sale before it may take: shown, approved, sent and filled.
_SALE_SECONDS = 20.0
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

    @property
    def may_come(self) -> bool:
        """Whether stops are offered with entries in this seed."""
        return bool(self._world.weather.rates.get("stops", self._world.plan.has_stops))

    def chooses(self, posted: Posted, answer: str) -> bool:
        """Whether the person approves this entry together with its stop, instead of `answer`."""
        if not any(item.state is StandingState.OFFERED for item in posted.view.standing):
            return False
        # A test may want it of every entry, whatever the person would have answered.
        share = self._world.weather.rates.get("grant", 0.9 if answer == "approve" else 0.0)
        return self._dice.random() < share

    def saw(self, posted: Posted) -> None:
        """A message says something new: what was granted may fall, or be revoked."""
        dice, later = self._dice, self._people.later
        for stop in posted.view.standing:
            key = f"{stop.ticket_id}-{stop.leg}"
            if stop.state is not StandingState.GRANTED or key in self._granted:
                continue
            self._granted.add(key)
            if dice.random() < self._world.weather.rates.get("revoke", 0.4):
                later(1, 30, lambda: self._people.press(REVOKE, posted))
            first = 0.0
            if dice.random() < self._world.weather.rates.get("sells some", 0.15):
                first = _SALE_SECONDS
                self._sale_later(stop)
            for _ in range(FALLS):
                self._fall_later(stop, first)

    def _sale_later(self, stop: StandingStop) -> None:
        self._people.later(3, 8, lambda: self._sell_some(stop))

    def _sell_some(self, stop: StandingStop) -> None:
        """The person sells a share before the price falls: the stop must not outlive it."""
        if self._bought(stop):
            leg = DraftLeg(symbol=stop.symbol, side=Side.SELL, quantity=1)
            self._people.ask_for(
                Proposal(author=Author.PERSON, kind=TicketKind.CHAT, legs=(leg,), reason="부탁")
            )
        elif not self._world.weather.is_calm:
            self._sale_later(stop)

    def _bought(self, stop: StandingStop) -> int:
        row = self._world.judge.now.orders.get(f"{stop.ticket_id}-{stop.leg}")
        return 0 if row is None else int(row["filled"])

    def _fall_later(self, stop: StandingStop, first: float = 0.0) -> None:
        self._people.later(first + 3, first + 20, lambda: self._fall(stop))

    def answered(self, ticket_id: str, outcome: str) -> None:
        """Somebody was told what came of revoking."""
        if outcome in {"standing_revoked", "standing_withdrawn"}:
            self.revoked.add(ticket_id)

    def _fall(self, stop: StandingStop) -> None:
        if self._world.weather.is_calm:
            return
        bought = self._bought(stop)
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
