"""People: who propose, press, press twice, press too late, and press what is not theirs."""

from __future__ import annotations

import itertools
import random
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.domain.tickets import Author, DraftLeg, Proposal, TicketKind, TicketState
from core.services.orders.values import Click
from tests.simulation.plan import GUILD, OWNERS, SYMBOLS
from tests.simulation.surface import CHANNEL, Posted

if TYPE_CHECKING:
    from tests.simulation.world import Simulation


class People:
    """Everybody in front of the screen. They live through every crash."""

    def __init__(self, world: Simulation, dice: random.Random) -> None:
        self._world = world
        self._dice = dice
        self._interactions = itertools.count(900_001)
        self._seen: set[str] = set()
        world.channel.on_show = self._saw
        self.presses: list[Click] = []

    def begin(self) -> None:
        """Plan what is proposed."""
        for at in self._world.plan.proposals:
            self._world.wire.later(at, self._propose)

    def _propose(self) -> None:
        dice = self._dice
        legs = [self._leg() for _ in range(dice.choice((1, 1, 2)))]
        kind = TicketKind.CHAT if len(legs) == 1 else TicketKind.BASKET
        proposal = Proposal(author=Author.PERSON, kind=kind, legs=tuple(legs), reason="부탁")
        life = self._world.life
        if life is None or not life.is_ready or life.fence.is_down:
            self._world.wire.later(5, self._propose)
            return
        self._do(life.desk.propose(proposal), "propose")

    def _leg(self) -> DraftLeg:
        dice = self._dice
        held = [symbol for symbol, count in self._world.plan.holdings.items() if count]
        if held and dice.random() < 0.4:
            symbol, side = dice.choice(held), Side.SELL
        else:
            symbol, side = dice.choice(SYMBOLS), Side.BUY
        return DraftLeg(symbol=Symbol(symbol), side=side, quantity=dice.randint(1, 7))

    def _saw(self, posted: Posted) -> None:
        ticket = posted.view.ticket
        self._world.log.tell(
            "shown",
            f"{posted.message_id} {ticket.ticket_id} {ticket.state.value} v{ticket.version}",
        )
        if ticket.state is TicketState.PRESENTED and ticket.ticket_id not in self._seen:
            self._seen.add(ticket.ticket_id)
            self._world.wire.later(0.5 + 6 * self._dice.random(), lambda: self._press(posted))

    def _press(self, posted: Posted) -> None:
        life = self._world.life
        if life is None or not life.is_ready or life.fence.is_down:
            self._world.wire.later(4, lambda: self._press(posted))
            return
        click = Click(
            ticket_id=posted.view.ticket.ticket_id,
            interaction_id=next(self._interactions),
            user_id=self._dice.choice(OWNERS),
            user_name="주인",
            guild_id=GUILD,
            channel_id=CHANNEL,
            message_id=posted.message_id,
            clicked_at=self._world.true_time.now(),
        )
        self.presses.append(click)
        self._do(life.desk.approve(click), "approve")

    def _do(self, coroutine: Awaitable[object], what: str) -> None:
        life = self._world.life
        assert life is not None

        async def act() -> None:
            try:
                outcome = await coroutine
                self._world.log.tell(what, str(getattr(outcome, "value", type(outcome).__name__)))
            except Exception as error:  # noqa: BLE001 - the chat answers an error; the world goes on
                self._world.log.tell(what, f"failed: {error!r}")

        life.spawn(act(), what)
