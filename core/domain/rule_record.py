"""How a rule is kept: every version of it, why it changed, and what it acted on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime

from core.domain.rule_facts import Fact, Measured
from core.domain.rule_reading import UnreadableRule, read_terms
from core.domain.rules import Comparison, Rule, RuleOrigin, RuleState, RuleTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One version of one rule. `terms` is JSON, empty for a shipped rule: the code says it.

    `actor` changed it because of `reason`; `evidence` is JSON of what spoke for it, maybe empty.
    """

    rule_id: str
    version: int
    origin: RuleOrigin
    state: RuleState
    since: date
    terms: str
    actor: str
    reason: str
    evidence: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEffect:
    """What a rule did to one suggested leg: `asked` shares became `kept`, 0 where it was refused.

    Of a sale that the rule called for: `asked` shares were held, and 0 would be kept.
    """

    rule_id: str
    record_id: str
    symbol: str
    at: datetime
    asked: int
    kept: int


def terms_text(terms: RuleTerms) -> str:
    """Return canonical JSON of a rule's terms, which `rule_of` reads back."""
    body = {
        "category": terms.category.value,
        "text": terms.text,
        "condition": [_compared(item) for item in terms.condition],
        "action": terms.action.value,
        "priority": terms.priority,
        "rationale": terms.rationale,
        "falsifier": [_compared(item) for item in terms.falsifier],
        "expires_on": str(terms.expires_on),
    }
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def terms_of(text: str) -> RuleTerms | None:
    """Return what `terms_text` wrote of a rule that is not shipped, or None for anything else."""
    try:
        terms = read_terms(json.loads(text), None)
    except ValueError:
        return None
    return None if isinstance(terms, UnreadableRule) else terms


def rule_of(row: RuleRow) -> Rule | None:
    """Return the rule of a row, or None when its terms are none: such a rule is never guessed.

    The day it was written on is not judged again: a rule that expired since still reads.
    """
    terms = terms_of(row.terms)
    if terms is None:
        return None
    return Rule(
        rule_id=row.rule_id,
        version=row.version,
        terms=terms,
        origin=row.origin,
        state=row.state,
        since=row.since,
    )


def _compared(item: Comparison[Fact] | Comparison[Measured]) -> dict[str, object]:
    return {"fact": item.fact.value, "operator": item.operator.value, "number": item.number}
