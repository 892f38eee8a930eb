"""What a week's reflection wishes of the rules (M3), and what became of it. It decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from core.domain.rule_proposals import RuleProposal


class SearchState(Enum):
    """How the search for rules went (``weeks.rules_…`` of the locale files).

    NOTHING: no factor held, so nobody was asked. UNFOUNDED: the factors themselves could not be
    had. OFFLINE: there is no model.
    """

    ASKED = "asked"
    NOTHING = "nothing"
    UNFOUNDED = "unfounded"
    OFFLINE = "offline"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class EndWish:
    """The wish to end a rule, and the model's reason: data, to be shown escaped and cut."""

    rule_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class NewWish:
    """The wish to take a rule on: its canonical JSON, and its rationale as it may be shown."""

    terms: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSearch:
    """The answer as it is kept before anything judges it: a crash does not ask a second time.

    `why` are the reasons of `ends` as they may be shown. `fault` names a ModelFault, `call_id` the
    stored call.
    """

    state: SearchState
    new: tuple[NewWish, ...] = ()
    ends: tuple[EndWish, ...] = ()
    why: tuple[str, ...] = ()
    fault: str = ""
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class WeekRule:
    """One proposal of the week as it stood when it was told, with the model's words about it."""

    proposal: RuleProposal
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleNote:
    """M3 as it is told. `dropped` counts wishes that could not even be judged."""

    state: SearchState
    rules: tuple[WeekRule, ...] = ()
    dropped: int = 0
    fault: str = ""
