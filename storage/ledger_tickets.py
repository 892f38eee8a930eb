"""Tickets and approvals inside one ledger transaction."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Executable, RowMapping, bindparam, select, update

from core.domain.tickets import Approval, Ticket, TicketState
from core.errors import StaleState
from storage.records import approval_values, leg_values, ticket_of, ticket_values
from storage.schema import approvals, ticket_legs, tickets
from storage.statements import Statements, Values

# What a row of both tables has of the leg; both have a reason.
_LEG_COLUMNS = [
    ticket_legs.c.reason.label("leg_reason"),
    *(column for column in ticket_legs.c if column.name not in tickets.c),
]
_ALL = (
    select(tickets, *_LEG_COLUMNS)
    .outerjoin(ticket_legs, ticket_legs.c.ticket_id == tickets.c.ticket_id)
    .order_by(tickets.c.created_at, tickets.c.ticket_id, ticket_legs.c.number)
)
_ONE = _ALL.where(tickets.c.ticket_id == bindparam("ticket_id"))
_IN_STATES = _ALL.where(tickets.c.state.in_(bindparam("states", expanding=True)))
_UNPUBLISHED = _ALL.where(tickets.c.version > tickets.c.published_version)
_MOVE = (
    update(tickets)
    .where(tickets.c.ticket_id == bindparam("moved_id"), tickets.c.state == bindparam("old"))
    .values(
        state=bindparam("state"),
        state_reason=bindparam("state_reason"),
        version=tickets.c.version + 1,
    )
)
_PLACE = select(tickets.c.state, tickets.c.message_id).where(
    tickets.c.ticket_id == bindparam("ticket_id")
)
_APPROVAL = select(approvals).where(approvals.c.ticket_id == bindparam("ticket_id"))


class TicketRows:
    """The ticket half of `LedgerTransaction`."""

    _sql: Statements

    async def insert_ticket(self, ticket: Ticket) -> None:
        """Store a new ticket with its legs."""
        await self._sql.insert(tickets, ticket_values(ticket))
        rows = [leg_values(ticket.ticket_id, leg) for leg in ticket.legs]
        await self._sql.insert_many(ticket_legs, rows)

    async def ticket(self, ticket_id: str) -> Ticket | None:
        """Return one ticket."""
        found = await self._tickets(_ONE, {"ticket_id": ticket_id})
        return found[0] if found else None

    async def tickets_in(self, states: Collection[TicketState]) -> tuple[Ticket, ...]:
        """Return the tickets in `states`, oldest first."""
        return await self._tickets(_IN_STATES, {"states": list(states)})

    async def tickets_shown_in(self, channel_id: int) -> tuple[str, ...]:
        """Return the ids of the tickets of one channel or thread, oldest first."""
        rows = await self._sql.rows(
            select(tickets.c.ticket_id)
            .where(tickets.c.channel_id == channel_id)
            .order_by(tickets.c.created_at, tickets.c.ticket_id)
        )
        return tuple(row["ticket_id"] for row in rows)

    async def move_ticket(
        self, ticket_id: str, old: TicketState, new: TicketState, reason: str = ""
    ) -> None:
        """Compare-and-set the state and raise the version. Raises StaleState."""
        moved = await self._sql.changed(
            _MOVE, {"moved_id": ticket_id, "old": old, "state": new, "state_reason": reason}
        )
        if not moved:
            raise StaleState(f"ticket {ticket_id} is not {old.value} any more")

    async def touch_ticket(self, ticket_id: str) -> None:
        """Raise the version, so that the message is rendered again."""
        await self._sql.run(
            update(tickets)
            .where(tickets.c.ticket_id == ticket_id)
            .values(version=tickets.c.version + 1)
        )

    async def unpublished_tickets(self) -> tuple[Ticket, ...]:
        """Return the tickets whose newest version no message shows yet, oldest first."""
        return await self._tickets(_UNPUBLISHED, {})

    async def leave_message(self, ticket_id: str) -> None:
        """Forget which message showed the ticket, and that there is anything to show of it."""
        await self._sql.run(
            update(tickets)
            .where(tickets.c.ticket_id == ticket_id)
            .values(message_id=None, published_version=tickets.c.version)
        )

    async def mark_published(
        self, ticket_id: str, version: int, channel_id: int, message_id: int
    ) -> None:
        """Note that the message shows `version`, also where a newer one was noted before.

        Raises StaleState when there is no such ticket.
        """
        row = await self._sql.row(_PLACE, {"ticket_id": ticket_id})
        if row is None:
            raise StaleState(f"ticket {ticket_id} does not exist")
        has_left = row["state"] is TicketState.SUPERSEDED and row["message_id"] is None
        if has_left and await self._show_heir_again(ticket_id, message_id):
            # Nothing of this one is to be seen any more, whatever its version.
            return
        await self._sql.run(
            update(tickets)
            .where(tickets.c.ticket_id == ticket_id)
            .values(published_version=version, channel_id=channel_id, message_id=message_id)
        )

    async def doubt_published(
        self, ticket_id: str, version: int, message_id: int | None = None
    ) -> None:
        """Note that the message may show `version`: what is noted as shown is shown again."""
        await self._sql.run(
            update(tickets)
            .where(
                tickets.c.ticket_id == ticket_id,
                tickets.c.published_version > version,
                # One that left its message has nothing to show.
                tickets.c.message_id.is_not(None),
            )
            .values(published_version=version)
        )
        if message_id is not None:
            await self._show_heir_again(ticket_id, message_id)

    async def _show_heir_again(self, ticket_id: str, message_id: int) -> int:
        """Raise the version of the other ticket that this message belongs to, if there is one."""
        return await self._sql.changed(
            update(tickets)
            .where(tickets.c.message_id == message_id, tickets.c.ticket_id != ticket_id)
            .values(version=tickets.c.version + 1)
        )

    async def insert_approval(self, approval: Approval) -> bool:
        """Store an approval. Return False when its interaction, or its ticket, already has one."""
        return await self._sql.insert_once(approvals, approval_values(approval))

    async def approval_of(self, ticket_id: str) -> Approval | None:
        """Return who approved the ticket."""
        row = await self._sql.row(_APPROVAL, {"ticket_id": ticket_id})
        return None if row is None else Approval(**row)

    async def _tickets(self, statement: Executable, values: Values) -> tuple[Ticket, ...]:
        """Return tickets with their legs: one row per leg, and one of a ticket without any."""
        found: dict[str, list[RowMapping]] = {}
        for row in await self._sql.rows(statement, values):
            found.setdefault(row["ticket_id"], []).append(row)
        return tuple(ticket_of(rows) for rows in found.values())
