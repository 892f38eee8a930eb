"""Evaluate, decide and act for alerts: what fires, whether it may speak now, and how it is said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from core.domain.alerts import (
    ALERT_TERMS,
    AlertFiring,
    AlertKind,
    Direction,
    Reached,
    Unit,
    WatchFacts,
    as_written,
    reached,
)
from core.domain.notices import KEY_OF, NoticeKind
from core.ports.phrases import Phrases
from core.services.watch.context import TowerContext
from core.services.watch.wishes import Wishes

# Outbox keys: `watch:<severity>:…`, and `watch:rule:<severity>:…` for what people may silence; who
# shows alarms reads the severity.
KEY = "watch"


class Alerting:
    """Remembers which occasions it stored already, so that not every tick asks the ledger."""

    def __init__(self, context: TowerContext) -> None:
        """Nothing fired yet that this process knows of."""
        self._context = context
        self._seen: set[tuple[str, str, str]] = set()
        self._session: date | None = None

    def evaluate(
        self, facts: WatchFacts, wishes: Wishes, session: date, *, is_followed: bool
    ) -> tuple[Reached, ...]:
        """Return what the rules say of `facts`, without what is mute or was said before."""
        if session != self._session:
            self._session, self._seen = session, set()
        now = self._context.clock.now()
        found = []
        for rule in wishes.rules_for(facts.symbol, is_followed=is_followed):
            said = None if wishes.is_mute(rule.rule_id, now) else reached(rule, facts)
            if said is not None and self._key(said, session) not in self._seen:
                found.append(said)
        return tuple(found)

    async def fire(self, found: Sequence[Reached], session: date) -> int:
        """Store what fired and tell it, unless it is known; return how many were new."""
        new = 0
        for said in found:
            firing = self._firing(said, session)
            async with self._context.ledger.transaction() as tx:
                if await tx.insert_firing(firing):
                    new += 1
                    await self._context.outbox.tell(tx, _key_of(firing), firing.title, firing.text)
            self._seen.add(self._key(said, session))
        return new

    def _key(self, said: Reached, session: date) -> tuple[str, str, str]:
        return said.rule.rule_id, said.facts.symbol, said.occasion(session)

    def _firing(self, said: Reached, session: date) -> AlertFiring:
        now = self._context.clock.now()
        severity = ALERT_TERMS[said.rule.kind].severity
        title, text = self._words(said)
        return AlertFiring(
            rule_id=said.rule.rule_id,
            symbol=said.facts.symbol,
            occasion=said.occasion(session),
            kind=said.rule.kind,
            severity=severity,
            fired_at=now,
            title=title,
            text=text,
            told_at=now,
        )

    def _words(self, said: Reached) -> tuple[str, str]:
        context, rule = self._context, said.rule
        name = context.name_of(said.facts.symbol)
        way = "" if said.direction is Direction.NONE else f"_{said.direction.value}"
        measured = abs(said.value) if said.direction is not Direction.NONE else said.value
        title = context.say(
            f"fired_{rule.kind.value}{way}",
            name=name,
            value=amount(rule.kind, measured, context.phrases),
            threshold=amount(rule.kind, rule.threshold, context.phrases),
        )
        return title, facts_line(said.facts, context.phrases)


def amount(kind: AlertKind, stored: int, phrases: Phrases) -> str:
    """Return a stored number of `kind` with its unit."""
    number = as_written(kind, stored)
    whole = number == number.to_integral_value()
    unit = ALERT_TERMS[kind].unit
    shown = f"{int(number):,}" if whole else f"{number.normalize():f}"
    return phrases.say(f"watch.unit_{Unit(unit).value}", number=shown)


def facts_line(facts: WatchFacts, phrases: Phrases) -> str:
    """Return price, change, volume, premium and gain, as far as they are known."""

    def percent(bps: int) -> str:
        return f"{bps / 100:+.2f}%"

    parts = [
        phrases.say("watch.fact_price", price=facts.last_won, change=percent(facts.change_bps)),
        phrases.say("watch.fact_volume", shares=facts.volume_shares),
    ]
    if facts.mean_shares:
        times = facts.volume_shares / facts.mean_shares
        parts[-1] += phrases.say("watch.fact_mean", times=f"{times:.1f}")
    if facts.nav_won is not None and facts.premium_bps is not None:
        nav = f"{facts.nav_won:,.2f}"
        parts.append(phrases.say("watch.fact_nav", nav=nav, premium=percent(facts.premium_bps)))
    if facts.profit_bps is not None:
        parts.append(phrases.say("watch.fact_profit", profit=percent(facts.profit_bps)))
    return " · ".join(parts)


def _key_of(firing: AlertFiring) -> str:
    begins = f"{KEY_OF[NoticeKind.WATCH]}{firing.severity.value}"
    return f"{begins}:{firing.rule_id}:{firing.symbol}:{firing.occasion}"
