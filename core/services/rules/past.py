"""What was looked at of the past before a rule begins to be kept, and acting on it in the book's turn.

Looking takes its time and happens before the turn. Purchases hold whatever rules stand; what stays
held where rules sell is of one set of rules, and is looked at again when that set has changed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from core.domain.rule_evidence import Missing, ReplayFigures, Unshown
from core.domain.rule_facts import FactUse
from core.domain.rule_gate import GateFault, StandingBounds, gate_faults
from core.domain.rule_held import Held
from core.domain.rule_reach import Basis, Reach, Situation, reach_of
from core.domain.rules import Rule, RuleTerms
from core.errors import StaleState
from core.ports.adoption import PastMarket, PastPurchases
from core.ports.rules import RuleKeeper

# How often the rules may change while the past is looked at before it is given up.
_TRIES = 3

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What was counted. Without purchases the usual ranges are looked at; `has_failed` says why.

    `replay` is of the tried rule beside those of `standing`, None where nothing had to be replayed.
    """

    purchases: tuple[Situation, ...] = ()
    has_failed: bool = False
    standing: frozenset[RuleTerms] = frozenset()
    replay: ReplayFigures | Missing | None = None

    @property
    def held(self) -> Held | Missing | None:
        """What stays held, why that is not known, or None where it was not asked."""
        return self.replay.held if isinstance(self.replay, ReplayFigures) else self.replay

    def reach_of(self, tried: Rule, standing: Iterable[Rule]) -> Reach:
        """Return what the rules leave of the purchases; a count that failed says so."""
        found = reach_of(tried, standing, self.purchases)
        return replace(found, basis=Basis.FAILED) if self.has_failed else found

    def faults(
        self, terms: RuleTerms, rules: Iterable[Rule], bounds: StandingBounds
    ) -> tuple[GateFault, ...]:
        """Return why a rule may not stand beside the active ones of `rules`."""
        held = self.held
        known = None if isinstance(held, Missing) else held
        return gate_faults(terms, rules, bounds, self.purchases, known)


async def measured_past(source: PastPurchases) -> Past:
    """Return the purchases that were measured, and whether looking for them failed."""
    found = await source.purchases()
    if isinstance(found, Missing):
        return Past(has_failed=found.why is Unshown.FAILED)
    return Past(purchases=found)


def looked_at(past: Past | None) -> Past:
    """Return the past that a rule which begins is judged by. Raises StaleState where nobody looked.

    Whether it begins is asked before the turn, to spare who changes nothing a replay; what has
    changed since must not begin uncounted.
    """
    if past is None:
        raise StaleState("a rule would begin that did not when the past was to be looked at")
    return past


def others(book: RuleKeeper, terms: RuleTerms) -> list[RuleTerms]:
    """Return the rules that are obeyed now, without one that says the same as `terms`."""
    return [rule.terms for rule in book.obeyed if rule.terms != terms]


async def in_turn_by_the_past(
    source: PastMarket,
    book: RuleKeeper,
    terms: RuleTerms | None,
    act: Callable[[Past | None], Awaitable[T]],
) -> T:
    """Look at the past of a rule that would begin, then do it alone: see `RuleKeeper.in_turn`.

    Without `terms` none begins and nobody looks. Only where one of the rules sells is the strategy
    replayed. Raises StaleState where the rules changed again and again meanwhile, or where without
    `terms` one would begin all the same.
    """
    if terms is None:
        return await book.in_turn(lambda: act(None))
    for _ in range(_TRIES - 1):
        try:
            return await _once(source, book, terms, act)
        except StaleState:
            await book.refresh()
    return await _once(source, book, terms, act)


async def _once(
    source: PastMarket, book: RuleKeeper, terms: RuleTerms, act: Callable[[Past], Awaitable[T]]
) -> T:
    past, standing = await measured_past(source), others(book, terms)
    sells = any(one.action.use is FactUse.HOLDING for one in (terms, *standing))
    if sells:
        replay = await source.replay(terms, standing)
        past = replace(past, standing=frozenset(standing), replay=replay)

    async def acted() -> T:
        await book.refresh()
        if sells and past.standing != frozenset(others(book, terms)):
            raise StaleState("the rules were changed while the past was looked at")
        return await act(past)

    return await book.in_turn(acted)
