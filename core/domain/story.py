"""Everything that is written down about one ticket or order, in one value: the answer to "why"."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.journal import JournalEntry, TradeRecord
from core.domain.orders import Attempt, FillObservation, Order, WireRecord
from core.domain.tickets import Approval, Ticket

# Facts of the journal line in which an answer of the broker is stored.
FACT_REQUEST = "request"
FACT_ANSWER = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStory:
    """One order with its write-ahead record, fills and every step it took, oldest first.

    `record` keeps reason, market and portfolio as they were when it was proposed.
    """

    order: Order
    attempt: Attempt | None
    fills: tuple[FillObservation, ...]
    record: TradeRecord | None
    lines: tuple[JournalEntry, ...]

    @property
    def wire(self) -> WireRecord | None:
        """Return what was posted and what came back (redacted), or None when nothing was."""
        for line in self.lines:
            if FACT_ANSWER in line.facts:
                return WireRecord(
                    request=str(line.facts.get(FACT_REQUEST, "")),
                    answer=str(line.facts[FACT_ANSWER]),
                )
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What led to a ticket and what came of it.

    `subject` is the id that was asked for: a ticket's, an order's (then `orders` holds that one
    only), or any other subject of the journal (then `ticket` is None). `lines` are the journal's
    about the ticket or subject itself; `records` those of legs that became no order.
    """

    subject: str
    ticket: Ticket | None
    approval: Approval | None
    orders: tuple[OrderStory, ...]
    records: tuple[TradeRecord, ...]
    lines: tuple[JournalEntry, ...]

    @property
    def builds(self) -> tuple[str, ...]:
        """Return the builds of the programs that wrote the lines, in order of appearance."""
        lines = [*self.lines, *(line for order in self.orders for line in order.lines)]
        lines.sort(key=lambda line: line.at)
        return tuple(dict.fromkeys(line.build for line in lines if line.build))
