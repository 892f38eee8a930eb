"""The rules of a week (M3): asked of the model where factors hold, then judged by others.

Two nodes, so that a crash between them neither asks twice nor proposes twice: the wishes are a row
before anybody judges them, and a wish is known again by what it says.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date

from core.domain.decision_prompt import plain
from core.domain.factors import Factors, FactorState
from core.domain.krx import KST
from core.domain.prompts import text_hash
from core.domain.reflection import Week, WeekNumbers
from core.domain.rule_proposals import RuleProposal
from core.domain.rule_record import terms_text
from core.domain.rule_wishes import (
    EndWish,
    NewWish,
    RuleNote,
    RuleSearch,
    SearchState,
    WeekRule,
)
from core.domain.rules import Rule, RuleOrigin, RuleState
from core.flows.week_kit import WeekKit
from core.ports.reflecting import Reflector, RuleReply, Sections
from core.services.rules.wording import condition_words, falsifier_words, rule_words
from core.services.sessions.figures import FigureMarker, KnownFigures

ACTOR = "reflection"
WHY_CHARACTERS_MAX = 400
_HASH_DIGITS = 16
# What the model is shown and may wish to end; the ended and the refused are history.
_SHOWN = (RuleState.ACTIVE, RuleState.DISABLED, RuleState.PROPOSED)


@dataclass(frozen=True, slots=True)
class WeekRules:
    """Asks for rules and hands them to who judges. It changes no rule itself."""

    kit: WeekKit

    async def searched(self, numbers: WeekNumbers, factors: Factors) -> RuleSearch:
        """Ask for rules where a factor held; say why not where nobody was asked."""
        reflector = self.kit.reflector
        if reflector is None:
            return RuleSearch(state=SearchState.OFFLINE)
        if factors.state is FactorState.FAILED:
            return RuleSearch(state=SearchState.UNFOUNDED)
        if not factors.factors:
            return RuleSearch(state=SearchState.NOTHING)
        return await self._asked(reflector, numbers, factors)

    async def _asked(
        self, reflector: Reflector, numbers: WeekNumbers, factors: Factors
    ) -> RuleSearch:
        today = self.kit.clock.now().astimezone(KST).date()
        sections = self._sections(numbers, factors, today)
        reply = await reflector.rules(sections, today)
        if reply.fault is not None:
            return RuleSearch(
                state=SearchState.FAILED, fault=reply.fault.value, call_id=reply.call_id
            )
        return self._kept(reply, sections)

    def _sections(self, numbers: WeekNumbers, factors: Factors, today: date) -> Sections:
        told = [
            {
                "kind": item.kind.value,
                "viewpoint": item.viewpoint.value,
                "text": item.text,
                "frequency": item.frequency,
                "impact_won": item.impact_won,
                "hypothetical": item.hypothetical,
            }
            for item in factors.factors
        ]
        rules = [self._told(rule) for rule in self.kit.rules.rules if rule.state in _SHOWN]
        return (
            ("week", _dumped(asdict(numbers))),
            ("factors", _dumped(told)),
            ("rules", _dumped(rules)),
            ("today", today.isoformat()),
        )

    def _told(self, rule: Rule) -> dict[str, object]:
        return {
            "id": rule.rule_id,
            "state": rule.state.value,
            "since": rule.since.isoformat(),
            "kept_by_setting": rule.enforced_by,
            "rule": rule_words(rule, self.kit.phrases),
            "falsifier": falsifier_words(rule.terms.falsifier, self.kit.phrases),
        }

    def _kept(self, reply: RuleReply, sections: Sections) -> RuleSearch:
        """Return the answer with its words marked: figures that were not shown say so."""
        known = KnownFigures(tuple(item.name for item in self.kit.instruments))
        for _kind, text in sections:
            known.learn_result(text)
        for terms in reply.new:
            known.learn_text(condition_words(terms.condition, self.kit.phrases))
        marker = FigureMarker(known, self.kit.phrases.say("sessions.unsourced"))

        def shown(text: str) -> str:
            return marker.marked(plain(text, WHY_CHARACTERS_MAX))

        return RuleSearch(
            state=SearchState.ASKED,
            new=tuple(NewWish(terms_text(item), shown(item.rationale)) for item in reply.new),
            ends=reply.ends,
            why=tuple(shown(item.reason) for item in reply.ends),
            call_id=reply.call_id,
        )

    async def judged(self, week: Week, search: RuleSearch) -> RuleNote:
        """Have each wish judged and kept; what is no rule, or cannot be ended, is counted."""
        made: list[WeekRule] = []
        for wish in search.new:
            found = await self.kit.proposals.propose(
                json.loads(wish.terms),
                origin=RuleOrigin.REFLECTION,
                key=_key(week, "new", wish.terms),
                actor=ACTOR,
            )
            if isinstance(found, RuleProposal):
                made.append(WeekRule(found, wish.why))
        for end, why in zip(search.ends, search.why, strict=True):
            proposal = await self._end(week, end)
            if proposal is not None:
                made.append(WeekRule(proposal, why))
        wishes = len(search.new) + len(search.ends)
        return RuleNote(
            state=search.state,
            rules=tuple({item.proposal.proposal_id: item for item in made}.values()),
            dropped=wishes - len(made),
            fault=search.fault,
        )

    async def _end(self, week: Week, wish: EndWish) -> RuleProposal | None:
        found = await self.kit.proposals.propose_end(
            wish.rule_id,
            origin=RuleOrigin.REFLECTION,
            key=_key(week, "end", wish.rule_id),
            actor=ACTOR,
            reason=wish.reason,
        )
        return found if isinstance(found, RuleProposal) else None

    async def as_now(self, note: RuleNote) -> RuleNote:
        """Return the note with its proposals as they stand now. Raises StorageError."""
        found = [
            WeekRule(
                await self.kit.proposals.proposal(item.proposal.proposal_id) or item.proposal,
                item.why,
            )
            for item in note.rules
        ]
        return replace(note, rules=tuple(found))

    def lines(self) -> tuple[str, ...]:
        """Return the rules that the engine obeys now, in words made by code, for the prompt."""
        return tuple(
            f"{rule.rule_id}: {rule_words(rule, self.kit.phrases)}"
            for rule in self.kit.rules.obeyed
        )


def _key(week: Week, kind: str, text: str) -> str:
    """Return the name of the occasion; the same wish in the same week is the same proposal."""
    return f"{ACTOR}:{week}:{kind}:{text_hash(text)[:_HASH_DIGITS]}"


def week_named(proposal: RuleProposal) -> str:
    """Return the week that a proposal was made in, as `_key` wrote it; "" for a person's."""
    source, _, rest = proposal.key.partition(":")
    return rest.partition(":")[0] if source == ACTOR else ""


def _dumped(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, default=str)
