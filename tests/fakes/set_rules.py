"""Rules and figures that a test sets, at the `RuleSource` port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.domain.instrument import Symbol
from core.domain.rule_effects import RuleSight
from core.domain.rule_facts import Fact, FactUse
from core.domain.rules import Rule


@dataclass
class SetRules:
    """Obeys `rules`; every symbol has the same `values`."""

    rules: tuple[Rule, ...] = ()
    values: dict[Fact, int | None] = field(default_factory=lambda: {Fact.VOLUME_PERCENT: 90})
    asked_of: list[Symbol] = field(default_factory=list)

    async def for_entry(self, symbol: Symbol) -> RuleSight:
        self.asked_of.append(symbol)
        return self._sight(FactUse.ENTRY)

    async def for_holding(self, symbol: Symbol) -> RuleSight:
        self.asked_of.append(symbol)
        return self._sight(FactUse.HOLDING)

    async def figures(self, symbol: Symbol) -> Mapping[Fact, int | None]:
        return self.values

    def _sight(self, use: FactUse) -> RuleSight:
        rules = tuple(rule for rule in self.rules if rule.terms.action.use is use)
        return RuleSight(rules, self.values)
