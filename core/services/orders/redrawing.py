"""A ticket drawn over another one's message: a ✅ counts once there was time to read it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from core.domain.journal import JournalEntry
from core.domain.shown import PRESENTED_LINE
from core.domain.tickets import Ticket, TicketState
from core.ports.ledger import LedgerTransaction
from core.services.orders.values import Click

# A hand that is on its way to ✅ when the terms below it change is there within a second or so.
READING_TIME = timedelta(seconds=3)
# A fact of ``ticket.presented``: its message showed another ticket before.
TAKES_OVER = "takes_over"
REDRAWN_LINE = "ticket.redrawn"


async def note_redrawn(tx: LedgerTransaction, ticket: Ticket, at: datetime) -> None:
    """Write down that the message shows `ticket` since `at`, where it showed another one before."""
    if ticket.state is not TicketState.PRESENTED:
        return
    if _takes_over(await tx.journal_of(ticket.ticket_id)):
        await tx.append_journal(
            JournalEntry(at=at, kind=REDRAWN_LINE, actor="desk", subject=ticket.ticket_id, facts={})
        )


async def is_too_soon(tx: LedgerTransaction, ticket_id: str, click: Click, now: datetime) -> bool:
    """Whether a press may have been meant for what the message showed before.

    As long as nobody knows that the message shows this ticket, every press may have been. Both
    clocks must agree that there was time: the press's own and ours.
    """
    lines = await tx.journal_of(ticket_id)
    if not _takes_over(lines):
        return False
    drawn = [line.at for line in lines if line.kind == REDRAWN_LINE]
    return not drawn or min(click.clicked_at, now) < max(drawn) + READING_TIME


def _takes_over(lines: Iterable[JournalEntry]) -> bool:
    return any(line.kind == PRESENTED_LINE and TAKES_OVER in line.facts for line in lines)
