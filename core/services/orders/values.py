"""Values of the order desk: who pressed what, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from core.domain.shown import LegChoice
from core.domain.tickets import TicketLeg


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """One press of a ticket button. `clicked_at` is read from the interaction's snowflake.

    `parent_id` is the channel above, when `channel_id` is a thread.
    """

    ticket_id: str
    interaction_id: int
    user_id: int
    user_name: str
    guild_id: int | None
    channel_id: int
    message_id: int
    clicked_at: datetime
    parent_id: int | None = None


class ClickOutcome(Enum):
    """What came of a press. The locale files hold one sentence per member (``orders.click_…``)."""

    APPROVED = "approved"
    APPROVED_QUEUED = "approved_queued"
    DECLINED = "declined"
    CANCEL_REQUESTED = "cancel_requested"
    NOT_ALLOWED = "not_allowed"
    ALREADY_DECIDED = "already_decided"
    EXPIRED = "expired"
    UNKNOWN_TICKET = "unknown_ticket"
    WRONG_MESSAGE = "wrong_message"
    TRADING_HALTED = "trading_halted"
    NOT_READY = "not_ready"
    OBSERVE_ONLY = "observe_only"
    NOTHING_TO_CANCEL = "nothing_to_cancel"
    RESOLVED_ADOPTED = "resolved_adopted"
    RESOLVED_VOID = "resolved_void"
    NOTHING_TO_RESOLVE = "nothing_to_resolve"
    UNKNOWN_ORDER = "unknown_order"
    NOT_CONFIRMED = "not_confirmed"
    LIST_UNREADABLE = "list_unreadable"
    NUMBER_NOT_LISTED = "number_not_listed"
    NUMBER_TAKEN = "number_taken"
    NUMBER_DIFFERS = "number_differs"
    CANDIDATE_SHOWN = "candidate_shown"
    DIFFERENCE_ACCEPTED = "difference_accepted"
    NO_DIFFERENCE = "no_difference"
    NOTHING_HELD = "nothing_held"
    ACCOUNT_UNREADABLE = "account_unreadable"
    STANDING_REVOKED = "standing_revoked"
    STANDING_WITHDRAWN = "standing_withdrawn"
    NOTHING_STANDING = "nothing_standing"
    LAST_LEG = "last_leg"
    JUST_CHANGED = "just_changed"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt:
    """A person says that the broker's order `number` is ours. `typed` must be the order id."""

    number: str
    typed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Void:
    """A person says that the order was never placed. `typed` must be the order id."""

    typed: str


Decision = Adopt | Void


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What a ticket that comes in place of another one has from it.

    `choices` are all legs that were ever suggested, `changes` the sentences on what people changed
    before. `edited` is the leg that `who` just gave other terms, as it was; `toggled` is the choice
    that `who` just took out or put back, as it is now, and `before` the legs of the old ticket then.
    `place` is (channel, message) where the new ticket is shown over the old one, None where it is
    shown anew. It cannot be pressed after `press_until`, where that is given.
    """

    choices: tuple[LegChoice, ...] = ()
    changes: tuple[str, ...] = ()
    edited: TicketLeg | None = None
    toggled: LegChoice | None = None
    before: tuple[TicketLeg, ...] = ()
    who: str = ""
    press_until: datetime | None = None
    place: tuple[int, int] | None = None
