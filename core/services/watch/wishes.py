"""What people want to be told of: kept in the ledger, changed by commands, at hand for every look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum

from core.domain.alerts import (
    ALERT_TERMS,
    ALL_RULES,
    AlertFiring,
    AlertKind,
    AlertRule,
    Repeat,
    WatchedSymbol,
    applies,
    threshold_of,
)
from core.domain.instrument import Symbol
from core.domain.journal import JournalEntry
from core.domain.krx import KST
from core.ports.ledger import LedgerTransaction
from core.services.watch.context import TowerContext

WATCHED_MAX = 20
RULES_MAX = 50
MUTE_HOURS_MAX = 24 * 30
# Subject of the journal's lines about the watchtower.
SUBJECT = "watchtower"


class WishOutcome(Enum):
    """What came of a wish. The locale files hold a sentence for each (``watch.outcome_…``)."""

    ADDED = "added"
    REMOVED = "removed"
    MUTED = "muted"
    UNMUTED = "unmuted"
    ALREADY = "already"
    NOT_THERE = "not_there"
    FULL = "full"
    UNKNOWN_SYMBOL = "unknown_symbol"
    BAD_THRESHOLD = "bad_threshold"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDraft:
    """An alert as a person asks for it. Percents and multiples are as written, not as stored."""

    kind: AlertKind
    value: Decimal
    symbol: Symbol | None = None
    repeat: Repeat = Repeat.DAILY
    profit_min_percent: Decimal | None = None
    profit_max_percent: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """All that people want, as of one read. `rules` are theirs, `defaults` everybody's."""

    watched: tuple[WatchedSymbol, ...] = ()
    rules: tuple[AlertRule, ...] = ()
    defaults: tuple[AlertRule, ...] = ()
    mutes: Mapping[str, datetime]

    def is_mute(self, rule_id: str, now: datetime) -> bool:
        """Whether a rule, or all of them, must say nothing at `now`."""
        return any(until > now for name in (rule_id, ALL_RULES) if (until := self.mutes.get(name)))

    def rules_for(self, symbol: Symbol, *, is_followed: bool) -> tuple[AlertRule, ...]:
        """Return the rules that count for `symbol`; it is followed if held or on the watch list."""
        own = tuple(
            item
            for item in self.rules
            if item.symbol == symbol or (item.symbol is None and is_followed)
        )
        if not is_followed:
            return own
        return own + tuple(item for item in self.defaults if applies(item, symbol, self.rules))

    @property
    def symbols(self) -> frozenset[Symbol]:
        """The symbols of the watch list and of the rules."""
        named = (item.symbol for item in self.rules if item.symbol is not None)
        return frozenset(item.symbol for item in self.watched) | frozenset(named)


NO_WISHES = Wishes(mutes={})


class WishBook:
    """Reads and changes the wishes. `current` is what the next look goes by."""

    def __init__(self, context: TowerContext) -> None:
        """Nothing is read yet."""
        self._context = context
        self.current = NO_WISHES

    async def load(self) -> Wishes:
        """Read everything anew. Raises StorageError."""
        async with self._context.ledger.transaction() as tx:
            return await self._read(tx)

    async def fired_today(self) -> tuple[AlertFiring, ...]:
        """Return what fired since midnight, oldest first."""
        midnight = self._context.clock.now().astimezone(KST).replace(hour=0, minute=0, second=0)
        async with self._context.ledger.transaction() as tx:
            return await tx.firings_since(midnight.replace(microsecond=0))

    async def watch(self, symbol: Symbol, *, by: int) -> WishOutcome:
        """Put a symbol of the universe on the watch list."""
        if self._context.market.instrument(symbol) is None:
            return WishOutcome.UNKNOWN_SYMBOL
        entry = WatchedSymbol(symbol=symbol, added_at=self._context.clock.now(), added_by=by)
        async with self._context.ledger.transaction() as tx:
            there = await tx.watch_list()
            if any(item.symbol == symbol for item in there):
                return WishOutcome.ALREADY
            if len(there) >= WATCHED_MAX:
                return WishOutcome.FULL
            await tx.add_watched(entry)
            await self._note(tx, by, "watch.added", {"symbol": symbol})
        return WishOutcome.ADDED

    async def unwatch(self, symbol: Symbol, *, by: int) -> WishOutcome:
        """Take a symbol off the watch list."""
        async with self._context.ledger.transaction() as tx:
            if not await tx.drop_watched(symbol):
                return WishOutcome.NOT_THERE
            await self._note(tx, by, "watch.removed", {"symbol": symbol})
        return WishOutcome.REMOVED

    async def add_rule(self, draft: RuleDraft, *, by: int) -> AlertRule | WishOutcome:
        """Store a rule, or say why not."""
        context = self._context
        if draft.symbol is not None and context.market.instrument(draft.symbol) is None:
            return WishOutcome.UNKNOWN_SYMBOL
        rule = self._rule(draft, by)
        if rule is None:
            return WishOutcome.BAD_THRESHOLD
        async with context.ledger.transaction() as tx:
            there = await tx.alert_rules()
            if any(_says_the_same(item, rule) for item in there):
                return WishOutcome.ALREADY
            if len(there) >= RULES_MAX:
                return WishOutcome.FULL
            await tx.put_alert_rule(rule)
            facts = {"rule": rule.rule_id, "kind": rule.kind.value, "threshold": rule.threshold}
            await self._note(tx, by, "alert.added", {**facts, "symbol": rule.symbol or ""})
        return rule

    async def drop_rule(self, rule_id: str, *, by: int) -> WishOutcome:
        """Forget a rule that people made."""
        async with self._context.ledger.transaction() as tx:
            if not await tx.drop_alert_rule(rule_id):
                return WishOutcome.NOT_THERE
            await self._note(tx, by, "alert.removed", {"rule": rule_id})
        return WishOutcome.REMOVED

    async def mute(self, rule_id: str, hours: int, *, by: int) -> WishOutcome:
        """Let a rule, or ALL_RULES, say nothing for `hours`; 0 ends it."""
        now = self._context.clock.now()
        async with self._context.ledger.transaction() as tx:
            known = {ALL_RULES, *(kind.value for kind in ALERT_TERMS)}
            known |= {item.rule_id for item in await tx.alert_rules()}
            if rule_id not in known:
                return WishOutcome.NOT_THERE
            await tx.mute_alert(rule_id, now + timedelta(hours=min(hours, MUTE_HOURS_MAX)))
            await self._note(tx, by, "alert.muted", {"rule": rule_id, "hours": hours})
        return WishOutcome.MUTED if hours else WishOutcome.UNMUTED

    async def _read(self, tx: LedgerTransaction) -> Wishes:
        self.current = Wishes(
            watched=await tx.watch_list(),
            rules=await tx.alert_rules(),
            defaults=self._context.defaults.rules(self._context.clock.now()),
            mutes=await tx.alert_mutes(),
        )
        return self.current

    async def _note(
        self, tx: LedgerTransaction, by: int, kind: str, facts: dict[str, object]
    ) -> None:
        """Write the change down, and let the next look go by it."""
        at = self._context.clock.now()
        await tx.append_journal(
            JournalEntry(at=at, kind=kind, actor=str(by), subject=SUBJECT, facts=facts)
        )
        await self._read(tx)

    def _rule(self, draft: RuleDraft, by: int) -> AlertRule | None:
        threshold = threshold_of(draft.kind, draft.value)
        low, high = _bps(draft.profit_min_percent), _bps(draft.profit_max_percent)
        if threshold is None or (low is not None and high is not None and low > high):
            return None
        return AlertRule(
            rule_id=self._context.identifiers.ticket_id(),
            symbol=draft.symbol,
            kind=draft.kind,
            threshold=threshold,
            repeat=draft.repeat,
            profit_min_bps=low,
            profit_max_bps=high,
            created_at=self._context.clock.now(),
            created_by=by,
        )


def _bps(percent: Decimal | None) -> int | None:
    return None if percent is None else round(percent * 100)


def _says_the_same(one: AlertRule, other: AlertRule) -> bool:
    def said(rule: AlertRule) -> tuple[object, ...]:
        condition = (rule.profit_min_bps, rule.profit_max_bps)
        return (rule.symbol, rule.kind, rule.threshold, rule.repeat, condition)

    return said(one) == said(other)
