"""What the way of an order asks of the rules, and where rules are kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Protocol, TypeVar

from core.domain.instrument import Symbol
from core.domain.market import BarSeries
from core.domain.rule_effects import RuleSight
from core.domain.rule_facts import Fact
from core.domain.rule_record import RuleEffect, RuleRow
from core.domain.rules import Rule, RuleMove, RuleOrigin, RuleState, RuleTerms

if TYPE_CHECKING:
    from core.ports.ledger import LedgerTransaction

T = TypeVar("T")

# What is written in the transaction that changes a rule; it undoes the change by raising.
Beside = Callable[["LedgerTransaction", Rule], Awaitable[None]]


class FinishedBars(Protocol):
    """The one read that the figures need (core.services.market)."""

    async def bars(self, symbol: Symbol, sessions: int, end: date, *, adjusted: bool) -> BarSeries:
        """Return the last `sessions` finished bars up to `end`, oldest first. Raises BrokerError."""


class RuleShelf(Protocol):
    """The rules as they stand (core.runtime.rule_book)."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule there ever was, as it stands, the most important first."""

    @property
    def obeyed(self) -> tuple[Rule, ...]:
        """The rules that the rule engine has to judge now."""

    async def refresh(self) -> None:
        """Know what another process changed, if one did. Raises StorageError."""


class RuleKeeper(RuleShelf, Protocol):
    """Changes rules; every change is journalled and counts at once (core.runtime.rule_book)."""

    async def in_turn(self, act: Callable[[], Awaitable[T]]) -> T:
        """Do it alone in this process, and again where another was first. Raises StaleState."""

    async def add(
        self,
        terms: RuleTerms,
        origin: RuleOrigin,
        state: RuleState,
        *,
        actor: str,
        reason: str,
        evidence: str = "",
        beside: Beside | None = None,
    ) -> Rule:
        """Store a new rule under the next id of its origin. Raises StaleState."""

    async def move(
        self,
        rule_id: str,
        to: RuleState,
        *,
        actor: str,
        reason: str = "",
        beside: Beside | None = None,
    ) -> RuleMove:
        """Change the state of one rule; say why not where it cannot be. Raises StaleState."""


class RuleSource(Protocol):
    """The rules that are obeyed now, with what is known of a symbol."""

    async def for_entry(self, symbol: Symbol) -> RuleSight:
        """Return the rules about purchases and the figures of `symbol` that they compare.

        Reads no bars where no rule is obeyed. What cannot be read is unknown, which counts against
        the purchase. Raises StorageError where it cannot tell which rules are obeyed.
        """

    async def for_holding(self, symbol: Symbol) -> RuleSight:
        """Return the rules about holdings and the same figures. What is unknown offers nothing."""

    async def figures(self, symbol: Symbol) -> Mapping[Fact, int | None]:
        """Return the figures of `symbol` and of the market."""


class RuleBooks(Protocol):
    """The part of `LedgerTransaction` that keeps rules."""

    async def rule_rows(self) -> tuple[RuleRow, ...]:
        """Return the newest version of every rule, by id."""

    async def rule_history(self, rule_id: str) -> tuple[RuleRow, ...]:
        """Return every version of one rule, oldest first."""

    async def rule_row_count(self) -> int:
        """Return how many versions of rules are stored; every change of a rule adds one."""

    async def insert_rule_row(self, row: RuleRow) -> None:
        """Store a new version. Raises StaleState when somebody stored that version first."""

    async def note_rule_effect(self, effect: RuleEffect) -> None:
        """Store what a rule did to a leg; the same again is kept once."""

    async def rule_effects_of(self, rule_id: str) -> tuple[RuleEffect, ...]:
        """Return what a rule did, oldest first."""
