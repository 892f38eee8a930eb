"""What the way of an order asks of the rules, and where rules are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from core.domain.instrument import Symbol
from core.domain.rule_effects import RuleSight
from core.domain.rule_facts import Fact


class RuleSource(Protocol):
    """The rules that are obeyed now, with what is known of a symbol."""

    async def for_entry(self, symbol: Symbol) -> RuleSight:
        """Return the rules about purchases and the figures of `symbol` that they compare.

        Reads nothing where no rule is obeyed. What cannot be read is unknown, which counts against
        the purchase.
        """

    async def figures(self, symbol: Symbol) -> Mapping[Fact, int | None]:
        """Return the figures of `symbol` and of the market."""
