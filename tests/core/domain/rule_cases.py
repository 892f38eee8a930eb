"""A rule as a model would write it, to be spoilt part by part."""

from __future__ import annotations

from datetime import date

from core.domain.rule_facts import Fact
from core.domain.rule_reading import read_terms
from core.domain.rules import Comparison, Rule, RuleOrigin, RuleState, RuleTerms

TODAY = date(2026, 3, 2)


def written(**changes: object) -> dict[str, object]:
    """Return a rule that reads well, with `changes`."""
    return {
        "category": "entry_criteria",
        "text": "거래가 마른 종목은 사지 않는다",
        "condition": [{"fact": "volume_percent", "operator": "<", "number": 150}],
        "action": "block_entry",
        "priority": 5,
        "rationale": "거래량이 적던 매수 12건의 평균이 나빴다",
        "falsifier": [
            {"fact": "avoided_count", "operator": ">=", "number": 30},
            {"fact": "avoided_mean_30_bps", "operator": ">", "number": 0},
        ],
        "expires_on": "2026-09-01",
        **changes,
    }


def terms(**changes: object) -> RuleTerms:
    """Return the terms of `written`."""
    found = read_terms(written(**changes), TODAY)
    assert isinstance(found, RuleTerms), found
    return found


def rule(rule_id: str = "R1", *, state: RuleState = RuleState.ACTIVE, **changes: object) -> Rule:
    """Return a rule of the reflection with the terms of `written`."""
    return Rule(
        rule_id=rule_id,
        version=1,
        terms=terms(**changes),
        origin=RuleOrigin.REFLECTION,
        state=state,
        since=TODAY,
    )


def comparison(fact: Fact, operator: str, number: int) -> dict[str, object]:
    """Return one comparison as it is written."""
    return {"fact": fact.value, "operator": operator, "number": number}


def compared(item: Comparison[Fact]) -> dict[str, object]:
    """Return a comparison as it would be written."""
    return comparison(item.fact, item.operator.value, item.number)
