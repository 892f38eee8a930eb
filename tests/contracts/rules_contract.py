"""What every ledger promises about rules (`core.ports.rules.RuleBooks`)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.domain.journal import TradeRecord
from core.domain.rule_gate import GateFault
from core.domain.rule_proposals import ProposalKind, ProposalState, RuleProposal
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

WISH = RuleProposal(
    number=1,
    key="reflection:2026-W09:1",
    kind=ProposalKind.ADOPT,
    origin=RuleOrigin.REFLECTION,
    rule_id="R1",
    terms=terms_text(terms()),
    reason="까닭",
    evidence="{}",
    faults=(),
    state=ProposalState.OPEN,
    actor="reflection",
    at=MORNING,
    closes_on=TODAY,
)
REFUSED = replace(
    WISH,
    number=2,
    key="reflection:2026-W09:2",
    rule_id="",
    faults=(GateFault.TOO_MANY, GateFault.NOT_TIGHTER),
    state=ProposalState.REFUSED,
    decided_by="gate",
    decided_at=MORNING,
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
            assert await tx.rule_row_count() == 3
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

    async def test_proposals_come_back_as_they_were_kept(self, ledger):
        async with ledger.transaction() as tx:
            assert await tx.last_rule_proposal() == 0
            for one in (REFUSED, WISH):
                await tx.insert_rule_proposal(one)
        async with ledger.reading() as tx:
            assert await tx.last_rule_proposal() == 2
            assert [await tx.rule_proposal(number) for number in (1, 2, 3)] == [WISH, REFUSED, None]
            assert await tx.rule_proposal_on(WISH.key) == WISH
            assert await tx.rule_proposal_on("another") is None
            assert await tx.rule_proposals_about("R1") == (WISH,)
            assert await tx.rule_proposals_in({ProposalState.OPEN}) == (WISH,)
            assert await tx.rule_proposals_in(set(ProposalState)) == (WISH, REFUSED)

    @pytest.mark.parametrize("taken", [{"number": 1}, {"key": WISH.key}])
    async def test_a_number_and_an_occasion_are_taken_once(self, ledger, taken):
        async with ledger.transaction() as tx:
            await tx.insert_rule_proposal(WISH)
        with pytest.raises(StaleState):
            async with ledger.transaction() as tx:
                await tx.insert_rule_proposal(replace(REFUSED, **taken))
        async with ledger.reading() as tx:
            assert await tx.rule_proposals_in(set(ProposalState)) == (WISH,)

    async def test_a_proposal_is_decided_once(self, ledger):
        decided = replace(WISH, state=ProposalState.ACCEPTED, decided_by="7", decided_at=MORNING)
        async with ledger.transaction() as tx:
            await tx.insert_rule_proposal(WISH)
            await tx.decide_rule_proposal(replace(decided, reason="another"))
        with pytest.raises(StaleState):
            async with ledger.transaction() as tx:
                await tx.decide_rule_proposal(replace(decided, state=ProposalState.DECLINED))
        async with ledger.reading() as tx:
            assert await tx.rule_proposal(1) == decided
