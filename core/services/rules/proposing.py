"""A wish becomes a proposal here: judged by the gate, kept with its evidence, changed by nothing else.

Only the reflection's rules under REFLECTION_APPLY=auto may be in force when this is done.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from core.domain.rule_evidence import RuleEvidence, evidence_text
from core.domain.rule_proposals import (
    ANSWER_DAYS,
    ApplyMode,
    CannotEnd,
    ProposalKind,
    ProposalState,
    RuleProposal,
)
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
from core.ports.ledger import LedgerTransaction
from core.services.rules.adoption_kit import GATE_ACTOR, STANDING, AdoptionKit
from core.services.rules.desk import rule_called
from core.services.rules.past import Past, measured_past, others
from core.services.rules.proposal_rows import insert, waiting_or_known

_NO_TERMS = ""


@dataclass(frozen=True, slots=True)
class Proposing:
    """The half of `core.ports.adoption.RuleProposals` that makes proposals."""

    kit: AdoptionKit

    async def propose(
        self, content: object, *, origin: RuleOrigin, key: str, actor: str
    ) -> RuleProposal | UnreadableRule:
        """Judge decoded JSON or TOML, and keep it with its evidence, open or refused."""
        terms = read_terms(content, self.kit.today())
        if isinstance(terms, UnreadableRule):
            return terms
        await self.kit.book.refresh()
        known = await self._known(key, ProposalKind.ADOPT, terms_text(terms))
        if known is not None:
            return known
        draft = self._draft(ProposalKind.ADOPT, origin, key, actor)
        draft = replace(draft, terms=terms_text(terms), reason=terms.rationale)
        if terms.expires_on is not None:
            draft = replace(draft, closes_on=min(draft.closes_on, terms.expires_on))
        past = await measured_past(self.kit.past)
        # What the gate refuses needs no evidence, which takes a minute.
        faults = self.kit.faults(terms, past)
        if faults:
            refused = replace(
                self.kit.settled(draft, ProposalState.REFUSED, GATE_ACTOR), faults=faults
            )
            return await self.kit.book.in_turn(lambda: self._keep(refused))
        standing = others(self.kit.book, terms)
        evidence = await self.kit.evidence.of(terms, standing)
        past = replace(past, standing=frozenset(standing), replay=evidence.replay)
        return await self.kit.book.in_turn(lambda: self._keep_rule(draft, terms, evidence, past))

    async def propose_end(
        self, rule_id: str, *, origin: RuleOrigin, key: str, actor: str, reason: str
    ) -> RuleProposal | CannotEnd | UnreadableRule:
        """Keep the wish to end a rule, with its evidence. It always waits for a person."""
        if not is_plain(reason, RATIONALE_MAX):
            return UnreadableRule((RuleProblem(RuleFault.TEXT, "reason"),))
        await self.kit.book.refresh()
        rule = rule_called(self.kit.book.rules, rule_id)
        if rule is None:
            return CannotEnd(RuleMove.UNKNOWN_RULE)
        if rule.enforced_by:
            return CannotEnd(RuleMove.SETTING)
        if rule.state not in STANDING or rule.origin is RuleOrigin.SHIPPED:
            return CannotEnd(RuleMove.NOT_NOW)
        known = await self._known(key, ProposalKind.RETIRE, terms_text(rule.terms))
        if known is not None:
            return known
        evidence = await self.kit.evidence.of(rule.terms, others(self.kit.book, rule.terms))
        evidence = self._reaching(evidence, rule.terms, await measured_past(self.kit.past))
        draft = replace(
            self._draft(ProposalKind.RETIRE, origin, key, actor),
            rule_id=rule.rule_id,
            terms=terms_text(rule.terms),
            reason=reason,
            evidence=evidence_text(evidence),
        )
        return await self.kit.book.in_turn(lambda: self._keep(draft))

    async def _known(self, key: str, kind: ProposalKind, terms: str) -> RuleProposal | None:
        """Return the proposal of this occasion, or one that asks for the same and waits."""
        async with self.kit.books.reading() as tx:
            return await waiting_or_known(tx, key, kind, terms)

    def _draft(self, kind: ProposalKind, origin: RuleOrigin, key: str, actor: str) -> RuleProposal:
        now = self.kit.clock.now()
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
            closes_on=self.kit.today() + timedelta(days=ANSWER_DAYS),
        )

    def _was_let_go(self, terms: RuleTerms) -> bool:
        """Whether a rule that does the same was refused, switched off or ended: a person decides."""
        return any(
            rule.origin is not RuleOrigin.SHIPPED
            and (rule.terms.condition, rule.terms.action) == (terms.condition, terms.action)
            and rule.state in (RuleState.REFUSED, RuleState.DISABLED, RuleState.RETIRED)
            for rule in self.kit.book.rules
        )

    async def _keep_rule(
        self, draft: RuleProposal, terms: RuleTerms, evidence: RuleEvidence, past: Past
    ) -> RuleProposal:
        """Store the proposal with its rule; the gate is asked again, for evidence takes its time."""
        known = await self._known(draft.key, draft.kind, draft.terms)
        if known is not None:
            return known
        # What was replayed is of the rules that stood then.
        is_of_now = past.standing == frozenset(others(self.kit.book, terms))
        past = past if is_of_now else replace(past, replay=None)
        evidence = self._reaching(evidence, terms, past)
        draft = replace(draft, evidence=evidence_text(evidence))
        faults = self.kit.faults(terms, past)
        if faults:
            refused = self.kit.settled(draft, ProposalState.REFUSED, GATE_ACTOR)
            return await self._keep(replace(refused, faults=faults))
        is_auto = (
            self.kit.apply is ApplyMode.AUTO
            and draft.origin is RuleOrigin.REFLECTION
            and is_of_now
            and evidence.lets_auto_apply
            and not self._was_let_go(terms)
        )
        if is_auto:
            draft = self.kit.settled(draft, ProposalState.ACCEPTED, GATE_ACTOR)
        kept: list[RuleProposal] = []

        async def beside(tx: LedgerTransaction, rule: Rule) -> None:
            kept.append(await insert(tx, replace(draft, rule_id=rule.rule_id)))

        await self.kit.book.add(
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
        async with self.kit.ledger.transaction() as tx:
            known = await waiting_or_known(tx, draft.key, draft.kind, draft.terms)
            return known if known is not None else await insert(tx, draft)

    def _reaching(self, evidence: RuleEvidence, terms: RuleTerms, past: Past) -> RuleEvidence:
        """Return the evidence with what the rule leaves, together with those that stand now."""
        beside = [rule for rule in self.kit.book.obeyed if rule.terms != terms]
        return replace(evidence, reach=past.reach_of(tried_rule(terms), beside))
