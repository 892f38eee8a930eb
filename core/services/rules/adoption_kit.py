"""What proposing a rule and answering a proposal both work with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from core.domain.krx import KST
from core.domain.rule_gate import GateFault, StandingBounds
from core.domain.rule_proposals import ApplyMode, ProposalState, RuleProposal, number_of
from core.domain.rules import RuleState, RuleTerms
from core.ports.adoption import EvidenceMaker, PastMarket
from core.ports.clock import Clock
from core.ports.ledger import BooksReader, Ledger
from core.ports.rules import RuleKeeper
from core.services.rules.past import Past

GATE_ACTOR = "gate"
# A rule that may be ended.
STANDING = (RuleState.ACTIVE, RuleState.DISABLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionKit:
    """Ports and settings of the adoption. `apply` is REFLECTION_APPLY.

    `books` reads the same rows as `ledger`.
    """

    book: RuleKeeper
    ledger: Ledger
    books: BooksReader
    evidence: EvidenceMaker
    past: PastMarket
    bounds: StandingBounds
    clock: Clock
    apply: ApplyMode = ApplyMode.CONFIRM

    async def proposal(self, proposal_id: str) -> RuleProposal | None:
        """Return one proposal by its id, or the newest one about a rule by the rule's id."""
        typed = proposal_id.strip().upper()
        number = number_of(typed)
        async with self.books.reading() as tx:
            if number is not None:
                return await tx.rule_proposal(number)
            about = await tx.rule_proposals_about(typed) if typed else ()
        return about[-1] if about else None

    async def in_state(self, state: ProposalState) -> tuple[RuleProposal, ...]:
        """Return the proposals that stand so, oldest first. Raises StorageError."""
        async with self.books.reading() as tx:
            return await tx.rule_proposals_in({state})

    def settled(self, proposal: RuleProposal, state: ProposalState, by: str) -> RuleProposal:
        """Return the proposal as it is decided now; nothing is stored."""
        return replace(proposal, state=state, decided_by=by, decided_at=self.clock.now())

    def faults(self, terms: RuleTerms, past: Past) -> tuple[GateFault, ...]:
        """Return why the gate does not have a rule beside those that stand now."""
        return past.faults(terms, self.book.rules, self.bounds)

    def today(self) -> date:
        """Return the day in Korea."""
        return self.clock.now().astimezone(KST).date()
