"""A ticket and those that came in its place: edited by a person, or offered anew."""

from __future__ import annotations

from core.domain.tickets import Ticket
from core.ports.ledger import LedgerTransaction

# A ticket may be edited, or offered anew, this often before the rest is not looked at.
SUCCESSORS_MAX = 50
# Journal lines that name the ticket that came in place of another one.
_SUCCESSION = frozenset({"ticket.superseded", "ticket.offered_again"})


async def line_of(books: LedgerTransaction, first: str) -> tuple[Ticket, ...]:
    """Return the ticket `first` and every one that came in its place, as far as they are stored."""
    waiting, seen = [first], {""}
    found = []
    while waiting and len(seen) <= SUCCESSORS_MAX:
        ticket_id = waiting.pop()
        if ticket_id in seen:
            continue
        seen.add(ticket_id)
        ticket = await books.ticket(ticket_id)
        if ticket is None:
            continue
        found.append(ticket)
        lines = await books.journal_of(ticket_id)
        waiting += [str(line.facts.get("by", "")) for line in lines if line.kind in _SUCCESSION]
    return tuple(found)
