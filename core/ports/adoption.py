"""Taking rules on and ending them: who proposes meets who decides here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from core.domain.rule_evidence import Missing, ReplayFigures, RuleEvidence
from core.domain.rule_proposals import (
    CannotEnd,
    Decided,
    ProposalState,
    RuleProposal,
)
from core.domain.rule_reach import Situation
from core.domain.rule_reading import UnreadableRule
from core.domain.rules import RuleOrigin, RuleTerms


class RuleProposals(Protocol):
    """Proposes and decides (core.services.rules.adoption). Who may decide is asked before this.

    Whatever happens twice happens once: the same wish on the same occasion (`key`), and the same
    press. Each call is one transaction, so that a crash leaves a proposal as it was or as it is
    decided, with its rule. All raise StorageError.
    """

    async def propose(
        self, content: object, *, origin: RuleOrigin, key: str, actor: str
    ) -> RuleProposal | UnreadableRule:
        """Judge decoded JSON or TOML, and keep it with its evidence, open or refused.

        What is no rule is told and not kept. With REFLECTION_APPLY=auto a rule of the reflection
        that passes may be ACCEPTED when this returns.
        """

    async def propose_end(
        self, rule_id: str, *, origin: RuleOrigin, key: str, actor: str, reason: str
    ) -> RuleProposal | CannotEnd | UnreadableRule:
        """Keep the wish to end a rule, with its evidence. It always waits for a person."""

    async def adopt(self, proposal_id: str, actor: str) -> Decided:
        """Do what a proposal wishes for, if the gate still has it. `proposal_id` or a rule's id."""

    async def decline(self, proposal_id: str, actor: str) -> Decided:
        """Refuse what a proposal wishes for, for good."""

    async def proposal(self, proposal_id: str) -> RuleProposal | None:
        """Return one proposal by its id, or the newest one about a rule by the rule's id."""

    async def open_proposals(self) -> tuple[RuleProposal, ...]:
        """Return what waits for an answer, oldest first."""


class RuleReplays(Protocol):
    """Replays the strategy on stored bars, in a process of its own."""

    async def replay(
        self, tried: RuleTerms, standing: Sequence[RuleTerms]
    ) -> ReplayFigures | Missing:
        """Return the strategy with the `standing` rules, without `tried` and with it."""


class PastPurchases(Protocol):
    """What the strategy would have bought on the stored bars, had there been no rule."""

    async def purchases(self) -> tuple[Situation, ...] | Missing:
        """Return the purchases, oldest first, or why there are none to look at."""


class PastMarket(PastPurchases, RuleReplays, Protocol):
    """Both looks at the past of the strategy (bot.operations.replay_child)."""


class EvidenceMaker(Protocol):
    """Says what the past holds for or against a rule (core.services.rules.evidence)."""

    async def of(self, tried: RuleTerms, standing: Sequence[RuleTerms]) -> RuleEvidence:
        """Return the evidence of `tried` beside the other `standing` rules. Raises StorageError."""


class ProposalReading(Protocol):
    """The part of `BooksReading` that reads proposals."""

    async def rule_proposal(self, number: int) -> RuleProposal | None:
        """Return one proposal."""

    async def rule_proposal_on(self, key: str) -> RuleProposal | None:
        """Return the proposal of one occasion."""

    async def rule_proposals_about(self, rule_id: str) -> tuple[RuleProposal, ...]:
        """Return the proposals about one rule, oldest first."""

    async def rule_proposals_in(
        self, states: Collection[ProposalState]
    ) -> tuple[RuleProposal, ...]:
        """Return the proposals in `states`, oldest first."""

    async def last_rule_proposal(self) -> int:
        """Return the number of the newest proposal, 0 before the first."""


class ProposalBooks(ProposalReading, Protocol):
    """The part of `LedgerTransaction` that keeps proposals."""

    async def insert_rule_proposal(self, proposal: RuleProposal) -> None:
        """Store a new proposal. Raises StaleState when its number or its occasion was taken first."""

    async def decide_rule_proposal(self, decided: RuleProposal) -> None:
        """Compare-and-set an OPEN proposal to how it was decided. Raises StaleState."""
