"""What is written down about every decision, and what each trade will be judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

# A trading day whose closing report ran; the subject is the day.
DAY_CLOSED = "day.closed"
# Subject of the lines about cash that the trades do not explain.
CASH_SUBJECT = "cash"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One line of the append-only journal. `facts` is JSON-able and holds no secret.

    `kind` is dotted (``order.armed``, ``ticket.approved``, ``cycle.step``); `subject` is the id
    it is about. `build` names the program that wrote it; the ledger fills it in.
    """

    at: datetime
    kind: str
    actor: str
    subject: str
    facts: Mapping[str, object]
    build: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """One stored line with its place in the chain of hashes."""

    number: int
    entry: JournalEntry
    line_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalHead:
    """How long the chain is, and the hash that stands for all of it."""

    lines: int
    line_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRecord:
    """One leg as it will be judged later: why, in which market, out of which portfolio.

    `market` and `portfolio_before` are JSON texts. `status` is the newest order state, or the
    reason why no order came of it (denied, declined, expired, unparsable). `asked_won` is the price
    of a suggestion that became no ticket; a ticket's own price is in its leg.
    """

    record_id: str
    at: datetime
    symbol: str
    action: str
    quantity: int
    justification: str
    market: str
    portfolio_before: str
    order_id: str = ""
    order_number: str = ""
    status: str = ""
    average_fill_won: str = ""
    asked_won: int | None = None
