"""A stored rule reads as it was written, also after it expired; a spoilt one is no rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from core.domain.rule_record import RuleRow, rule_of, terms_text
from core.domain.rules import RuleOrigin, RuleState
from tests.core.domain.rule_cases import rule, terms

ROW = RuleRow(
    rule_id="H2",
    version=3,
    origin=RuleOrigin.HAND,
    state=RuleState.RETIRED,
    since=date(2027, 9, 1),
    terms=terms_text(terms()),
    actor="1",
    reason="",
    evidence="",
    at=datetime(2027, 9, 1, tzinfo=UTC),
)


def test_it_reads_back_long_after_it_expired() -> None:
    expected = replace(
        rule("H2", state=RuleState.RETIRED), version=3, origin=RuleOrigin.HAND, since=ROW.since
    )
    assert rule_of(ROW) == expected


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", terms_text(terms()).replace("<", "=")])
def test_spoilt_terms_are_no_rule(text: str) -> None:
    assert rule_of(replace(ROW, terms=text)) is None
