"""Ends rules whose last day is over, or whose falsifier came true. Once a day, before the cycle.

Then the proposals that nobody answered lapse. A rule that ended is told: it was kept. A proposal
that lapsed changed nothing, so that it is only said where it was asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from core.domain.krx import KST
from core.domain.leg_record import LegRecord
from core.domain.rule_outcomes import distinct, measured_of
from core.domain.rule_proposals import RuleProposal
from core.domain.rules import Rule, RuleMove, RuleState, is_expired, is_falsified
from core.ports.clock import Clock
from core.ports.ledger import BooksReader
from core.ports.phrases import Phrases
from core.ports.rules import RuleKeeper
from core.ports.surface import AlertSurface
from core.services.rules.wording import falsifier_words, rule_words

ACTOR = "rules"
SHOWN_AGAIN = timedelta(days=7)


class MeasuredLegs(Protocol):
    """The part of `core.ports.reflection.OutcomeArchive` that is read here."""

    async def leg(self, record_id: str) -> LegRecord | None:
        """Return one leg with its outcomes."""


class Lapses(Protocol):
    """The part of `core.services.rules.adoption` that is needed here."""

    async def lapse_due(self) -> object:
        """End the proposals that nobody answered in time."""

    async def lapsed_since(self, start: datetime) -> tuple[RuleProposal, ...]:
        """Return the proposals that lapsed from `start` on."""


class LapseTeller(Protocol):
    """Shows lapses where the proposals were shown (core.flows.week_lapses)."""

    async def show(self, lapsed: Iterable[RuleProposal]) -> None:
        """Show that these lapsed, where that is not to be seen yet. Never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEnder:
    """Retires rules, and says so. A retired rule never comes back by itself."""

    book: RuleKeeper
    proposals: Lapses
    teller: LapseTeller
    books: BooksReader
    legs: MeasuredLegs
    alerts: AlertSurface
    clock: Clock
    phrases: Phrases

    async def end_due(self) -> tuple[str, ...]:
        """End what is due; return the ids. Raises StorageError."""
        ended = []
        await self.book.refresh()
        for rule in self.book.rules:
            if rule.state not in (RuleState.ACTIVE, RuleState.DISABLED):
                continue
            why = await self._why(rule)
            if not why:
                continue
            moved = await self.book.move(rule.rule_id, RuleState.RETIRED, actor=ACTOR, reason=why)
            if moved is RuleMove.DONE:
                ended.append(rule.rule_id)
                await self._tell(rule, why)
        await self.proposals.lapse_due()
        # Also those of the days before: nobody may have been connected then.
        await self.teller.show(await self.proposals.lapsed_since(self.clock.now() - SHOWN_AGAIN))
        return tuple(ended)

    async def _why(self, rule: Rule) -> str:
        """Return the reason as it is stored, "" while the rule stands."""
        today = self.clock.now().astimezone(KST).date()
        if is_expired(rule, today):
            return "expired"
        if not rule.terms.falsifier:
            return ""
        async with self.books.reading() as tx:
            history = await tx.rule_history(rule.rule_id)
            effects = await tx.rule_effects_of(rule.rule_id)
        legs = [await self.legs.leg(effect.record_id) for effect in distinct(effects)]
        avoided = [leg for leg in legs if leg is not None]
        return "falsified" if is_falsified(rule, measured_of(history, avoided, today)) else ""

    async def _tell(self, rule: Rule, why: str) -> None:
        say = self.phrases.say
        text = say(
            f"rules.ended_{why}",
            id=rule.rule_id,
            line=rule_words(rule, self.phrases),
            day=rule.terms.expires_on,
            falsifier=falsifier_words(rule.terms.falsifier, self.phrases),
        )
        await self.alerts.alert(say("rules.ended_title"), text)
