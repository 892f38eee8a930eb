"""People: who propose, press, press twice, press what is not theirs, halt, and trade by hand."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from brokers.sim.values import Placed
from core.domain.instrument import Symbol
from core.domain.modes import TradingState
from core.domain.orders import Side
from core.domain.risk import Denied, Rule
from core.domain.tickets import Author, DraftLeg, Proposal, TicketKind, TicketState
from core.services.orders.desk import OrderDesk
from core.services.orders.values import Click, ClickOutcome
from tests.simulation.falls import GRANT, REVOKE, Falls
from tests.simulation.plan import BASES, GUILD, OTHER_GUILD, OWNERS, STRANGER, SYMBOLS
from tests.simulation.surface import CHANNEL, Posted
from tests.simulation.toggles import Toggles
from tests.simulation.truth import Departure

if TYPE_CHECKING:
    from tests.simulation.life import Incarnation
    from tests.simulation.world import Simulation

Act = Callable[["Incarnation"], Coroutine[Any, Any, object]]
_UNREAD = frozenset({Rule.FACTS_MISSING, Rule.QUOTE_STALE})
# How a person answers a ticket, and how often.
_ANSWERS = {
    "approve": 50,
    "approve twice": 8,
    "both approve": 6,
    "approve and replay": 6,
    "approve and decline": 4,
    "decline": 4,
    "edit": 7,
    "stranger": 4,
    "wrong guild": 3,
    "wrong message": 3,
    "ignore": 2,
    "late": 3,
}


@dataclass(frozen=True, slots=True)
class Press:
    """One press that really happened. `wrong` says what is wrong with it, `what` what it wants.

    `payload_hash` is that of the terms that were on the screen.
    """

    ticket_id: str
    user_id: int
    at: datetime
    wrong: str
    what: str
    message_id: int
    payload_hash: str


class People:
    """Everybody in front of the screen. They live through every crash."""

    def __init__(self, world: Simulation, dice: random.Random) -> None:
        self._world = world
        self._dice = dice
        self._interactions = itertools.count(900_001)
        self._answered: set[str] = set()
        self._cancelled: set[str] = set()
        self.presses: dict[int, Press] = {}
        self.falls = Falls(world, self, world.dice("falls"))
        self._toggles = Toggles(world, self, world.dice("toggles"))

    def begin(self) -> None:
        """Plan the day."""
        world, dice = self._world, self._dice
        for at in world.plan.proposals:
            world.wire.later(at, self._propose)
        for name, share in (("halt", 0.1), ("stop entry", 0.07), ("halt file", 0.05)):
            # A test may want it in every seed.
            if dice.random() < world.weather.rates.get(name, share):
                stop = partial(self.stop, name)
                world.wire.later(world.plan.busy_seconds * dice.random(), stop)
        if world.plan.trades_by_hand:
            for _ in range(dice.choice((1, 2))):
                world.wire.later(world.plan.busy_seconds * dice.random(), self._trade_by_hand)

    # Proposals

    def _propose(self) -> None:
        dice = self._dice
        legs = [self._leg() for _ in range(dice.choice((1, 1, 2, 3)))]
        kind = TicketKind.CHAT if len(legs) == 1 else TicketKind.BASKET
        proposal = Proposal(author=Author.PERSON, kind=kind, legs=tuple(legs), reason="부탁")
        self.ask_for(proposal)

    def ask_for(self, proposal: Proposal, times: int = 3) -> None:
        """Propose; where nothing could be read, ask again after a while."""

        def heard(outcome: object) -> None:
            unread = isinstance(outcome, Denied) and all(
                item.rule in _UNREAD for item in outcome.violations
            )
            if unread and times > 1:
                self.later(3, 12, lambda: self.ask_for(proposal, times - 1))

        self.do("propose", lambda life: life.desk.propose(proposal), then=heard)

    def _leg(self) -> DraftLeg:
        dice = self._dice
        held = [symbol for symbol, count in self._world.plan.holdings.items() if count]
        # A test may want to see hardly anything but entries.
        if held and dice.random() < self._world.weather.rates.get("sells", 0.4):
            symbol, side = dice.choice(held), Side.SELL
        else:
            symbol, side = dice.choice(SYMBOLS), Side.BUY
        price = None
        if dice.random() < 0.3:
            price = BASES[symbol] + 5 * dice.randint(-20, 20)
        return DraftLeg(
            symbol=Symbol(symbol), side=side, quantity=dice.randint(1, 4), price_won=price
        )

    # Presses

    def saw(self, posted: Posted) -> None:
        """A message is new on the screen, or says something new."""
        ticket, dice = posted.view.ticket, self._dice
        self.falls.saw(posted)
        self._toggles.saw(posted)
        if ticket.state is TicketState.PRESENTED and ticket.ticket_id not in self._answered:
            self._answered.add(ticket.ticket_id)
            answer = dice.choices(tuple(_ANSWERS), tuple(_ANSWERS.values()))[0]
            if self.falls.chooses(posted, answer):
                answer = GRANT
            self.later(0.5, 6, lambda: self._answer(answer, posted))
        if ticket.state is TicketState.APPROVED and ticket.ticket_id not in self._cancelled:
            self._cancelled.add(ticket.ticket_id)
            if dice.random() < 0.2:
                self.later(0.5, 45, lambda: self.press("request_cancel", posted))

    def _answer(self, answer: str, posted: Posted) -> None:
        match answer:
            case "approve" | "decline" | "approve_with_stop":
                self.press(answer, posted)
            case "approve twice":
                self.press("approve", posted)
                self.press("approve", posted)
            case "both approve":
                for user in OWNERS:
                    self.press("approve", posted, user=user)
            case "approve and replay":
                click = self.press("approve", posted)
                self.later(0.01, 40, lambda: self._deliver("approve", click, posted))
            case "approve and decline":
                self.press("approve", posted)
                self.press("decline", posted)
            case "edit":
                self._edit(posted)
            case "late":
                self.later(20, 200, lambda: self.press("approve", posted))
            case "ignore":
                pass
            case _:
                self._press_wrongly(answer, posted)
                self.later(1, 20, lambda: self.press("approve", posted))

    def _press_wrongly(self, wrong: str, posted: Posted) -> None:
        self.press(
            "approve",
            posted,
            user=STRANGER if wrong == "stranger" else OWNERS[0],
            guild=OTHER_GUILD if wrong == "wrong guild" else GUILD,
            message=posted.message_id + 50_000 if wrong == "wrong message" else posted.message_id,
            # Right after a crash nobody knows which message is the ticket's.
            wrong="" if wrong == "wrong message" else wrong,
        )

    def press(
        self,
        what: str,
        posted: Posted,
        *,
        user: int | None = None,
        guild: int = GUILD,
        message: int | None = None,
        wrong: str = "",
    ) -> Click:
        click = self.click(
            posted,
            user=self._dice.choice(OWNERS) if user is None else user,
            guild=guild,
            message=message,
        )
        self.presses[click.interaction_id] = Press(
            click.ticket_id,
            click.user_id,
            click.clicked_at,
            wrong,
            what=what,
            message_id=click.message_id,
            payload_hash=posted.view.ticket.payload_hash,
        )
        self._deliver(what, click, posted)
        return click

    def click(
        self, posted: Posted, *, user: int, guild: int = GUILD, message: int | None = None
    ) -> Click:
        """Return a press on what is on the screen, made now."""
        return Click(
            ticket_id=posted.view.ticket.ticket_id,
            interaction_id=next(self._interactions),
            user_id=user,
            user_name="주인",
            guild_id=guild,
            channel_id=CHANNEL,
            message_id=posted.message_id if message is None else message,
            clicked_at=self._world.true_time.now(),
        )

    def _deliver(self, what: str, click: Click, posted: Posted) -> None:
        def heard(outcome: object) -> None:
            if what == REVOKE:
                self.falls.answered(click.ticket_id, str(getattr(outcome, "value", "")))
            if outcome is ClickOutcome.JUST_CHANGED:
                # They were told to read it again; then it is a press of its own.
                self._world.weather.counts["just_changed"] += 1
                self.later(3, 8, lambda: self.press(what, posted, user=click.user_id))

        self.do(what, lambda life: getattr(life.desk, what)(click), again=False, then=heard)

    def _edit(self, posted: Posted) -> None:
        leg = self._dice.choice(posted.view.ticket.legs)
        self.press("approve", posted, user=STRANGER, wrong="stranger")
        mine = self.click(posted, user=OWNERS[0])
        quantity = self._dice.randint(1, 4)

        def edit(desk: OrderDesk) -> Coroutine[Any, Any, object]:
            return desk.edit(mine, leg.number, quantity, None)

        self.do("edit", lambda life: edit(life.desk), again=False)

    # The switch

    def stop(self, how: str) -> None:
        """Somebody stops trading, and resumes it later."""
        self._world.weather.counts[how] += 1
        self._world.log.tell("people", how)
        self.later(8, 40, self._resume)
        if how == "halt file":
            self._world.disk.path.with_name("HALT").touch()
            return
        state = TradingState.HALTED if how == "halt" else TradingState.REDUCE_ONLY
        self.do(how, lambda life: life.switch.set_state(state, actor="11", reason="사람이 멈춤"))

    def _resume(self) -> None:
        self.do(
            "resume",
            lambda life: life.switch.set_state(
                TradingState.ACTIVE, actor="11", reason="사람이 재개"
            ),
        )

    # By hand, in the broker's own app

    def _trade_by_hand(self) -> None:
        symbol = self._dice.choice(SYMBOLS)
        quantity = self._dice.randint(1, 3)
        price = BASES[symbol] + 5 * self._dice.randint(-30, 10)
        self._place_by_hand(symbol, quantity, price, is_buy=True)

    def sent(self, post: Departure) -> None:
        """The bot has just sent an order: in a shared account somebody may send the same."""
        plan, dice = self._world.plan, self._dice
        # A test may want one beside every order.
        share = self._world.weather.rates.get("external_twin", 0.3)
        if plan.has_twins and dice.random() < share:
            self.later(
                0.01,
                25,
                lambda: self._place_by_hand(
                    post.symbol, post.quantity, post.price, is_buy=post.side == "buy"
                ),
            )
            self._world.weather.counts["external_twin"] += 1

    def _place_by_hand(self, symbol: str, quantity: int, price: int, *, is_buy: bool) -> None:
        world = self._world
        placed = world.host.exchange.place(
            world.host.now(), symbol, is_buy=is_buy, quantity=quantity, price=price
        )
        if isinstance(placed, Placed):
            world.judge.truth.foreign.add(str(placed.number))
            world.weather.counts["external_order"] += 1
            world.log.tell("by hand", f"{placed.number} {symbol} {quantity} x {price}")

    # Doing

    def later(self, low: float, high: float, callback: Callable[[], object]) -> None:
        self._world.wire.later(low + (high - low) * self._dice.random(), callback)

    def do(
        self,
        what: str,
        act: Act,
        *,
        again: bool = True,
        then: Callable[[object], None] = lambda _outcome: None,
    ) -> None:
        """Ask the living process; a press while nobody is there is lost, a wish is not."""
        world = self._world
        life = world.life
        if life is None or not world.is_up:
            if again and not world.weather.is_calm:
                world.wire.later(5, lambda: self.do(what, act, then=then))
            return

        async def acting() -> None:
            try:
                outcome = await act(life)
            except Exception as error:  # noqa: BLE001 - the chat would say "it failed"; the world goes on
                world.log.tell(what, f"failed: {error!r}")
                return
            world.log.tell(what, str(getattr(outcome, "value", type(outcome).__name__)))
            then(outcome)

        life.spawn(acting(), what)
