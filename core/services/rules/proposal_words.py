"""A proposal told to people: what it wishes for, why, what speaks for it, and what came of a press."""

from __future__ import annotations

from collections.abc import Iterable

from core.domain.krx import KST
from core.domain.rule_evidence import evidence_of
from core.domain.rule_gate import GateFault
from core.domain.rule_proposals import Decided, ProposalState, RuleProposal
from core.domain.rule_record import terms_of
from core.domain.rules import RuleOrigin
from core.ports.phrases import Phrases
from core.services.rules.evidence_words import evidence_lines, left_words, reach_lines
from core.services.rules.wording import condition_words, falsifier_words


def proposal_line(proposal: RuleProposal, phrases: Phrases) -> str:
    """Return a proposal in one line: its id, how it stands, what it wishes for."""
    say = phrases.say
    terms = terms_of(proposal.terms)
    line = say("rules.unknown")
    if terms is not None:
        line = say(
            "rules.line",
            condition=condition_words(terms.condition, phrases),
            action=say(f"rules.action_{terms.action.value}"),
        )
    return say(
        f"rules.proposal_{proposal.kind.value}",
        id=proposal.proposal_id,
        state=say(f"rules.proposal_state_{proposal.state.value}"),
        rule=proposal.rule_id or "–",
        line=line,
    )


def proposal_lines(proposal: RuleProposal, phrases: Phrases) -> tuple[str, ...]:
    """Return a proposal in full, line by line, with its evidence as it was when it was made."""
    say = phrases.say
    lines = [proposal_line(proposal, phrases)]
    if proposal.reason and proposal.origin is RuleOrigin.REFLECTION:
        lines.append(say("rules.model_words"))
    if proposal.reason:
        lines.append(say("rules.rationale", rationale=proposal.reason))
    if proposal.faults:
        lines.append(gate_words(proposal.faults, phrases))
    terms, evidence = terms_of(proposal.terms), evidence_of(proposal.evidence)
    if terms is not None:
        words = falsifier_words(terms.falsifier, phrases)
        lines.append(say("rules.falsifier", falsifier=words))
        lines.append(say("rules.expires", day=terms.expires_on))
    if evidence is not None:
        lines += reach_lines(evidence, proposal.kind, phrases)
        lines += evidence_lines(evidence, phrases)
    if proposal.state is ProposalState.OPEN:
        lines.append(say("rules.proposal_closes", day=proposal.closes_on))
    elif proposal.decided_at is not None:
        at = proposal.decided_at.astimezone(KST)
        lines.append(
            say("rules.proposal_decided", who=proposal.decided_by, at=f"{at:%Y-%m-%d %H:%M}")
        )
    return tuple(lines)


def answered(decided: Decided, typed: str, phrases: Phrases) -> str:
    """Return what came of a press, in a few sentences."""
    say, proposal = phrases.say, decided.proposal
    if proposal is None:
        return say("rules.unknown_proposal", id=typed)
    line = proposal_line(proposal, phrases)
    said = say(f"rules.answer_{decided.answer.value}", line=line)
    left = " ".join(left_words(decided, phrases))
    if left:
        return f"{said} {left}"
    return f"{said} {gate_words(decided.faults, phrases)}" if decided.faults else said


def gate_words(faults: Iterable[GateFault], phrases: Phrases) -> str:
    """Return why the gate does not have a rule."""
    return " ".join(phrases.say(f"rules.gate_{fault.value}") for fault in faults)
