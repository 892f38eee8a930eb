"""✅ and ❌: one press decides, in one transaction, and only a named person's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.domain.journal import JournalEntry
from core.domain.krx import KST
from core.domain.modes import TradingState
from core.domain.orders import Order, OrderState
from core.domain.refusals import Refusals
from core.domain.standing import StandingGap, StandingStop, StopReached
from core.domain.tickets import Approval, Ticket, TicketState, advance_id
from core.errors import StaleState
from core.ports.ledger import LedgerTransaction
from core.services.orders.context import DeskContext
from core.services.orders.facts import FactReader
from core.services.orders.fair_values import OVERRIDDEN, is_overridable
from core.services.orders.records import mark_records
from core.services.orders.redrawing import is_too_soon
from core.services.orders.standing import (
    covering_stops,
    good_stops,
    grant_stops,
    offered_stops,
    revoke_stops,
    use_stops,
)
from core.services.orders.values import Click, ClickOutcome

# Facts of ``ticket.approved``: a stop was granted with it, or it was approved in advance.
GRANTS = "grants_stop"
IN_ADVANCE = "in_advance"


class Approver:
    """Decides tickets."""

    def __init__(self, context: DeskContext, facts: FactReader) -> None:
        """Keep the ports."""
        self._context = context
        self._facts = facts
        # Of presses on a ticket more is kept: whether somebody tried to approve is asked later.
        self._refusals = Refusals(singles=50, singles_of_all=1_000)

    def is_allowed(self, click: Click) -> bool:
        """Whether this person may decide here."""
        policy = self._context.policy
        places = policy.channel_ids
        is_place = places is None or not places.isdisjoint({click.channel_id, click.parent_id})
        may = click.user_id in policy.approver_ids | policy.owner_ids
        return may and is_place and click.guild_id == policy.guild_id

    def is_owner(self, click: Click) -> bool:
        """Whether this person may do here what only owners may; without owners, approvers may."""
        owners = self._context.policy.owner_ids or self._context.policy.approver_ids
        return click.user_id in owners and self.is_allowed(click)

    async def override(self, click: Click) -> ClickOutcome:
        """Approve knowing what the ticket says of its iNAV; ERROR where it says nothing."""
        return await self.approve(click, overrides=True)

    async def approve_with_stop(self, click: Click) -> ClickOutcome:
        """Approve, and with it the stop that the ticket offers; ERROR where it offers none."""
        return await self.approve(click, grants=True)

    async def approve(
        self, click: Click, *, overrides: bool = False, grants: bool = False
    ) -> ClickOutcome:
        """Compare-and-set PRESENTED → APPROVED and create the orders, once."""
        if not self.is_allowed(click):
            return await self.refuse(click, "approve")
        if not self._context.broker.identity.mode.may_send_orders:
            return ClickOutcome.OBSERVE_ONLY
        try:
            async with self._context.ledger.transaction() as tx:
                if (await self._context.switch.within(tx)).state is TradingState.HALTED:
                    return ClickOutcome.TRADING_HALTED
                outcome = await self._approve(tx, click, overrides=overrides, grants=grants)
        except StaleState:
            return ClickOutcome.ALREADY_DECIDED
        self._context.execution_bell.ring()
        self._context.publishing_bell.ring()
        return outcome

    async def decline(self, click: Click) -> ClickOutcome:
        """Compare-and-set PRESENTED → DECLINED."""
        if not self.is_allowed(click):
            return await self.refuse(click, "decline")
        try:
            async with self._context.ledger.transaction() as tx:
                ticket = await tx.ticket(click.ticket_id)
                problem = self.problem(ticket, click)
                if ticket is None or problem is not None:
                    return problem or ClickOutcome.UNKNOWN_TICKET
                await self._press_decides(tx, ticket, TicketState.DECLINED, click)
        except StaleState:
            return ClickOutcome.ALREADY_DECIDED
        self._context.publishing_bell.ring()
        return ClickOutcome.DECLINED

    async def approve_in_advance(
        self, tx: LedgerTransaction, ticket: Ticket, reached: StopReached
    ) -> StandingGap | None:
        """Approve an exit ticket, just stored in `tx`, by the stop that a person granted before.

        Returns why it waits for a ✅ of its own, or None when it is approved. Gate and arm judge the
        order like any other. Raises StaleState when it was decided already.
        """
        context, policy = self._context, self._context.policy
        if ticket.mode is not context.broker.identity.mode or not ticket.mode.may_send_orders:
            return StandingGap.NONE
        if (await context.switch.within(tx)).state is TradingState.HALTED:
            return StandingGap.HALTED
        now, approvers = context.clock.now(), policy.approver_ids | policy.owner_ids
        stops = await covering_stops(tx, ticket, reached, now, approvers)
        if isinstance(stops, StandingGap):
            return stops
        newest = max(stops, key=lambda item: item.granted_at or now)
        approval = Approval(
            ticket_id=ticket.ticket_id,
            actor_id=newest.actor_id,
            actor_name=newest.actor_name,
            interaction_id=advance_id(ticket.ticket_id),
            message_id=0,
            clicked_at=newest.granted_at or now,
            payload_hash=ticket.payload_hash,
        )
        entries = [f"{item.ticket_id}-{item.leg}" for item in stops]
        if not await self._take(tx, ticket, approval, {IN_ADVANCE: entries}):
            raise StaleState(f"{ticket.ticket_id} was approved already")
        await use_stops(tx, stops, ticket, now)
        return None

    async def revoke_stop(self, click: Click) -> ClickOutcome:
        """End at once what was approved in advance with the ticket of `click`."""
        if not self.is_allowed(click):
            return await self.refuse(click, "revoke_stop")
        async with self._context.ledger.transaction() as tx:
            ended = await revoke_stops(tx, click.ticket_id, click, self._context.clock.now())
        self._context.publishing_bell.ring()
        return ClickOutcome.STANDING_REVOKED if ended else ClickOutcome.NOTHING_STANDING

    async def standing_stops(self) -> tuple[StandingStop, ...]:
        """Return every stop approved in advance that is still good."""
        today = self._context.clock.now().astimezone(KST).date()
        async with self._context.ledger.transaction() as tx:
            return await good_stops(tx, today)

    async def refuse(self, click: Click, action: str) -> ClickOutcome:
        """Write down a press by somebody who may not; of one who goes on, ever more seldom."""
        now = self._context.clock.now()
        times = self._refusals.to_be_written(click.user_id, now)
        if times is None:
            return ClickOutcome.NOT_ALLOWED
        async with self._context.ledger.transaction() as tx:
            await tx.append_journal(
                JournalEntry(
                    at=now,
                    kind="ticket.press_refused",
                    actor=str(click.user_id),
                    subject=click.ticket_id,
                    facts={
                        "action": action,
                        "name": click.user_name,
                        "guild": click.guild_id,
                        "interaction": click.interaction_id,
                        "times": times,
                    },
                )
            )
        return ClickOutcome.NOT_ALLOWED

    def problem(self, ticket: Ticket | None, click: Click) -> ClickOutcome | None:
        """Return why this press cannot decide, or change, this ticket."""
        if ticket is None:
            return ClickOutcome.UNKNOWN_TICKET
        # The message id is unknown only when the process died between sending and noting it.
        if ticket.message_id is not None and ticket.message_id != click.message_id:
            return ClickOutcome.WRONG_MESSAGE
        if ticket.state is TicketState.EXPIRED:
            return ClickOutcome.EXPIRED
        if ticket.state is not TicketState.PRESENTED:
            return ClickOutcome.ALREADY_DECIDED
        # Both clocks must agree that it is in time: the press's own and ours.
        if max(click.clicked_at, self._context.clock.now()) > ticket.expires_at:
            return ClickOutcome.EXPIRED
        return None

    async def _approve(
        self, tx: LedgerTransaction, click: Click, *, overrides: bool, grants: bool
    ) -> ClickOutcome:
        ticket = await tx.ticket(click.ticket_id)
        problem = self.problem(ticket, click)
        if ticket is None or problem is not None:
            return problem or ClickOutcome.UNKNOWN_TICKET
        if ticket.mode is not self._context.broker.identity.mode:
            # Shown in one mode and pressed in another: what was read was not about real money.
            return ClickOutcome.OBSERVE_ONLY
        if ticket.hashed() != ticket.payload_hash:
            # The stored terms are not what was shown: nobody can have approved them.
            await self._press_decides(tx, ticket, TicketState.INVALIDATED, click)
            return ClickOutcome.ERROR
        stops = await offered_stops(tx, ticket.ticket_id) if grants else ()
        lacks = overrides and not await is_overridable(tx, ticket.ticket_id)
        now = self._context.clock.now()
        too_soon = await is_too_soon(tx, ticket.ticket_id, click, now)
        if too_soon or lacks or (grants and not stops):
            return ClickOutcome.JUST_CHANGED if too_soon else ClickOutcome.ERROR
        approval = Approval(
            ticket_id=ticket.ticket_id,
            actor_id=click.user_id,
            actor_name=click.user_name,
            interaction_id=click.interaction_id,
            message_id=click.message_id,
            clicked_at=click.clicked_at,
            payload_hash=ticket.payload_hash,
        )
        facts = {
            **_press_facts(click),
            **({OVERRIDDEN: True} if overrides else {}),
            **({GRANTS: True} if grants else {}),
        }
        if not await self._take(tx, ticket, approval, facts):
            return ClickOutcome.ALREADY_DECIDED
        await grant_stops(tx, stops, click, now)
        hours = await self._facts.hours()
        waiting = hours is None or now < hours.execution_window()[0]
        return ClickOutcome.APPROVED_QUEUED if waiting else ClickOutcome.APPROVED

    async def _take(
        self,
        tx: LedgerTransaction,
        ticket: Ticket,
        approval: Approval,
        facts: Mapping[str, object],
    ) -> bool:
        """Store the approval and the orders that it makes; False when there was one.

        Nobody may be looking where it was given in advance: its orders end with their ticket,
        before the price that called for them is an old one.
        """
        if not await tx.insert_approval(approval):
            return False
        await self._decide(tx, ticket, TicketState.APPROVED, approval.actor_id, facts)
        now = self._context.clock.now()
        for leg in ticket.legs:
            until = leg.envelope.good_until
            if approval.is_in_advance:
                until = min(until, ticket.expires_at)
            await tx.insert_order(
                Order(
                    order_id=f"{ticket.ticket_id}-{leg.number}",
                    ticket_id=ticket.ticket_id,
                    leg=leg.number,
                    envelope=replace(leg.envelope, good_until=until),
                    state=OrderState.CREATED,
                    created_at=now,
                    updated_at=now,
                )
            )
        return True

    async def _press_decides(
        self, tx: LedgerTransaction, ticket: Ticket, state: TicketState, click: Click
    ) -> None:
        await self._decide(tx, ticket, state, click.user_id, _press_facts(click))

    async def _decide(
        self,
        tx: LedgerTransaction,
        ticket: Ticket,
        state: TicketState,
        actor_id: int,
        facts: Mapping[str, object],
    ) -> None:
        await tx.move_ticket(ticket.ticket_id, TicketState.PRESENTED, state)
        await mark_records(tx, ticket, state)
        await tx.append_journal(
            JournalEntry(
                at=self._context.clock.now(),
                kind=f"ticket.{state.value.lower()}",
                actor=str(actor_id),
                subject=ticket.ticket_id,
                facts={**facts, "hash": ticket.payload_hash},
            )
        )


def _press_facts(click: Click) -> dict[str, object]:
    return {
        "name": click.user_name,
        "interaction": click.interaction_id,
        "clicked_at": click.clicked_at.isoformat(),
        "message": click.message_id,
    }
