"""Why an order did not leave, as people are told it. What was met in detail is for the journal."""

from __future__ import annotations

from enum import Enum


class Unsent(Enum):
    """Every cause. The locale files hold one sentence per member (``orders.unsent_…``)."""

    NO_CONNECTION = "no_connection"
    NO_TOKEN = "no_token"  # noqa: S105 - the name of a cause
    NO_HASHKEY = "no_hashkey"
    NO_QUOTE = "no_quote"
    PACE = "pace"
    STOOD_STILL = "stood_still"
    STOPPING = "stopping"
    LOCKED = "locked"
    OTHER = "other"
