"""A wish to take a rule on, or to end one: what it says, what speaks for it, and who decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from core.domain.rule_evidence import Missing
from core.domain.rule_gate import GateFault
from core.domain.rule_held import Held
from core.domain.rule_reach import Reach
from core.domain.rules import RuleMove, RuleOrigin

# Calendar days a person has to answer.
ANSWER_DAYS = 14
ID_LETTER = "P"


class ApplyMode(Enum):
    """Who takes on what the reflection proposes (REFLECTION_APPLY).

    `AUTO` only ever tightens: a rule that passes the gate and whose evidence speaks for it. Ending
    a rule loosens, so that it waits for a person in both.
    """

    CONFIRM = "confirm"
    AUTO = "auto"


class ProposalKind(Enum):
    """What is wished for."""

    ADOPT = "adopt"
    RETIRE = "retire"


class ProposalState(Enum):
    """Where a proposal stands. Everything but OPEN is final."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REFUSED = "refused"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleProposal:
    """One proposal as it is kept.

    `key` names the occasion (``reflection:2026-W48:1``, ``hand:2026-11-27:…``): the same wish on the
    same occasion is one proposal. `rule_id` is the rule that it would put in force (it exists as
    PROPOSED) or end; empty where the gate refused it, for `faults`. `terms` is canonical JSON of the
    rule (`core.domain.rule_record.terms_text`), `evidence` of `core.domain.rule_evidence`, empty
    where the gate refused first. `decided_by` is who decided, with `decided_at`; empty while open.
    """

    number: int
    key: str
    kind: ProposalKind
    origin: RuleOrigin
    rule_id: str
    terms: str
    reason: str
    evidence: str
    faults: tuple[GateFault, ...]
    state: ProposalState
    actor: str
    at: datetime
    closes_on: date
    decided_by: str = ""
    decided_at: datetime | None = None

    @property
    def proposal_id(self) -> str:
        """Return the id that people type."""
        return f"{ID_LETTER}{self.number}"


def number_of(typed: str) -> int | None:
    """Return the number of a proposal's id as a person types it, or None where it is none."""
    letter, digits = typed[:1].upper(), typed[1:]
    return int(digits) if letter == ID_LETTER and digits.isascii() and digits.isdecimal() else None


class Answer(Enum):
    """What came of a press (``rules.answer_…`` of the locale files).

    `ALREADY`: the same answer stood before, nothing happened a second time. `DECIDED`: another one
    did. `GATE`: what stands has changed since, and the gate would now refuse it; it stays open.
    """

    DONE = "done"
    ALREADY = "already"
    DECIDED = "decided"
    LAPSED = "lapsed"
    GATE = "gate"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """An answer, the proposal as it stands afterwards, and why the gate would not have it.

    `reach` is what is left of the purchases now that a rule was taken on, with all that stand, and
    `held` what stays held: counted where one of them sells, `Missing` where that failed.
    """

    answer: Answer
    proposal: RuleProposal | None = None
    faults: tuple[GateFault, ...] = ()
    reach: Reach | None = None
    held: Held | Missing | None = None


@dataclass(frozen=True, slots=True)
class CannotEnd:
    """No proposal: the rule cannot be ended at all (unknown, a setting's, or not in force)."""

    why: RuleMove
