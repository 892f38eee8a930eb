"""What every ledger promises about rules (`core.ports.rules.RuleBooks`)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.domain.journal import TradeRecord
from core.domain.rule_record import RuleEffect, RuleRow, rule_of, terms_text
from core.domain.rules import RuleOrigin, RuleState
from core.errors import StaleState
from tests.contracts.ledger_values import KODEX, MORNING
from tests.core.domain.rule_cases import TODAY, terms

ROW = RuleRow(
    rule_id="R1",
    version=1,
    origin=RuleOrigin.REFLECTION,
    state=RuleState.PROPOSED,
    since=TODAY,
    terms=terms_text(terms()),
    actor="reflection",
    reason="주간 성찰",
    evidence="{}",
    at=MORNING,
)
ADOPTED = replace(ROW, version=2, state=RuleState.ACTIVE, actor="1", reason="")
RECORD = TradeRecord(
    record_id="denied-D1-1",
    at=MORNING,
    symbol=KODEX,
    action="buy",
    quantity=3,
    justification="",
    market="{}",
    portfolio_before="{}",
)
EFFECT = RuleEffect(
    rule_id="R1", record_id=RECORD.record_id, symbol=KODEX, at=MORNING, asked=3, kept=0
)


class RulesContract:
    async def test_the_newest_version_says_how_a_rule_stands(self, ledger):
        async with ledger.transaction() as tx:
            for row in (ROW, ADOPTED, replace(ROW, rule_id="H1", origin=RuleOrigin.HAND)):
                await tx.insert_rule_row(row)
        async with ledger.transaction() as tx:
            rows = await tx.rule_rows()
            assert [(row.rule_id, row.version) for row in rows] == [("H1", 1), ("R1", 2)]
            assert await tx.rule_history("R1") == (ROW, ADOPTED)
            assert await tx.rule_history("R9") == ()
        found = rule_of(rows[1])
        assert found is not None
        assert found.terms == terms()

    async def test_a_version_is_stored_once(self, ledger):
        async with ledger.transaction() as tx:
            await tx.insert_rule_row(ROW)
        with pytest.raises(StaleState):
            async with ledger.transaction() as tx:
                await tx.insert_rule_row(replace(ROW, state=RuleState.REFUSED))
        async with ledger.transaction() as tx:
            assert await tx.rule_rows() == (ROW,)

    async def test_effects_are_kept_once_and_in_order(self, ledger):
        async with ledger.transaction() as tx:
            await tx.save_trade_record(RECORD)
            await tx.note_rule_effect(EFFECT)
            await tx.note_rule_effect(replace(EFFECT, kept=1))
            assert await tx.rule_effects_of("R1") == (EFFECT,)
            assert await tx.rule_effects_of("R2") == ()
