"""A life whose entry is approved with its stop, whose price falls, and whose stop sells: it dies too.

The buy always arrives; what becomes of the request is about the sale that nobody presses ✅ for.
The watchtower makes it out of a live price, so its own steps are on the path.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from core.domain.orders import IN_DOUBT_STATES, OrderRequest, Side, SubmitOutcome
from core.domain.standing import StandingState, standing_terms
from core.domain.tickets import TicketKind, TicketState
from tests.fakes.desk_kit import KODEX, Kit, Names, buy
from tests.fakes.fake_cycle_stores import FakePassages
from tests.fakes.fake_feed import FakeFeed
from tests.fakes.hand_clock import HandClock
from tests.fakes.watch_kit import WatchKit
from tests.scenarios.crash_broker import RECEIVED, AtThePort
from tests.scenarios.crash_fence import Fence
from tests.scenarios.crash_life import ROUND_SECONDS, ROUNDS, Play

SHARES, COST, FALLEN = 3, 35_000, 32_500


class Depot(AtThePort):
    """A broker whose holdings follow the fills."""

    def __init__(self, clock: HandClock, request: str) -> None:
        super().__init__(clock, RECEIVED)
        self._of_the_sale = request
        self.holdings.clear()
        self.costs[KODEX] = COST

    async def place_order(self, request: OrderRequest) -> SubmitOutcome:
        self.request = RECEIVED if request.side is Side.BUY else self._of_the_sale
        return await super().place_order(request)

    def fill(self, at_most: int) -> None:  # type: ignore[override]  # of all, not of one
        super().fill(at_most)
        signed = [row.filled if row.side is Side.BUY else -row.filled for row in self.rows]
        self.holdings = {KODEX: sum(signed)} if sum(signed) else {}


@dataclass
class StopPlay(Play):
    """One point on the way of a stop that was approved in advance."""

    passages: FakePassages = field(default_factory=FakePassages)
    """What the tower remembers of holdings outlives it."""
    names: Names = field(default_factory=Names)
    """Both lives draw ticket ids from the same randomness."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.depot = Depot(self.clock, self.request)
        self.other = self.depot

    async def _open(self, fence: Fence) -> Kit:
        kit = await super()._open(fence)
        kit.standing, kit.names = standing_terms(30, -7), self.names
        kit.again()
        return kit

    def _tower(self, kit: Kit) -> WatchKit:
        return WatchKit(kit, FakeFeed(self.clock), self.passages)

    async def _act(self, kit: Kit) -> None:
        tower = self._tower(kit)
        ticket = await kit.ticket(buy(SHARES))
        await kit.publish()
        await kit.desk.approve_with_stop(kit.click(ticket, message=500))
        await kit.run()
        self.other.fill(at_most=SHARES)
        await kit.poll(2)
        await self._falls(tower)
        await kit.run()
        self.other.fill(at_most=1)
        await kit.poll(2)
        await kit.publish()

    async def _falls(self, watch: WatchKit) -> None:
        """Let two minutes go by and the price be below the stop."""
        watch.feed.put(KODEX, COST)
        watch.kit.broker.prices[KODEX] = FALLEN if self._is_held() else COST
        await watch.later(minutes=2)
        if self._is_held():
            await watch.price(FALLEN, KODEX)

    def _is_held(self) -> bool:
        return bool(self.depot.holdings)

    async def _second_life(self, kit: Kit) -> None:
        """Recover; a person presses an entry that is still open, and no exit."""
        await kit.desk._recovery.run()
        if not await kit.tickets():
            await kit.ticket(buy(SHARES))
        await kit.publish()
        for ticket in await kit.tickets():
            if ticket.state is TicketState.PRESENTED and ticket.kind is TicketKind.CHAT:
                click = kit.click(ticket, message=ticket.message_id or 0)
                await kit.desk.approve_with_stop(click)
        tower = self._tower(kit)
        for _ in range(ROUNDS):
            await kit.run()
            await kit.poll()
            self.other.fill(at_most=9)
            await kit.poll()
            await self._falls(tower)
            self.clock.move(ROUND_SECONDS)
        await kit.poll()
        await kit.publish()

    async def _judge(self, kit: Kit) -> None:
        """Judge as ever; and the stop sold once, by its own approval alone."""
        await super()._judge(kit)
        say = self.faults.append
        tickets = await kit.tickets()
        exits = [one for one in tickets if one.kind is TicketKind.EXIT]
        # A buy that never left is owed nothing.
        expected = [TicketState.APPROVED] if self.depot.sent else []
        if [one.state for one in exits] != expected:
            say(f"exits: {[(one.ticket_id, one.state.value) for one in exits]}")
        entries = [one.ticket_id for one in tickets if one.kind is TicketKind.CHAT]
        async with kit.ledger.transaction() as tx:
            found = [stop for name in entries for stop in await tx.standing_stops_of(name)]
        told = [(stop.state, stop.used_by) for stop in found]
        used = [(StandingState.USED, one.ticket_id) for one in exits]
        if told != (used or [(StandingState.GRANTED, "")]):
            say(f"stops: {told}")
        sales = [request.quantity for request in self.depot.sent if request.side is Side.SELL]
        # Who dies between the arm and the post leaves a doubt, which nobody may send again.
        doubts = [
            order.envelope.side for order in await kit.orders() if order.state in IN_DOUBT_STATES
        ]
        if sales != [SHARES for _ in expected] and not (Side.SELL in doubts and not sales):
            say(f"sales that left: {sales}")
        if not self.depot.sent and doubts != [Side.BUY]:
            say(f"nothing left, and in doubt are {doubts}")

    def _orders_expected(self) -> int:
        return 2 if self.depot.sent else 1
