"""What a restored, older copy of the ledger must no longer ask for or send.

The copy does not know what was pressed and sent since it was made. `core.services.orders.restoring`
finds what the broker's list of today shows; what an earlier day saw, no list shows any more. So
nothing of the copy is waited for: its tickets expire, and what it had not sent is not sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.domain.journal import JournalEntry
from core.domain.modes import SETTING_TRADING_STATE, TradingState
from core.domain.orders import WAITING_STATES, OrderState
from core.domain.tickets import TicketState
from core.ports.ledger import LedgerTransaction
from core.services.orders.records import mark_records
from core.services.orders.transitions import Step, move, with_state

RESTORED = "database.restored"
SUBJECT = "database"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was ended in the copy."""

    tickets: int
    orders: int


async def quieten(
    tx: LedgerTransaction, *, at: datetime, actor: str, reason: str, source: str, replaced: str
) -> Restored:
    """Halt the copy, end what waits in it, and journal what it came from and what it replaces.

    `source` names the backup, `replaced` the ``line:hash`` at which the replaced journal ended (""
    when nobody can read it).
    """
    waiting = await tx.orders_in(WAITING_STATES)
    for order in waiting:
        step = Step(at=at, actor=actor, facts={"restored": source})
        await move(tx, order, with_state(order, OrderState.BLOCKED, reason), step)
    shown = await tx.tickets_in({TicketState.PRESENTED})
    for ticket in shown:
        await tx.move_ticket(ticket.ticket_id, TicketState.PRESENTED, TicketState.EXPIRED, reason)
        await mark_records(tx, ticket, TicketState.EXPIRED)
        await tx.append_journal(
            JournalEntry(
                at=at,
                kind="ticket.expired",
                actor=actor,
                subject=ticket.ticket_id,
                facts={"restored": source},
            )
        )
    await tx.put_setting(SETTING_TRADING_STATE, TradingState.HALTED.value)
    await tx.append_journal(
        JournalEntry(
            at=at,
            kind=RESTORED,
            actor=actor,
            subject=SUBJECT,
            facts={
                "source": source,
                "replaced": replaced,
                "tickets": len(shown),
                "orders": len(waiting),
            },
        )
    )
    return Restored(tickets=len(shown), orders=len(waiting))
