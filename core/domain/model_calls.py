"""Calls of the language model: what was asked, what it answered, and what that cost.

Money is counted in thousandths of a won: one short answer of a small model costs less than a won.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from core.errors import ModelFault

MILLI = 1_000
# The bot itself: summaries and the morning's comment have no user.
NOBODY = 0


class Purpose(Enum):
    """What a call is for."""

    ANSWER = "answer"
    SUMMARY = "summary"
    CYCLE = "cycle"
    PLAN = "plan"
    REFLECT = "reflect"
    REPLAY = "replay"


class CallState(Enum):
    """Where a call stands. OPEN after a crash: it may have been answered and charged."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAbout:
    """Who asks and why. Without `prompt_version` the text of the instructions is hashed."""

    purpose: Purpose = Purpose.CYCLE
    prompt_version: str = ""
    user_id: int = NOBODY
    thread_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPrice:
    """Won per million tokens, read and written."""

    input_won: int
    output_won: int

    def milliwon(self, prompt_tokens: int, completion_tokens: int) -> int:
        """Return the cost in thousandths of a won, rounded up."""
        millionths = prompt_tokens * self.input_won + completion_tokens * self.output_won
        return -(-millionths // MILLI)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelBudget:
    """What the model may cost on one KST day: for one user, and in all."""

    user_won: int
    day_won: int

    def refuses(self, spent: Spent, next_milliwon: int, user_id: int) -> ModelFault | None:
        """Return which limit the next call could pass, or None when it may be made."""
        if spent.day_milliwon + next_milliwon > self.day_won * MILLI:
            return ModelFault.DAY_BUDGET
        if user_id != NOBODY and spent.user_milliwon + next_milliwon > self.user_won * MILLI:
            return ModelFault.USER_BUDGET
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What one day has cost so far; open calls count with the most they may cost."""

    user_milliwon: int
    day_milliwon: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """One call, stored before it is made and again when it has ended.

    `inputs` and `reply` are JSON, empty once they were dropped for their age. `is_bound` says that
    tokens and cost are the most they can have been, because the provider did not count them.
    `error` names a ModelFault and what was wrong.
    """

    call_id: str
    at: datetime
    day: date
    purpose: Purpose
    model: str
    prompt_version: str
    user_id: int
    thread_id: int
    inputs: str
    state: CallState = CallState.OPEN
    reply: str = ""
    error: str = ""
    prompt_tokens: int
    completion_tokens: int
    is_bound: bool = True
    cost_milliwon: int
    elapsed_ms: int = 0
    ticket_id: str = ""

    @property
    def is_dropped(self) -> bool:
        """Whether what was asked and answered is not kept any more."""
        return not self.inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageLine:
    """What one user's calls of one model came to over some days."""

    user_id: int
    model: str
    purpose: Purpose
    calls: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    cost_milliwon: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCosts:
    """What /report cost shows. `model` is empty without a key; prices: won per million tokens."""

    day: date
    today: tuple[UsageLine, ...]
    month: tuple[UsageLine, ...]
    budget: ModelBudget
    price: TokenPrice
    flash_price: TokenPrice
    model: str
    resting_until: datetime | None


def most_tokens(text: str) -> int:
    """Return how many tokens `text` can be at most: no tokenizer makes more of them than bytes."""
    return len(text.encode("utf-8", "surrogatepass"))
