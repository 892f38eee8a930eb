"""Proposal → ticket → approval: what a person is asked, and what exactly they agreed to."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from core.domain.instrument import Symbol
from core.domain.modes import Mode
from core.domain.money import Shares, Won
from core.domain.orders import Envelope, OrderType, Side

PAYLOAD_VERSION = "t1"


class TicketState(Enum):
    """Where one ticket stands."""

    PRESENTED = "PRESENTED"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"
    SUPERSEDED = "SUPERSEDED"
    INVALIDATED = "INVALIDATED"


TICKET_TRANSITIONS: dict[TicketState, frozenset[TicketState]] = {
    TicketState.PRESENTED: frozenset(TicketState) - {TicketState.PRESENTED},
    # Approved terms can turn out impossible before anything was sent.
    TicketState.APPROVED: frozenset({TicketState.EXPIRED, TicketState.INVALIDATED}),
    TicketState.DECLINED: frozenset(),
    TicketState.EXPIRED: frozenset(),
    TicketState.SUPERSEDED: frozenset(),
    TicketState.INVALIDATED: frozenset(),
}


class TicketKind(Enum):
    """Which rules of expiry and timing apply."""

    CHAT = "chat"
    BASKET = "basket"
    EXIT = "exit"


class Author(Enum):
    """Who suggested it."""

    STRATEGY = "strategy"
    MODEL = "model"
    ANALYST = "analyst"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLeg:
    """One order as suggested. `price_won` None lets the desk price it from a fresh quote.

    `by_rules` are the ids of the user's own rules that call for it (``R3, H1``), mostly none.
    """

    symbol: Symbol
    side: Side
    quantity: int
    price_won: int | None = None
    order_type: OrderType = OrderType.LIMIT
    reason: str = ""
    by_rules: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a strategy, the model or a person suggests, before any check.

    `snapshot` is JSON of the market it was decided on, kept with each trade record; maybe empty.
    """

    author: Author
    kind: TicketKind
    legs: tuple[DraftLeg, ...]
    reason: str
    thread_id: int | None = None
    snapshot: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLeg:
    """Target terms shown to the person, and the envelope they approve."""

    number: int
    name: str
    quantity: Shares
    price_won: Won | None
    envelope: Envelope
    fee_won: Won
    tax_won: Won
    reason: str = ""

    def is_of(self, envelope: Envelope) -> bool:
        """Whether it trades the same symbol on the same side as `envelope`."""
        own = self.envelope
        return (own.symbol, own.side) == (envelope.symbol, envelope.side)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A proposal that passed the risk guard, waiting for a ✅.

    `payload_hash` covers mode, account and every envelope: an approval holds for exactly these.
    `notes` are sentences shown to the person (for example "수량 조정 5 → 3").
    """

    ticket_id: str
    kind: TicketKind
    author: Author
    mode: Mode
    account: str
    legs: tuple[TicketLeg, ...]
    reason: str
    notes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    state: TicketState
    channel_id: int | None = None
    message_id: int | None = None
    version: int = 1
    state_reason: str = ""
    payload_hash: str = field(default="")

    def hashed(self) -> str:
        """Return the hash of what an approval covers (see `payload_hash_of`)."""
        return payload_hash_of(self.ticket_id, self.mode, self.account, self.legs)


def payload_hash_of(ticket_id: str, mode: Mode, account: str, legs: tuple[TicketLeg, ...]) -> str:
    """Return ``t1:`` and the SHA-256 of the canonical JSON of id, mode, account and envelopes."""
    body = {
        "ticket": ticket_id,
        "mode": mode.value,
        "account": account,
        "legs": [_canonical(leg) for leg in legs],
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"{PAYLOAD_VERSION}:{hashlib.sha256(text.encode()).hexdigest()}"


def _canonical(leg: TicketLeg) -> dict[str, object]:
    envelope = leg.envelope
    return {
        "leg": leg.number,
        "symbol": envelope.symbol,
        "side": envelope.side.value,
        "type": envelope.order_type.value,
        "quantity_max": envelope.quantity_max,
        "limit_won": envelope.limit_won,
        "good_until": envelope.good_until.isoformat(),
    }


class TicketAction(Enum):
    """What a button of a ticket does."""

    APPROVE = "ok"
    DECLINE = "no"
    EDIT = "edit"
    CANCEL = "cancel"
    OVERRIDE = "anyway"
    STAND = "stop"


_CUSTOM_ID = re.compile(r"t1:(ok|no|edit|cancel|anyway|stop):([0-9A-Z]{6,16})")


def custom_id(action: TicketAction, ticket_id: str) -> str:
    """Return the versioned Discord custom_id of a ticket button, for example ``t1:ok:4F9KQ2ZD``."""
    return f"{PAYLOAD_VERSION}:{action.value}:{ticket_id}"


_LEG_ID = re.compile(r"t1:leg:([0-9A-Z]{6,16}):([1-9][0-9]?)")


def leg_custom_id(ticket_id: str, number: int) -> str:
    """Return the versioned custom_id of the button that takes a leg out, or puts it back in."""
    return f"{PAYLOAD_VERSION}:leg:{ticket_id}:{number}"


def parse_leg_custom_id(text: str) -> tuple[str, int] | None:
    """Return (ticket id, number of the choice), or None for an unknown version or malformed id."""
    match = _LEG_ID.fullmatch(text)
    return (match[1], int(match[2])) if match else None


def parse_custom_id(text: str) -> tuple[TicketAction, str] | None:
    """Return (action, ticket id), or None for an unknown version or malformed id."""
    match = _CUSTOM_ID.fullmatch(text)
    return (TicketAction(match[1]), match[2]) if match else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who pressed ✅, when (from the interaction's snowflake), where, for which payload.

    `actor_id` 0 is the automatic policy, which exists in sim and vts only. An exit that a person
    approved in advance, with the entry, bears the instant of that press and no interaction.
    """

    ticket_id: str
    actor_id: int
    actor_name: str
    interaction_id: int
    message_id: int
    clicked_at: datetime
    payload_hash: str

    @property
    def is_in_advance(self) -> bool:
        """Whether nobody pressed on this ticket: it was approved with an entry (`advance_id`)."""
        return self.interaction_id < 0


def advance_id(ticket_id: str) -> int:
    """Return what stands for the interaction of a ticket that was approved in advance.

    Below zero, where no snowflake is, and one per ticket: an id of up to 12 signs is a number to
    the base 36.
    """
    return -int(ticket_id[-12:], 36)
