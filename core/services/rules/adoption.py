"""Rules are taken on and ended here: proposed with their evidence, decided once, by the gate's leave.

A proposal and the rule it is about change in one transaction, so that a crash leaves both as they
were or both as they are decided. Nothing here makes a rule looser: ending one is the only step
that does, and it always waits for a person. How a wish becomes a proposal is in `proposing`, what
an answer does in `answering`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.domain.rule_proposals import CannotEnd, Decided, ProposalState, RuleProposal
from core.domain.rule_reading import UnreadableRule
from core.domain.rules import RuleOrigin
from core.services.rules.adoption_kit import AdoptionKit
from core.services.rules.answering import Answering
from core.services.rules.proposing import Proposing


@dataclass(frozen=True, slots=True)
class Adoption:
    """Implements `core.ports.adoption.RuleProposals`."""

    kit: AdoptionKit

    async def propose(
        self, content: object, *, origin: RuleOrigin, key: str, actor: str
    ) -> RuleProposal | UnreadableRule:
        """Judge decoded JSON or TOML, and keep it with its evidence, open or refused."""
        return await Proposing(self.kit).propose(content, origin=origin, key=key, actor=actor)

    async def propose_end(
        self, rule_id: str, *, origin: RuleOrigin, key: str, actor: str, reason: str
    ) -> RuleProposal | CannotEnd | UnreadableRule:
        """Keep the wish to end a rule, with its evidence. It always waits for a person."""
        return await Proposing(self.kit).propose_end(
            rule_id, origin=origin, key=key, actor=actor, reason=reason
        )

    async def adopt(self, proposal_id: str, actor: str) -> Decided:
        """Do what a proposal wishes for, if the gate still has it. Raises StaleState, StorageError."""
        return await Answering(self.kit).adopt(proposal_id, actor)

    async def decline(self, proposal_id: str, actor: str) -> Decided:
        """Refuse what a proposal wishes for, for good. Raises StaleState, StorageError."""
        return await Answering(self.kit).decline(proposal_id, actor)

    async def proposal(self, proposal_id: str) -> RuleProposal | None:
        """Return one proposal by its id, or the newest one about a rule by the rule's id."""
        return await self.kit.proposal(proposal_id)

    async def open_proposals(self) -> tuple[RuleProposal, ...]:
        """Return what waits for an answer, oldest first."""
        return await self.kit.in_state(ProposalState.OPEN)

    async def lapse_due(self) -> tuple[RuleProposal, ...]:
        """End the proposals that nobody answered in time, or whose rule is gone; return them."""
        return await Answering(self.kit).lapse_due()

    async def lapsed_since(self, start: datetime) -> tuple[RuleProposal, ...]:
        """Return the proposals that lapsed from `start` on, oldest first. Raises StorageError."""
        return tuple(
            one
            for one in await self.kit.in_state(ProposalState.LAPSED)
            if one.decided_at is not None and one.decided_at >= start
        )
