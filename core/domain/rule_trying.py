"""A rule as it is tried: as if it stood, under a name that no stored rule has."""

from __future__ import annotations

from datetime import date

from core.domain.rules import Rule, RuleOrigin, RuleState, RuleTerms

TRIED_ID = "?"


def tried_rule(terms: RuleTerms, rule_id: str = TRIED_ID) -> Rule:
    """Return a rule of these terms that is obeyed, for looking at the past."""
    return Rule(
        rule_id=rule_id,
        version=1,
        terms=terms,
        origin=RuleOrigin.HAND,
        state=RuleState.ACTIVE,
        since=date.min,
    )
