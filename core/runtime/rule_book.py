"""The rules in force: the shipped ones, and those that people and the reflection took on."""

from __future__ import annotations

from dataclasses import replace

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
from core.errors import StorageError
from core.ports.clock import Clock
from core.ports.ledger import BooksReader, Ledger, LedgerTransaction


class RuleBook:
    """Implements `core.ports.rules.RuleShelf`.

    Every change is a new version, written in one transaction with its line in the journal, and
    counts at once. Until `load` nothing but the shipped rules is known.
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

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule there ever was, as it stands, the most important first."""
        return in_order(self._rules.values())

    @property
    def obeyed(self) -> tuple[Rule, ...]:
        """The rules that the rule engine has to judge now."""
        return tuple(rule for rule in self.rules if rule.is_obeyed)

    async def load(self) -> None:
        """Read what is stored, once, before anything trades.

        Raises StorageError for an active rule that cannot be read: nobody knows what it forbade.
        """
        async with self._books.reading() as tx:
            rows = await tx.rule_rows()
        for row in rows:
            number = int(row.rule_id[1:]) if row.rule_id[1:].isdecimal() else 0
            self._numbers[row.origin] = max(self._numbers[row.origin], number)
            rule = self._read(row)
            if rule is not None:
                self._rules[row.rule_id] = rule

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
    ) -> Rule:
        """Store a new rule under the next id of its origin. Raises StaleState."""
        number = self._numbers[origin] + 1
        rule = Rule(
            rule_id=f"{origin.letter}{number}",
            version=1,
            terms=terms,
            origin=origin,
            state=state,
            since=self._clock.now().astimezone(KST).date(),
        )
        await self._store(rule, actor=actor, reason=reason, evidence=evidence)
        self._numbers[origin] = number
        return rule

    async def move(self, rule_id: str, to: RuleState, *, actor: str, reason: str = "") -> RuleMove:
        """Change the state of one rule; say why not where it cannot be. Raises StaleState."""
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
        await self._store(moved, actor=actor, reason=reason, evidence="")
        return RuleMove.DONE

    async def _store(self, rule: Rule, *, actor: str, reason: str, evidence: str) -> None:
        now = self._clock.now()
        is_shipped = rule.origin is RuleOrigin.SHIPPED
        row = RuleRow(
            rule_id=rule.rule_id,
            version=rule.version,
            origin=rule.origin,
            state=rule.state,
            since=rule.since,
            terms="" if is_shipped else terms_text(rule.terms),
            actor=actor,
            reason=reason,
            evidence=evidence,
            at=now,
        )
        async with self._ledger.transaction() as tx:
            await tx.insert_rule_row(row)
            await _journal(tx, row)
        self._rules[rule.rule_id] = rule


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
