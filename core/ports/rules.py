"""What the way of an order asks of the rules, and where rules are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from core.domain.instrument import Symbol
from core.domain.rule_effects import RuleSight
from core.domain.rule_facts import Fact
from core.domain.rule_record import RuleEffect, RuleRow


class RuleSource(Protocol):
    """The rules that are obeyed now, with what is known of a symbol."""

    async def for_entry(self, symbol: Symbol) -> RuleSight:
        """Return the rules about purchases and the figures of `symbol` that they compare.

        Reads nothing where no rule is obeyed. What cannot be read is unknown, which counts against
        the purchase.
        """

    async def figures(self, symbol: Symbol) -> Mapping[Fact, int | None]:
        """Return the figures of `symbol` and of the market."""


class RuleBooks(Protocol):
    """The part of `LedgerTransaction` that keeps rules."""

    async def rule_rows(self) -> tuple[RuleRow, ...]:
        """Return the newest version of every rule, by id."""

    async def rule_history(self, rule_id: str) -> tuple[RuleRow, ...]:
        """Return every version of one rule, oldest first."""

    async def insert_rule_row(self, row: RuleRow) -> None:
        """Store a new version. Raises StaleState when somebody stored that version first."""

    async def note_rule_effect(self, effect: RuleEffect) -> None:
        """Store what a rule did to a leg; the same again is kept once."""

    async def rule_effects_of(self, rule_id: str) -> tuple[RuleEffect, ...]:
        """Return what a rule did, oldest first."""
