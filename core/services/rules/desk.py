"""What people may see of the rules and do to them: look, try one on a day, switch one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.rule_evidence import Missing
from core.domain.rule_facts import Fact
from core.domain.rule_gate import GateFault, StandingBounds
from core.domain.rule_held import Held
from core.domain.rule_reach import Reach
from core.domain.rules import Judgement, Rule, RuleMove, RuleOrigin, RuleState, is_expired, judge
from core.ports.adoption import PastMarket
from core.ports.clock import Clock
from core.ports.rules import RuleKeeper
from core.services.rules.past import Past, in_turn_by_the_past, looked_at

_MEANT = (GateFault.BLOCKS_ALL, GateFault.HOLDS_NOTHING)


class DayFigures(Protocol):
    """Reads the figures of a day (core.services.rules.judging)."""

    async def figures_on(self, symbol: Symbol, day: date) -> Mapping[Fact, int | None]:
        """Return the figures of `symbol` and of the market as they stood before `day` opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A rule tried on one symbol before `day` opened, by what prices alone tell."""

    rule: Rule
    day: date
    values: Mapping[Fact, int | None]
    found: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """What came of a wish to switch a rule, or why the gate would not have it.

    Of one that went on, `reach` is what is left of the purchases with all that stand, and `held`
    what stays held: counted where one of them sells, `Missing` where that failed.
    """

    answer: RuleMove | tuple[GateFault, ...]
    reach: Reach | None = None
    held: Held | Missing | None = None


def rule_called(rules: Iterable[Rule], rule_id: str) -> Rule | None:
    """Return the rule of an id as a person types it."""
    wanted = rule_id.strip().upper()
    return next((rule for rule in rules if rule.rule_id == wanted), None)


async def trial_of(rule: Rule, figures: DayFigures, symbol: Symbol, day: date) -> Trial:
    """Try `rule` on `symbol`; it changes nothing and orders nothing."""
    values = await figures.figures_on(symbol, day)
    return Trial(rule=rule, day=day, values=values, found=judge(rule.terms.condition, values))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDesk:
    """Answers for the rules in force. Who may switch one is asked before this."""

    book: RuleKeeper
    figures: DayFigures
    past: PastMarket
    bounds: StandingBounds
    clock: Clock

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule there ever was, as it stands, the most important first."""
        return self.book.rules

    async def current(self) -> tuple[Rule, ...]:
        """Return the same, with what another process changed. Raises StorageError."""
        await self.book.refresh()
        return self.book.rules

    async def trial(self, rule: Rule, symbol: Symbol, day: date) -> Trial:
        """Try `rule` on `symbol` as it stood before `day` opened."""
        return await trial_of(rule, self.figures, symbol, day)

    async def switch(self, rule_id: str, *, is_on: bool, actor: str) -> Switched:
        """Switch a rule on or off at once; one that goes on passes the gate like a new one.

        One that is only proposed is adopted or declined, with its evidence, not switched. Raises
        StaleState when another change came first again and again, StorageError.
        """

        async def act(past: Past | None) -> Switched:
            return await self._switch(rule_id, is_on=is_on, actor=actor, past=past)

        rule = rule_called(await self.current(), rule_id)
        begins = rule is not None and is_on and self._may_go_on(rule)
        terms = rule.terms if rule is not None and begins else None
        return await in_turn_by_the_past(self.past, self.book, terms, act)

    def _may_go_on(self, rule: Rule) -> bool:
        """Whether it is off, and may be switched on if the gate has it."""
        today = self.clock.now().astimezone(KST).date()
        is_off = rule.state is RuleState.DISABLED and not rule.enforced_by
        return is_off and not is_expired(rule, today)

    async def _switch(
        self, rule_id: str, *, is_on: bool, actor: str, past: Past | None
    ) -> Switched:
        rule = rule_called(await self.current(), rule_id)
        if rule is None:
            return Switched(answer=RuleMove.UNKNOWN_RULE)
        if rule.state is RuleState.PROPOSED:
            return Switched(answer=RuleMove.PROPOSED)
        to = RuleState.ACTIVE if is_on else RuleState.DISABLED
        reach, held = None, None
        if is_on and not rule.enforced_by:
            if not self._may_go_on(rule):
                return Switched(answer=RuleMove.NOT_NOW)
            past = looked_at(past)
            found = past.faults(rule.terms, self.book.rules, self.bounds)
            # A shipped rule is off because it stops nearly every purchase, and says so: whoever
            # switches it on means that.
            is_meant = rule.origin is RuleOrigin.SHIPPED
            faults = tuple(x for x in found if not (is_meant and x in _MEANT))
            if faults:
                return Switched(answer=faults)
            reach, held = past.reach_of(rule, self.book.obeyed), past.held
        moved = await self.book.move(rule.rule_id, to, actor=actor, reason="switched")
        if moved is not RuleMove.DONE:
            return Switched(answer=moved)
        return Switched(answer=moved, reach=reach, held=held)
