"""The rules in force: the shipped ones, and those that people and the reflection took on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from core.domain.journal import JournalEntry
from core.domain.krx import KST
from core.domain.rule_record import RuleRow, rule_of, terms_text
from core.domain.rules import (
    RULE_TRANSITIONS,
    Rule,
    RuleMove,
    RuleOrigin,
    RuleState,
    RuleTerms,
    in_order,
)
from core.errors import StaleState, StorageError
from core.ports.clock import Clock
from core.ports.ledger import BooksReader, BooksReading, Ledger, LedgerTransaction
from core.ports.rules import Beside

# How often somebody else may have been first before it is given up.
_TRIES = 3

T = TypeVar("T")


class RuleBook:
    """Implements `core.ports.rules.RuleShelf`.

    Every change is a new version, written in one transaction with its line in the journal, and
    counts at once. Until `load` nothing but the shipped rules is known. What another process wrote
    since is seen by `refresh`, and until then no change is made: StaleState.
    """

    def __init__(
        self, shipped: tuple[Rule, ...], ledger: Ledger, books: BooksReader, clock: Clock
    ) -> None:
        """`shipped` are made from the settings; only their state is ever stored.

        `books` reads the same rows as `ledger`.
        """
        self._books = books
        self._shipped = {rule.rule_id: rule for rule in shipped}
        self._rules = dict(self._shipped)
        self._numbers = dict.fromkeys(RuleOrigin, 0)
        self._ledger = ledger
        self._clock = clock
        # How many versions were stored when the rules were read: another number, another reading.
        self._seen = 0
        self._turn = asyncio.Lock()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule there ever was, as it stands, the most important first."""
        return in_order(self._rules.values())

    @property
    def obeyed(self) -> tuple[Rule, ...]:
        """The rules that the rule engine has to judge now."""
        return tuple(rule for rule in self.rules if rule.is_obeyed)

    async def load(self) -> None:
        """Read what is stored, before anything trades.

        Raises StorageError for an active rule that cannot be read: nobody knows what it forbade.
        """
        async with self._books.reading() as tx:
            await self._load(tx)

    async def as_of(self, moment: datetime) -> tuple[Rule, ...]:
        """Return the rules as they stood at `moment`, the most important first.

        A shipped rule has the numbers of the present settings: only its state is stored. Raises
        StorageError.
        """
        found = dict(self._shipped)
        async with self._ledger.transaction() as tx:
            for newest in await tx.rule_rows():
                rows = [one for one in await tx.rule_history(newest.rule_id) if one.at <= moment]
                rule = self._read(rows[-1]) if rows else None
                if rule is not None:
                    found[rule.rule_id] = rule
        return in_order(found.values())

    async def refresh(self) -> None:
        """Read what is stored again if another process changed it. Raises StorageError."""
        async with self._books.reading() as tx:
            if await tx.rule_row_count() > self._seen:
                await self._load(tx)

    async def in_turn(self, act: Callable[[], Awaitable[T]]) -> T:
        """Do it alone in this process, and again where another process was first.

        What is judged by the rules and then changes them belongs in here whole, or two presses at
        once are both judged by the rules as they were. `act` must not take a turn itself.
        """
        async with self._turn:
            for _ in range(_TRIES - 1):
                try:
                    return await act()
                except StaleState:
                    await self.refresh()
            return await act()

    async def _load(self, tx: BooksReading) -> None:
        rules, numbers = dict(self._shipped), dict.fromkeys(RuleOrigin, 0)
        for row in await tx.rule_rows():
            number = int(row.rule_id[1:]) if row.rule_id[1:].isdecimal() else 0
            numbers[row.origin] = max(numbers[row.origin], number)
            rule = self._read(row)
            if rule is not None:
                rules[row.rule_id] = rule
        count = await tx.rule_row_count()
        # Rows are only ever added. What was read before a change of our own must not undo it.
        if count >= self._seen:
            self._rules, self._numbers, self._seen = rules, numbers, count

    def _read(self, row: RuleRow) -> Rule | None:
        if row.origin is RuleOrigin.SHIPPED:
            known = self._shipped.get(row.rule_id)
            if known is None or known.enforced_by:
                return known
            return replace(known, version=row.version, state=row.state, since=row.since)
        rule = rule_of(row)
        if rule is None and row.state in (RuleState.ACTIVE, RuleState.DISABLED):
            raise StorageError(f"the stored rule {row.rule_id} cannot be read")
        return rule

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
        """Store a new rule under the next id of its origin. Raises StaleState.

        `beside` is called in the same transaction.
        """
        number = self._numbers[origin] + 1
        rule = Rule(
            rule_id=f"{origin.letter}{number}",
            version=1,
            terms=terms,
            origin=origin,
            state=state,
            since=self._clock.now().astimezone(KST).date(),
        )
        row = self._row(rule, actor=actor, reason=reason, evidence=evidence)
        await self._store(rule, row, beside)
        return rule

    async def move(
        self,
        rule_id: str,
        to: RuleState,
        *,
        actor: str,
        reason: str = "",
        beside: Beside | None = None,
    ) -> RuleMove:
        """Change the state of one rule; say why not where it cannot be. Raises StaleState.

        `beside` is called in the same transaction.
        """
        known = self._rules.get(rule_id)
        if known is None:
            return RuleMove.UNKNOWN_RULE
        if known.enforced_by:
            return RuleMove.SETTING
        if to not in RULE_TRANSITIONS[known.state] or (
            known.origin is RuleOrigin.SHIPPED and to is RuleState.RETIRED
        ):
            return RuleMove.NOT_NOW
        today = self._clock.now().astimezone(KST).date()
        moved = replace(known, version=known.version + 1, state=to, since=today)
        await self._store(moved, self._row(moved, actor=actor, reason=reason), beside)
        return RuleMove.DONE

    def _row(self, rule: Rule, *, actor: str, reason: str, evidence: str = "") -> RuleRow:
        is_shipped = rule.origin is RuleOrigin.SHIPPED
        return RuleRow(
            rule_id=rule.rule_id,
            version=rule.version,
            origin=rule.origin,
            state=rule.state,
            since=rule.since,
            terms="" if is_shipped else terms_text(rule.terms),
            actor=actor,
            reason=reason,
            evidence=evidence,
            at=self._clock.now(),
        )

    async def _store(self, rule: Rule, row: RuleRow, beside: Beside | None) -> None:
        async with self._ledger.transaction() as tx:
            count = await tx.rule_row_count()
            if count != self._seen:
                raise StaleState("the rules were changed meanwhile")
            await tx.insert_rule_row(row)
            await _journal(tx, row)
            if beside is not None:
                await beside(tx, rule)
        # Unless somebody read it again between the commit and here, and knows more.
        if count + 1 > self._seen:
            self._rules[rule.rule_id] = rule
            number = int(rule.rule_id[1:])
            self._numbers[rule.origin] = max(self._numbers[rule.origin], number)
            self._seen = count + 1


async def _journal(tx: LedgerTransaction, row: RuleRow) -> None:
    await tx.append_journal(
        JournalEntry(
            at=row.at,
            kind=f"rule.{row.state.value}",
            actor=row.actor,
            subject=row.rule_id,
            facts={
                "version": row.version,
                "origin": row.origin.value,
                "terms": row.terms,
                "reason": row.reason,
                "evidence": row.evidence,
            },
        )
    )
