"""✅ and ❌: one press decides, in one transaction, and only a named person's."""

from __future__ import annotations

from core.domain.journal import JournalEntry
from core.domain.modes import TradingState
from core.domain.orders import Order, OrderState
from core.domain.tickets import Approval, Ticket, TicketState
from core.errors import StaleState
from core.ports.ledger import LedgerTransaction
from core.services.orders.context import DeskContext
from core.services.orders.facts import FactReader
from core.services.orders.fair_values import OVERRIDDEN, is_overridable
from core.services.orders.records import mark_records
from core.services.orders.values import Click, ClickOutcome


class Approver:
    """Decides tickets."""

    def __init__(self, context: DeskContext, facts: FactReader) -> None:
        """Keep the ports."""
        self._context = context
        self._facts = facts

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

    async def approve(self, click: Click, *, overrides: bool = False) -> ClickOutcome:
        """Compare-and-set PRESENTED → APPROVED and create the orders, once."""
        if not self.is_allowed(click):
            return await self.refuse(click, "approve")
        if not self._context.broker.identity.mode.may_send_orders:
            return ClickOutcome.OBSERVE_ONLY
        try:
            async with self._context.ledger.transaction() as tx:
                if (await self._context.switch.within(tx)).state is TradingState.HALTED:
                    return ClickOutcome.TRADING_HALTED
                outcome = await self._approve(tx, click, overrides=overrides)
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
                problem = self._problem(ticket, click)
                if ticket is None or problem is not None:
                    return problem or ClickOutcome.UNKNOWN_TICKET
                await self._decide(tx, ticket, TicketState.DECLINED, click)
        except StaleState:
            return ClickOutcome.ALREADY_DECIDED
        self._context.publishing_bell.ring()
        return ClickOutcome.DECLINED

    async def refuse(self, click: Click, action: str) -> ClickOutcome:
        """Write down a press by somebody who may not."""
        async with self._context.ledger.transaction() as tx:
            await tx.append_journal(
                JournalEntry(
                    at=self._context.clock.now(),
                    kind="ticket.press_refused",
                    actor=str(click.user_id),
                    subject=click.ticket_id,
                    facts={
                        "action": action,
                        "name": click.user_name,
                        "guild": click.guild_id,
                        "interaction": click.interaction_id,
                    },
                )
            )
        return ClickOutcome.NOT_ALLOWED

    def _problem(self, ticket: Ticket | None, click: Click) -> ClickOutcome | None:
        """Return why this press cannot decide this ticket."""
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
        self, tx: LedgerTransaction, click: Click, *, overrides: bool
    ) -> ClickOutcome:
        ticket = await tx.ticket(click.ticket_id)
        problem = self._problem(ticket, click)
        if ticket is None or problem is not None:
            return problem or ClickOutcome.UNKNOWN_TICKET
        if ticket.mode is not self._context.broker.identity.mode:
            # Shown in one mode and pressed in another: what was read was not about real money.
            return ClickOutcome.OBSERVE_ONLY
        if ticket.hashed() != ticket.payload_hash:
            # The stored terms are not what was shown: nobody can have approved them.
            await self._decide(tx, ticket, TicketState.INVALIDATED, click)
            return ClickOutcome.ERROR
        if overrides and not await is_overridable(tx, ticket.ticket_id):
            return ClickOutcome.ERROR
        now = self._context.clock.now()
        approval = Approval(
            ticket_id=ticket.ticket_id,
            actor_id=click.user_id,
            actor_name=click.user_name,
            interaction_id=click.interaction_id,
            message_id=click.message_id,
            clicked_at=click.clicked_at,
            payload_hash=ticket.payload_hash,
        )
        if not await tx.insert_approval(approval):
            return ClickOutcome.ALREADY_DECIDED
        await self._decide(tx, ticket, TicketState.APPROVED, click, overrides=overrides)
        for leg in ticket.legs:
            await tx.insert_order(
                Order(
                    order_id=f"{ticket.ticket_id}-{leg.number}",
                    ticket_id=ticket.ticket_id,
                    leg=leg.number,
                    envelope=leg.envelope,
                    state=OrderState.CREATED,
                    created_at=now,
                    updated_at=now,
                )
            )
        hours = await self._facts.hours()
        waiting = hours is None or now < hours.execution_window()[0]
        return ClickOutcome.APPROVED_QUEUED if waiting else ClickOutcome.APPROVED

    async def _decide(
        self,
        tx: LedgerTransaction,
        ticket: Ticket,
        state: TicketState,
        click: Click,
        *,
        overrides: bool = False,
    ) -> None:
        await tx.move_ticket(ticket.ticket_id, TicketState.PRESENTED, state)
        await mark_records(tx, ticket, state)
        await tx.append_journal(
            JournalEntry(
                at=self._context.clock.now(),
                kind=f"ticket.{state.value.lower()}",
                actor=str(click.user_id),
                subject=ticket.ticket_id,
                facts={
                    "name": click.user_name,
                    "interaction": click.interaction_id,
                    "clicked_at": click.clicked_at.isoformat(),
                    "message": click.message_id,
                    "hash": ticket.payload_hash,
                    **({OVERRIDDEN: True} if overrides else {}),
                },
            )
        )
