"""Taking back, in one press, what a proposal of a rule did once it was accepted."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from core.domain.krx import KST
from core.domain.rule_gate import StandingBounds
from core.domain.rule_proposals import Answer, Decided, ProposalKind, ProposalState, RuleProposal
from core.domain.rule_reading import UnreadableRule, read_terms
from core.domain.rule_trying import tried_rule
from core.domain.rules import RuleMove, RuleOrigin, RuleState, RuleTerms
from core.ports.adoption import PastMarket, RuleProposals
from core.ports.clock import Clock
from core.ports.ledger import BooksReader
from core.ports.rules import RuleKeeper
from core.services.rules.desk import rule_called
from core.services.rules.past import Past, in_turn_by_the_past, looked_at

BACK = "back"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleUndo:
    """Undoes accepted proposals. Who may is asked before this.

    `books` reads the rows that `book` writes.
    """

    proposals: RuleProposals
    book: RuleKeeper
    books: BooksReader
    past: PastMarket
    bounds: StandingBounds
    clock: Clock

    async def take_back(self, proposal_id: str, actor: str) -> Decided:
        """Undo what a proposal did: switch its rule off, or take the ended one on again.

        An ended rule comes back under a new id of its own origin, which the proposal of the answer
        names: through the gate, or switched off where it was off when it ended. DECIDED is what was not accepted,
        or cannot come back; ALREADY is what is switched off. Raises StaleState, StorageError.
        """
        await self.book.refresh()
        terms = await self._begins(await self.proposals.proposal(proposal_id))
        return await in_turn_by_the_past(
            self.past, self.book, terms, lambda past: self._take_back(proposal_id, actor, past)
        )

    async def _begins(self, undone: RuleProposal | None) -> RuleTerms | None:
        """Return the terms that would be kept again now, None where none would be."""
        if (
            undone is None
            or undone.kind is not ProposalKind.RETIRE
            or undone.state is not ProposalState.ACCEPTED
        ):
            return None
        terms = self._terms_today(undone)
        if isinstance(terms, UnreadableRule) or self._is_back_and_off(terms):
            return None
        return terms if await self._state_before(undone) is RuleState.ACTIVE else None

    def _terms_today(self, ended: RuleProposal) -> RuleTerms | UnreadableRule:
        return read_terms(json.loads(ended.terms), self.clock.now().astimezone(KST).date())

    def _is_back_and_off(self, terms: RuleTerms) -> bool:
        return any(
            rule.terms == terms and rule.state is RuleState.DISABLED for rule in self.book.rules
        )

    async def _take_back(self, proposal_id: str, actor: str, past: Past | None) -> Decided:
        # What another process adopted is in its rows, not in this book yet.
        await self.book.refresh()
        proposal = await self.proposals.proposal(proposal_id)
        if proposal is None:
            return Decided(answer=Answer.UNKNOWN)
        if proposal.state is not ProposalState.ACCEPTED:
            return Decided(answer=Answer.DECIDED, proposal=proposal)
        if proposal.kind is ProposalKind.ADOPT:
            return await self._switched_off(proposal, actor)
        return await self._taken_on_again(proposal, actor, past)

    async def _switched_off(self, proposal: RuleProposal, actor: str) -> Decided:
        moved = await self.book.move(
            proposal.rule_id,
            RuleState.DISABLED,
            actor=actor,
            reason=f"{BACK} {proposal.proposal_id}",
        )
        if moved is RuleMove.DONE:
            return Decided(answer=Answer.DONE, proposal=proposal)
        rule = rule_called(self.book.rules, proposal.rule_id)
        is_off = rule is not None and rule.state in (RuleState.DISABLED, RuleState.RETIRED)
        return Decided(answer=Answer.ALREADY if is_off else Answer.UNKNOWN, proposal=proposal)

    async def _taken_on_again(self, ended: RuleProposal, actor: str, past: Past | None) -> Decided:
        """Take the rule on as a new one: a person's wish, so that no evidence is asked for."""
        terms = self._terms_today(ended)
        if isinstance(terms, UnreadableRule):
            # Its last day is over: it can come back only as another rule.
            return Decided(answer=Answer.DECIDED, proposal=ended)
        if self._is_back_and_off(terms):
            return Decided(answer=Answer.ALREADY, proposal=ended)
        state = await self._state_before(ended)
        reach, held = None, None
        # One that is off forbids nothing: the gate is asked when somebody switches it on.
        if state is RuleState.ACTIVE:
            past = looked_at(past)
            faults = past.faults(terms, self.book.rules, self.bounds)
            if faults:
                return Decided(answer=Answer.GATE, proposal=ended, faults=faults)
            reach, held = past.reach_of(tried_rule(terms), self.book.obeyed), past.held
        rule = await self.book.add(
            terms,
            self._origin(ended),
            state,
            actor=actor,
            reason=f"{BACK} {ended.proposal_id}",
            evidence=ended.evidence,
        )
        proposal = replace(ended, rule_id=rule.rule_id)
        return Decided(answer=Answer.DONE, proposal=proposal, reach=reach, held=held)

    def _origin(self, ended: RuleProposal) -> RuleOrigin:
        """Return who wrote the rule that was ended; who wished for its end is no matter."""
        rule = rule_called(self.book.rules, ended.rule_id)
        return ended.origin if rule is None else rule.origin

    async def _state_before(self, ended: RuleProposal) -> RuleState:
        """Return how the rule stood when it was ended."""
        async with self.books.reading() as tx:
            history = await tx.rule_history(ended.rule_id)
        was_off = len(history) > 1 and history[-2].state is RuleState.DISABLED
        return RuleState.DISABLED if was_off else RuleState.ACTIVE
