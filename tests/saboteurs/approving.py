"""Defects around the press of a button."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import delete, update

from core.domain.tickets import TicketState
from core.services.orders import presenting
from core.services.orders.approving import Approver
from core.services.orders.closing import Deadlines
from core.services.orders.desk import OrderDesk
from core.services.orders.revising import Reviser
from core.services.orders.values import Click, ClickOutcome
from storage.ledger import SqlLedgerTransaction
from storage.schema import ticket_legs, tickets
from tests.saboteurs.saboteur import Swap, saboteur

_problem = Approver.problem


def _blind(change):
    """Judge the press after `change` made it, or the ticket, look right."""

    def problem(self, ticket, click):
        if ticket is None:
            return _problem(self, ticket, click)
        seen, pressed = change(self, ticket, click)
        return _problem(self, seen, pressed)

    return Swap(Approver, "problem", problem)


@saboteur
def anybody_may_approve():
    """Lets strangers press."""
    return [Swap(Approver, "is_allowed", lambda self, click: True)]


@saboteur
def any_guild_will_do():
    """Does not look where the button was pressed."""

    def is_allowed(self, click):
        return click.user_id in self._context.policy.approver_ids

    return [Swap(Approver, "is_allowed", is_allowed)]


@saboteur
def any_message_will_do():
    """Takes a press on another message for one on this ticket."""
    return [
        _blind(
            lambda self, ticket, click: (ticket, replace(click, message_id=ticket.message_id or 0))
        )
    ]


@saboteur
def press_after_expiry():
    """Takes a press after the ticket's time."""

    def change(self, ticket, click):
        state = TicketState.PRESENTED if ticket.state is TicketState.EXPIRED else ticket.state
        late = max(click.clicked_at, self._context.clock.now())
        return replace(ticket, state=state, expires_at=max(ticket.expires_at, late)), click

    async def nothing(self):
        """Nobody expires tickets."""

    return [_blind(change), Swap(Deadlines, "expire_tickets", nothing)]


@saboteur
def decided_ticket_is_decided_again():
    """Takes a second decision on a ticket, and the compare-and-set with it."""

    def change(self, ticket, click):
        return replace(ticket, state=TicketState.PRESENTED), click

    async def move_ticket(self, ticket_id, old, new, reason=""):
        await self._sql.run(
            update(tickets)
            .where(tickets.c.ticket_id == ticket_id)
            .values(state=new, state_reason=reason, version=tickets.c.version + 1)
        )

    return [_blind(change), Swap(SqlLedgerTransaction, "move_ticket", move_ticket)]


@saboteur
def no_means_yes():
    """Takes ❌ for ✅."""
    return [Swap(Approver, "decline", Approver.approve)]


@saboteur
def approves_by_itself():
    """Approves what was proposed, without anybody's press."""
    built = OrderDesk.__init__

    def init(self, context, surface, alerts):
        built(self, context, surface, alerts)
        propose = self._presenter.propose

        async def proposed(*args, **values):
            made = await propose(*args, **values)
            ticket_id = getattr(made, "ticket_id", "")
            if ticket_id:
                await self._approver.approve(_invented(context, ticket_id))
            return made

        self.propose = proposed

    return [Swap(OrderDesk, "__init__", init)]


def _invented(context, ticket_id):
    return Click(
        ticket_id=ticket_id,
        interaction_id=1,
        user_id=min(context.policy.approver_ids),
        user_name="자동",
        guild_id=context.policy.guild_id,
        channel_id=70,
        message_id=0,
        clicked_at=context.clock.now(),
    )


@saboteur
def leg_is_taken_out_of_the_shown_ticket():
    """Changes the legs of a ticket and keeps its id: a ✅ on the old screen approves the new legs."""

    async def toggle(self, click, number):
        async with self._context.ledger.transaction() as tx:
            old = await tx.ticket(click.ticket_id)
            legs = tuple(leg for leg in old.legs if leg.number != number)
            if old.state is not TicketState.PRESENTED or not legs or legs == old.legs:
                return ClickOutcome.ERROR
            await tx._sql.run(
                delete(ticket_legs).where(
                    ticket_legs.c.ticket_id == old.ticket_id, ticket_legs.c.number == number
                )
            )
            hashed = replace(old, legs=legs).hashed()
            await tx._sql.run(
                update(tickets)
                .where(tickets.c.ticket_id == old.ticket_id)
                .values(payload_hash=hashed, version=tickets.c.version + 1)
            )
        self._context.publishing_bell.ring()
        return ClickOutcome.ERROR

    return [Swap(Reviser, "toggle", toggle)]


@saboteur
def replaced_ticket_stays_open():
    """Shows a ticket over another one and leaves that one to be approved by who saw it."""

    async def supersede(tx, old, new, actor):
        if new.message_id is not None:
            await tx.leave_message(old.ticket_id)

    return [Swap(presenting, "supersede", supersede)]


@saboteur
def approval_of_other_terms():
    """Stores an approval for another payload than the one that was shown."""
    insert = SqlLedgerTransaction.insert_approval

    async def insert_approval(self, approval):
        return await insert(self, replace(approval, payload_hash="t1:" + "0" * 64))

    return [Swap(SqlLedgerTransaction, "insert_approval", insert_approval)]


@saboteur
def wrong_person_is_noted():
    """Writes down somebody else as the one who pressed."""
    insert = SqlLedgerTransaction.insert_approval

    async def insert_approval(self, approval):
        return await insert(self, replace(approval, actor_id=approval.actor_id + 1))

    return [Swap(SqlLedgerTransaction, "insert_approval", insert_approval)]
