"""A proposal as it is written: its row and its line of the journal, in one transaction."""

from __future__ import annotations

from dataclasses import replace

from core.domain.journal import JournalEntry
from core.domain.rule_proposals import ProposalKind, ProposalState, RuleProposal
from core.ports.adoption import ProposalReading
from core.ports.ledger import LedgerTransaction


async def waiting_or_known(
    tx: ProposalReading, key: str, kind: ProposalKind, terms: str
) -> RuleProposal | None:
    """Return the proposal of an occasion, or one that asks for the same and waits."""
    known = await tx.rule_proposal_on(key)
    if known is not None:
        return known
    waiting = await tx.rule_proposals_in({ProposalState.OPEN})
    return next((one for one in waiting if (one.kind, one.terms) == (kind, terms)), None)


async def insert(tx: LedgerTransaction, draft: RuleProposal) -> RuleProposal:
    """Store a new proposal under the next number. Raises StaleState when its key is taken."""
    proposal = replace(draft, number=await tx.last_rule_proposal() + 1)
    await tx.insert_rule_proposal(proposal)
    await _journal(tx, proposal, proposal.actor)
    return proposal


async def decide(tx: LedgerTransaction, decided: RuleProposal) -> None:
    """Store how an open proposal was decided. Raises StaleState when it was decided first."""
    await tx.decide_rule_proposal(decided)
    await _journal(tx, decided, decided.decided_by)


async def _journal(tx: LedgerTransaction, proposal: RuleProposal, actor: str) -> None:
    await tx.append_journal(
        JournalEntry(
            at=proposal.decided_at or proposal.at,
            kind=f"rule_proposal.{proposal.state.value}",
            actor=actor,
            subject=proposal.proposal_id,
            facts={
                "kind": proposal.kind.value,
                "key": proposal.key,
                "rule": proposal.rule_id,
                "terms": proposal.terms,
                "reason": proposal.reason,
                "faults": [fault.value for fault in proposal.faults],
                "evidence": proposal.evidence,
            },
        )
    )
