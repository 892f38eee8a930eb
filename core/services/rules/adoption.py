"""Rules are taken on and ended here: proposed with their evidence, decided once, by the gate's leave.

A proposal and the rule it is about change in one transaction, so that a crash leaves both as they
were or both as they are decided. Nothing here makes a rule looser: ending one is the only step
that does, and it always waits for a person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from core.domain.krx import KST
from core.domain.rule_evidence import RuleEvidence, evidence_text
from core.domain.rule_gate import GateFault, StandingBounds, gate_faults
from core.domain.rule_proposals import (
    ANSWER_DAYS,
    Answer,
    ApplyMode,
    CannotEnd,
    Decided,
    ProposalKind,
    ProposalState,
    RuleProposal,
    number_of,
)
from core.domain.rule_reach import reach_of
from core.domain.rule_reading import (
    RATIONALE_MAX,
    RuleFault,
    RuleProblem,
    UnreadableRule,
    is_plain,
    read_terms,
)
from core.domain.rule_record import terms_text
from core.domain.rule_trying import tried_rule
from core.domain.rules import Rule, RuleMove, RuleOrigin, RuleState, RuleTerms
from core.errors import StaleState
from core.ports.adoption import EvidenceMaker, PastPurchases
from core.ports.clock import Clock
from core.ports.ledger import BooksReader, Ledger, LedgerTransaction
from core.ports.rules import RuleKeeper
from core.services.rules.desk import rule_called
from core.services.rules.past import Past, measured_past
from core.services.rules.proposal_rows import decide, insert, waiting_or_known

GATE_ACTOR = "gate"
_STANDING = (RuleState.ACTIVE, RuleState.DISABLED)
_NO_TERMS = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """Implements `core.ports.adoption.RuleProposals`. `apply` is REFLECTION_APPLY.

    `books` reads the same rows as `ledger`.
    """

    book: RuleKeeper
    ledger: Ledger
    books: BooksReader
    evidence: EvidenceMaker
    past: PastPurchases
    bounds: StandingBounds
    clock: Clock
    apply: ApplyMode = ApplyMode.CONFIRM

    async def propose(
        self, content: object, *, origin: RuleOrigin, key: str, actor: str
    ) -> RuleProposal | UnreadableRule:
        """Judge decoded JSON or TOML, and keep it with its evidence, open or refused."""
        terms = read_terms(content, self._today())
        if isinstance(terms, UnreadableRule):
            return terms
        await self.book.refresh()
        known = await self._known(key, ProposalKind.ADOPT, terms_text(terms))
        if known is not None:
            return known
        draft = self._draft(ProposalKind.ADOPT, origin, key, actor)
        draft = replace(draft, terms=terms_text(terms), reason=terms.rationale)
        if terms.expires_on is not None:
            draft = replace(draft, closes_on=min(draft.closes_on, terms.expires_on))
        past = await measured_past(self.past)
        # What the gate refuses needs no evidence, which takes a minute.
        faults = self._faults(terms, past)
        if faults:
            refused = replace(
                self._settled(draft, ProposalState.REFUSED, GATE_ACTOR), faults=faults
            )
            return await self.book.in_turn(lambda: self._keep(refused))
        evidence = await self._evidence(terms)
        return await self.book.in_turn(lambda: self._keep_rule(draft, terms, evidence, past))

    async def propose_end(
        self, rule_id: str, *, origin: RuleOrigin, key: str, actor: str, reason: str
    ) -> RuleProposal | CannotEnd | UnreadableRule:
        """Keep the wish to end a rule, with its evidence. It always waits for a person."""
        if not is_plain(reason, RATIONALE_MAX):
            return UnreadableRule((RuleProblem(RuleFault.TEXT, "reason"),))
        await self.book.refresh()
        rule = rule_called(self.book.rules, rule_id)
        if rule is None:
            return CannotEnd(RuleMove.UNKNOWN_RULE)
        if rule.enforced_by:
            return CannotEnd(RuleMove.SETTING)
        if rule.state not in _STANDING or rule.origin is RuleOrigin.SHIPPED:
            return CannotEnd(RuleMove.NOT_NOW)
        known = await self._known(key, ProposalKind.RETIRE, terms_text(rule.terms))
        if known is not None:
            return known
        evidence = await self._evidence(rule.terms)
        evidence = self._reaching(evidence, rule.terms, await measured_past(self.past))
        draft = replace(
            self._draft(ProposalKind.RETIRE, origin, key, actor),
            rule_id=rule.rule_id,
            terms=terms_text(rule.terms),
            reason=reason,
            evidence=evidence_text(evidence),
        )
        return await self.book.in_turn(lambda: self._keep(draft))

    async def adopt(self, proposal_id: str, actor: str) -> Decided:
        """Do what a proposal wishes for, if the gate still has it. Raises StaleState, StorageError."""
        # Before the turn: looking at the past takes its time, and no rule changes it.
        wished = await self.proposal(proposal_id)
        takes_on = wished is not None and wished.kind is ProposalKind.ADOPT
        past = await measured_past(self.past) if takes_on else ()
        return await self.book.in_turn(lambda: self._adopt(proposal_id, actor, past))

    async def decline(self, proposal_id: str, actor: str) -> Decided:
        """Refuse what a proposal wishes for, for good. Raises StaleState, StorageError."""
        return await self.book.in_turn(lambda: self._decline(proposal_id, actor))

    async def proposal(self, proposal_id: str) -> RuleProposal | None:
        """Return one proposal by its id, or the newest one about a rule by the rule's id."""
        typed = proposal_id.strip().upper()
        number = number_of(typed)
        async with self.books.reading() as tx:
            if number is not None:
                return await tx.rule_proposal(number)
            about = await tx.rule_proposals_about(typed) if typed else ()
        return about[-1] if about else None

    async def open_proposals(self) -> tuple[RuleProposal, ...]:
        """Return what waits for an answer, oldest first."""
        async with self.books.reading() as tx:
            return await tx.rule_proposals_in({ProposalState.OPEN})

    async def lapse_due(self) -> tuple[RuleProposal, ...]:
        """End the proposals that nobody answered in time, or whose rule is gone; return them."""
        return await self.book.in_turn(self._lapse_due)

    async def lapsed_since(self, start: datetime) -> tuple[RuleProposal, ...]:
        """Return the proposals that lapsed from `start` on, oldest first. Raises StorageError."""
        async with self.books.reading() as tx:
            lapsed = await tx.rule_proposals_in({ProposalState.LAPSED})
        return tuple(
            one for one in lapsed if one.decided_at is not None and one.decided_at >= start
        )

    async def _known(self, key: str, kind: ProposalKind, terms: str) -> RuleProposal | None:
        """Return the proposal of this occasion, or one that asks for the same and waits."""
        async with self.books.reading() as tx:
            return await waiting_or_known(tx, key, kind, terms)

    def _draft(self, kind: ProposalKind, origin: RuleOrigin, key: str, actor: str) -> RuleProposal:
        now = self.clock.now()
        return RuleProposal(
            number=0,
            key=key,
            kind=kind,
            origin=origin,
            rule_id="",
            terms=_NO_TERMS,
            reason="",
            evidence="",
            faults=(),
            state=ProposalState.OPEN,
            actor=actor,
            at=now,
            closes_on=self._today() + timedelta(days=ANSWER_DAYS),
        )

    def _was_let_go(self, terms: RuleTerms) -> bool:
        """Whether a rule that does the same was refused, switched off or ended: a person decides."""
        return any(
            rule.origin is not RuleOrigin.SHIPPED
            and (rule.terms.condition, rule.terms.action) == (terms.condition, terms.action)
            and rule.state in (RuleState.REFUSED, RuleState.DISABLED, RuleState.RETIRED)
            for rule in self.book.rules
        )

    async def _keep_rule(
        self, draft: RuleProposal, terms: RuleTerms, evidence: RuleEvidence, past: Past
    ) -> RuleProposal:
        """Store the proposal with its rule; the gate is asked again, for evidence takes its time."""
        known = await self._known(draft.key, draft.kind, draft.terms)
        if known is not None:
            return known
        evidence = self._reaching(evidence, terms, past)
        draft = replace(draft, evidence=evidence_text(evidence))
        faults = self._faults(terms, past)
        if faults:
            refused = self._settled(draft, ProposalState.REFUSED, GATE_ACTOR)
            return await self._keep(replace(refused, faults=faults))
        is_auto = (
            self.apply is ApplyMode.AUTO
            and draft.origin is RuleOrigin.REFLECTION
            and evidence.lets_auto_apply
            and not self._was_let_go(terms)
        )
        if is_auto:
            draft = self._settled(draft, ProposalState.ACCEPTED, GATE_ACTOR)
        kept: list[RuleProposal] = []

        async def beside(tx: LedgerTransaction, rule: Rule) -> None:
            kept.append(await insert(tx, replace(draft, rule_id=rule.rule_id)))

        await self.book.add(
            terms,
            draft.origin,
            RuleState.ACTIVE if is_auto else RuleState.PROPOSED,
            actor=GATE_ACTOR if is_auto else draft.actor,
            reason=draft.key,
            evidence=draft.evidence,
            beside=beside,
        )
        return kept[-1]

    async def _keep(self, draft: RuleProposal) -> RuleProposal:
        async with self.ledger.transaction() as tx:
            known = await waiting_or_known(tx, draft.key, draft.kind, draft.terms)
            return known if known is not None else await insert(tx, draft)

    async def _adopt(self, proposal_id: str, actor: str, past: Past) -> Decided:
        found = await self._answerable(proposal_id, ProposalState.ACCEPTED)
        if isinstance(found, Decided):
            return found
        proposal, rule = found
        reach = None
        if proposal.kind is ProposalKind.ADOPT:
            faults = self._faults(rule.terms, past)
            if faults:
                return Decided(answer=Answer.GATE, proposal=proposal, faults=faults)
            # What stands may have changed since the proposal said how far it reaches.
            reach = reach_of(rule, self.book.obeyed, past)
        takes_on = proposal.kind is ProposalKind.ADOPT
        to = RuleState.ACTIVE if takes_on else RuleState.RETIRED
        decided = self._settled(proposal, ProposalState.ACCEPTED, actor)
        await self._move(rule, to, decided)
        return Decided(answer=Answer.DONE, proposal=decided, reach=reach)

    async def _decline(self, proposal_id: str, actor: str) -> Decided:
        found = await self._answerable(proposal_id, ProposalState.DECLINED)
        if isinstance(found, Decided):
            return found
        proposal, rule = found
        decided = self._settled(proposal, ProposalState.DECLINED, actor)
        await self._refuse(rule, decided)
        return Decided(answer=Answer.DONE, proposal=decided)

    async def _answerable(
        self, proposal_id: str, wanted: ProposalState
    ) -> Decided | tuple[RuleProposal, Rule]:
        """Return an open proposal and the rule it is about, or what is to be answered instead."""
        await self.book.refresh()
        proposal = await self.proposal(proposal_id)
        if proposal is None or _ends_by_its_rule(proposal_id, proposal):
            return Decided(answer=Answer.UNKNOWN)
        if proposal.state is not ProposalState.OPEN:
            return Decided(answer=_answer(proposal.state, wanted), proposal=proposal)
        rule = self._rule_of(proposal)
        if rule is None or self._today() > proposal.closes_on:
            lapsed = self._settled(proposal, ProposalState.LAPSED, GATE_ACTOR)
            await self._refuse(rule, lapsed)
            return Decided(answer=Answer.LAPSED, proposal=lapsed)
        return proposal, rule

    def _rule_of(self, proposal: RuleProposal) -> Rule | None:
        """Return the rule, where it still stands as it did when it was wished for."""
        rule = rule_called(self.book.rules, proposal.rule_id)
        if proposal.kind is ProposalKind.ADOPT:
            stands: tuple[RuleState, ...] = (RuleState.PROPOSED,)
        else:
            stands = _STANDING
        return rule if rule is not None and rule.state in stands else None

    async def _refuse(self, rule: Rule | None, decided: RuleProposal) -> None:
        """Decide a proposal against what it wished for; a rule that was only proposed goes too."""
        if rule is not None and rule.state is RuleState.PROPOSED:
            await self._move(rule, RuleState.REFUSED, decided)
            return
        async with self.ledger.transaction() as tx:
            await decide(tx, decided)

    async def _move(self, rule: Rule, to: RuleState, decided: RuleProposal) -> None:
        async def beside(tx: LedgerTransaction, _rule: Rule) -> None:
            await decide(tx, decided)

        moved = await self.book.move(
            rule.rule_id,
            to,
            actor=decided.decided_by,
            reason=decided.proposal_id,
            beside=beside,
        )
        if moved is not RuleMove.DONE:
            raise StaleState(f"rule {rule.rule_id} changed while {decided.proposal_id} was decided")

    async def _lapse_due(self) -> tuple[RuleProposal, ...]:
        await self.book.refresh()
        lapsed = []
        for proposal in await self.open_proposals():
            rule = self._rule_of(proposal)
            if rule is not None and self._today() <= proposal.closes_on:
                continue
            over = self._settled(proposal, ProposalState.LAPSED, GATE_ACTOR)
            await self._refuse(rule, over)
            lapsed.append(over)
        return tuple(lapsed)

    def _settled(self, proposal: RuleProposal, state: ProposalState, by: str) -> RuleProposal:
        return replace(proposal, state=state, decided_by=by, decided_at=self.clock.now())

    def _faults(self, terms: RuleTerms, past: Past) -> tuple[GateFault, ...]:
        return gate_faults(terms, self.book.rules, self.bounds, past)

    def _reaching(self, evidence: RuleEvidence, terms: RuleTerms, past: Past) -> RuleEvidence:
        """Return the evidence with what the rule leaves, together with those that stand now."""
        others = [rule for rule in self.book.obeyed if rule.terms != terms]
        return replace(evidence, reach=reach_of(tried_rule(terms), others, past))

    async def _evidence(self, terms: RuleTerms) -> RuleEvidence:
        standing = [rule.terms for rule in self.book.obeyed if rule.terms != terms]
        return await self.evidence.of(terms, standing)

    def _today(self) -> date:
        return self.clock.now().astimezone(KST).date()


def _answer(found: ProposalState, wanted: ProposalState) -> Answer:
    if found is wanted:
        return Answer.ALREADY
    return Answer.LAPSED if found is ProposalState.LAPSED else Answer.DECIDED


def _ends_by_its_rule(typed: str, proposal: RuleProposal) -> bool:
    """Whether an end was named by its rule: "adopt R3" would end R3, which nobody means by it."""
    return proposal.kind is ProposalKind.RETIRE and number_of(typed.strip().upper()) is None
