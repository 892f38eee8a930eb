"""A proposal is answered here, once: taken on by the gate's leave, declined, or lapsed unanswered."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.rule_proposals import (
    Answer,
    Decided,
    ProposalKind,
    ProposalState,
    RuleProposal,
    number_of,
)
from core.domain.rules import Rule, RuleMove, RuleState, RuleTerms
from core.errors import StaleState
from core.ports.ledger import LedgerTransaction
from core.services.rules.adoption_kit import GATE_ACTOR, STANDING, AdoptionKit
from core.services.rules.desk import rule_called
from core.services.rules.past import Past, in_turn_by_the_past, looked_at
from core.services.rules.proposal_rows import decide


@dataclass(frozen=True, slots=True)
class Answering:
    """The half of `core.ports.adoption.RuleProposals` that decides proposals."""

    kit: AdoptionKit

    async def adopt(self, proposal_id: str, actor: str) -> Decided:
        """Do what a proposal wishes for, if the gate still has it. Raises StaleState, StorageError."""
        kit = self.kit
        await kit.book.refresh()
        terms = self._begins(await kit.proposal(proposal_id))
        return await in_turn_by_the_past(
            kit.past, kit.book, terms, lambda past: self._adopt(proposal_id, actor, past)
        )

    async def decline(self, proposal_id: str, actor: str) -> Decided:
        """Refuse what a proposal wishes for, for good. Raises StaleState, StorageError."""
        return await self.kit.book.in_turn(lambda: self._decline(proposal_id, actor))

    async def lapse_due(self) -> tuple[RuleProposal, ...]:
        """End the proposals that nobody answered in time, or whose rule is gone; return them."""
        return await self.kit.book.in_turn(self._lapse_due)

    def _begins(self, wished: RuleProposal | None) -> RuleTerms | None:
        """Return the terms that a yes would put in force now, None where it would put none."""
        if (
            wished is None
            or wished.kind is not ProposalKind.ADOPT
            or wished.state is not ProposalState.OPEN
            or self.kit.today() > wished.closes_on
        ):
            return None
        rule = self._rule_of(wished)
        return None if rule is None else rule.terms

    async def _adopt(self, proposal_id: str, actor: str, past: Past | None) -> Decided:
        found = await self._answerable(proposal_id, ProposalState.ACCEPTED)
        if isinstance(found, Decided):
            return found
        proposal, rule = found
        reach, held = None, None
        if proposal.kind is ProposalKind.ADOPT:
            past = looked_at(past)
            faults = self.kit.faults(rule.terms, past)
            if faults:
                return Decided(answer=Answer.GATE, proposal=proposal, faults=faults)
            # What stands may have changed since the proposal said how far it reaches.
            reach, held = past.reach_of(rule, self.kit.book.obeyed), past.held
        takes_on = proposal.kind is ProposalKind.ADOPT
        to = RuleState.ACTIVE if takes_on else RuleState.RETIRED
        decided = self.kit.settled(proposal, ProposalState.ACCEPTED, actor)
        await self._move(rule, to, decided)
        return Decided(answer=Answer.DONE, proposal=decided, reach=reach, held=held)

    async def _decline(self, proposal_id: str, actor: str) -> Decided:
        found = await self._answerable(proposal_id, ProposalState.DECLINED)
        if isinstance(found, Decided):
            return found
        proposal, rule = found
        decided = self.kit.settled(proposal, ProposalState.DECLINED, actor)
        await self._refuse(rule, decided)
        return Decided(answer=Answer.DONE, proposal=decided)

    async def _answerable(
        self, proposal_id: str, wanted: ProposalState
    ) -> Decided | tuple[RuleProposal, Rule]:
        """Return an open proposal and the rule it is about, or what is to be answered instead."""
        await self.kit.book.refresh()
        proposal = await self.kit.proposal(proposal_id)
        if proposal is None or _ends_by_its_rule(proposal_id, proposal):
            return Decided(answer=Answer.UNKNOWN)
        if proposal.state is not ProposalState.OPEN:
            return Decided(answer=_answer(proposal.state, wanted), proposal=proposal)
        rule = self._rule_of(proposal)
        if rule is None or self.kit.today() > proposal.closes_on:
            lapsed = self.kit.settled(proposal, ProposalState.LAPSED, GATE_ACTOR)
            await self._refuse(rule, lapsed)
            return Decided(answer=Answer.LAPSED, proposal=lapsed)
        return proposal, rule

    def _rule_of(self, proposal: RuleProposal) -> Rule | None:
        """Return the rule, where it still stands as it did when it was wished for."""
        rule = rule_called(self.kit.book.rules, proposal.rule_id)
        if proposal.kind is ProposalKind.ADOPT:
            stands: tuple[RuleState, ...] = (RuleState.PROPOSED,)
        else:
            stands = STANDING
        return rule if rule is not None and rule.state in stands else None

    async def _refuse(self, rule: Rule | None, decided: RuleProposal) -> None:
        """Decide a proposal against what it wished for; a rule that was only proposed goes too."""
        if rule is not None and rule.state is RuleState.PROPOSED:
            await self._move(rule, RuleState.REFUSED, decided)
            return
        async with self.kit.ledger.transaction() as tx:
            await decide(tx, decided)

    async def _move(self, rule: Rule, to: RuleState, decided: RuleProposal) -> None:
        async def beside(tx: LedgerTransaction, _rule: Rule) -> None:
            await decide(tx, decided)

        moved = await self.kit.book.move(
            rule.rule_id,
            to,
            actor=decided.decided_by,
            reason=decided.proposal_id,
            beside=beside,
        )
        if moved is not RuleMove.DONE:
            raise StaleState(f"rule {rule.rule_id} changed while {decided.proposal_id} was decided")

    async def _lapse_due(self) -> tuple[RuleProposal, ...]:
        await self.kit.book.refresh()
        lapsed = []
        for proposal in await self.kit.in_state(ProposalState.OPEN):
            rule = self._rule_of(proposal)
            if rule is not None and self.kit.today() <= proposal.closes_on:
                continue
            over = self.kit.settled(proposal, ProposalState.LAPSED, GATE_ACTOR)
            await self._refuse(rule, over)
            lapsed.append(over)
        return tuple(lapsed)


def _answer(found: ProposalState, wanted: ProposalState) -> Answer:
    if found is wanted:
        return Answer.ALREADY
    return Answer.LAPSED if found is ProposalState.LAPSED else Answer.DECIDED


def _ends_by_its_rule(typed: str, proposal: RuleProposal) -> bool:
    """Whether an end was named by its rule: "adopt R3" would end R3, which nobody means by it."""
    return proposal.kind is ProposalKind.RETIRE and number_of(typed.strip().upper()) is None
