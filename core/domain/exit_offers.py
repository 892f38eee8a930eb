"""Why a holding is let go, and the urgent tickets that were offered for it during a session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from core.domain.instrument import Symbol


class ExitKind(Enum):
    """Why a holding is let go. The exit policy (core.strategy.exits) decides which one."""

    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"
    BREAK_EVEN = "break_even"
    TRAILING = "trailing_stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitOffer:
    """One urgent ticket that the watchtower showed, stored together with the ticket itself.

    (symbol, session, kind, number) is unique: a restart neither forgets an offer nor makes it twice.
    `number` counts from 1 within a session. `price_won` is the quote that called for the exit.
    """

    ticket_id: str
    symbol: Symbol
    session: date
    kind: ExitKind
    number: int
    price_won: int
    offered_at: datetime
