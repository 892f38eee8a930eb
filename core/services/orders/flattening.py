"""Getting out: cancel everything that is open, and offer to sell everything that is held.

Selling goes the normal way: one proposal, one ticket, one ✅, each leg an order like any other.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum

from core.domain.account import Position
from core.domain.journal import JournalEntry
from core.domain.orders import (
    END_STATES,
    LIVE_STATES,
    WAITING_STATES,
    Order,
    OrderState,
    Side,
)
from core.domain.risk import Denied, Violation
from core.domain.tickets import Author, DraftLeg, Proposal, Ticket, TicketKind, TicketState
from core.services.orders.approving import Approver
from core.services.orders.cancelling import Canceller
from core.services.orders.context import DeskContext
from core.services.orders.presenting import Presenter
from core.services.orders.values import Click, ClickOutcome

# Subject of the journal's lines about everything at once.
EVERYTHING = "everything"


class CancelFate(Enum):
    """What came of one order when all were to be cancelled (``orders.fate_…``).

    REQUESTED is not cancelled: only the broker's list proves that.
    """

    DROPPED = "dropped"
    REQUESTED = "requested"
    NOT_TAKEN = "not_taken"
    ENDED = "ended"
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelResult:
    """One open order, as it stands after it was asked to end."""

    order: Order
    fate: CancelFate


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What selling everything would mean now.

    `sellable` positions can be offered, `stuck` ones are held but not sellable (open sales, locked
    shares), and `open_buys` would buy more while the rest is sold.
    """

    sellable: tuple[Position, ...]
    stuck: tuple[Position, ...]
    open_buys: tuple[Order, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flattened:
    """The ticket that sells what can be sold; `left_out` says why the rest is not in it.

    `is_new` is False when an exit for the same symbols was already waiting for its ✅.
    """

    ticket: Ticket
    left_out: tuple[Violation, ...]
    is_new: bool = True


class Flattener:
    """Cancels and sells all. Asks nobody but the persons who may decide."""

    def __init__(
        self,
        context: DeskContext,
        presenter: Presenter,
        approver: Approver,
        canceller: Canceller,
    ) -> None:
        """Keep the parts."""
        self._context = context
        self._presenter = presenter
        self._approver = approver
        self._canceller = canceller
        # Two presses must not put the same shares on two tickets.
        self._one_at_a_time = asyncio.Lock()

    async def exposure(self) -> Exposure:
        """Read what is held and what is still buying. Raises BrokerError."""
        account = await self._context.broker.account()
        held = [position for position in account.positions if position.quantity > 0]
        return Exposure(
            sellable=tuple(position for position in held if position.sellable > 0),
            stuck=tuple(position for position in held if position.sellable <= 0),
            open_buys=tuple(
                order for order in await self._open_orders() if order.envelope.side is Side.BUY
            ),
        )

    async def cancel_open(
        self, click: Click, sides: Collection[Side] = frozenset(Side)
    ) -> tuple[CancelResult, ...] | ClickOutcome:
        """Drop what was not sent and ask the broker to cancel the rest; say what came of each.

        Works while trading is halted: a cancel only ever makes less.
        """
        if not self._approver.is_allowed(click):
            return await self._approver.refuse(click, "cancel_all")
        open_now = [o for o in await self._open_orders() if o.envelope.side in sides]
        await self._note(click, "orders.cancel_all", {"orders": [o.order_id for o in open_now]})
        reason = self._context.phrases.say("orders.reason_cancelled_by", name=click.user_name)
        return await self._end_all(open_now, str(click.user_id), reason)

    async def cancel_all(self, actor: str, reason: str) -> tuple[CancelResult, ...]:
        """Do the same for who needs no permission: whoever could write the halt file."""
        return await self._end_all(await self._open_orders(), actor, reason)

    async def _end_all(
        self, open_now: Iterable[Order], actor: str, reason: str
    ) -> tuple[CancelResult, ...]:
        results: list[CancelResult] = []
        for order in open_now:
            await self._canceller.end(order, actor=actor, reason=reason)
            async with self._context.ledger.transaction() as tx:
                now = await tx.order(order.order_id)
            results.append(_result(now or order))
        return tuple(results)

    async def flatten(self, click: Click) -> Flattened | Denied | ClickOutcome:
        """Offer one ticket that sells everything sellable. Raises BrokerError.

        What a rule forbids is left out and named; a Denied says why nothing can be offered.
        """
        if not self._approver.is_allowed(click):
            return await self._approver.refuse(click, "flatten")
        if not self._context.broker.identity.mode.may_send_orders:
            return ClickOutcome.OBSERVE_ONLY
        async with self._one_at_a_time:
            return await self._offer(click)

    async def _offer(self, click: Click) -> Flattened | Denied | ClickOutcome:
        sellable = (await self.exposure()).sellable
        if not sellable:
            return ClickOutcome.NOTHING_HELD
        waiting = await self._waiting_exits()
        covered = Counter[str]()
        for leg in (leg for ticket in waiting for leg in ticket.legs):
            covered[leg.envelope.symbol] += leg.envelope.quantity_max
        # Half that waits is no way out of the whole; what is sold twice the gate reduces.
        legs = tuple(self._leg(item) for item in sellable if covered[item.symbol] < item.sellable)
        if not legs:
            return Flattened(ticket=waiting[-1], left_out=(), is_new=False)
        denied = await self._presenter.preview(self._proposal(legs, click))
        left_out = denied.violations if denied else ()
        forbidden = {item.symbol for item in left_out}
        kept = tuple(leg for leg in legs if leg.symbol not in forbidden)
        # A rule that names no symbol is broken by all of them.
        if "" in forbidden or not kept:
            return Denied(violations=left_out)
        await self._note(click, "orders.flatten", {"symbols": [leg.symbol for leg in kept]})
        offered = await self._presenter.propose(self._proposal(kept, click))
        if isinstance(offered, Denied):
            return offered
        return Flattened(ticket=offered, left_out=left_out)

    def _proposal(self, legs: tuple[DraftLeg, ...], click: Click) -> Proposal:
        reason = self._context.phrases.say("orders.reason_flatten", name=click.user_name)
        return Proposal(author=Author.PERSON, kind=TicketKind.EXIT, legs=legs, reason=reason)

    def _leg(self, position: Position) -> DraftLeg:
        # A name that is not in the universe is nowhere else on the ticket.
        known = self._context.market.instrument(position.symbol) is not None
        return DraftLeg(
            symbol=position.symbol,
            side=Side.SELL,
            quantity=position.sellable,
            reason=""
            if known
            else self._context.phrases.say("orders.reason_flatten_other", name=position.name),
        )

    async def _waiting_exits(self) -> list[Ticket]:
        now = self._context.clock.now()
        async with self._context.ledger.transaction() as tx:
            shown = await tx.tickets_in({TicketState.PRESENTED})
        return [
            ticket
            for ticket in shown
            if ticket.kind is TicketKind.EXIT
            and ticket.expires_at > now
            and all(leg.envelope.side is Side.SELL for leg in ticket.legs)
        ]

    async def _open_orders(self) -> tuple[Order, ...]:
        async with self._context.ledger.transaction() as tx:
            return await tx.orders_in(WAITING_STATES | LIVE_STATES)

    async def _note(self, click: Click, kind: str, facts: dict[str, object]) -> None:
        entry = JournalEntry(
            at=self._context.clock.now(),
            kind=kind,
            actor=str(click.user_id),
            subject=EVERYTHING,
            facts={"name": click.user_name, "interaction": click.interaction_id, **facts},
        )
        async with self._context.ledger.transaction() as tx:
            await tx.append_journal(entry)


def _result(order: Order) -> CancelResult:
    if order.state is OrderState.BLOCKED:
        fate = CancelFate.DROPPED
    elif order.state is OrderState.CANCEL_PENDING:
        fate = CancelFate.REQUESTED
    elif order.state in END_STATES:
        fate = CancelFate.ENDED
    elif order.state in {OrderState.WORKING, OrderState.PARTIAL} | WAITING_STATES:
        fate = CancelFate.NOT_TAKEN
    else:
        fate = CancelFate.IN_DOUBT
    return CancelResult(order=order, fate=fate)
