"""Wishes, alerts and urgent offers of the watchtower inside one ledger transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import delete, select

from core.domain.alerts import AlertFiring, AlertRule, WatchedSymbol
from core.domain.exit_offers import ExitOffer
from core.domain.instrument import Symbol
from storage.schema import alert_firings, alert_mutes, alert_rules, exit_offers, watch_list
from storage.statements import Statements

_FIRING = [column for column in alert_firings.c if column.name != "firing_id"]


class WatchRows:
    """Implements `core.ports.watching.WatchBooks`."""

    _sql: Statements

    async def alert_rules(self) -> tuple[AlertRule, ...]:
        """Return the rules people made, oldest first."""
        rows = await self._sql.rows(
            select(alert_rules).order_by(alert_rules.c.created_at, alert_rules.c.rule_id)
        )
        return tuple(AlertRule(**row) for row in rows)

    async def put_alert_rule(self, rule: AlertRule) -> None:
        """Store a new rule. Raises StorageError when its id is taken."""
        await self._sql.insert(alert_rules, asdict(rule))

    async def drop_alert_rule(self, rule_id: str) -> bool:
        """Forget a rule and its mute; what it fired stays. Return whether there was one."""
        await self._sql.run(delete(alert_mutes).where(alert_mutes.c.rule_id == rule_id))
        return await self._sql.changed(delete(alert_rules).where(alert_rules.c.rule_id == rule_id))

    async def alert_mutes(self) -> Mapping[str, datetime]:
        """Return until when which rules are mute, ended ones included."""
        rows = await self._sql.rows(select(alert_mutes))
        return {row["rule_id"]: row["until"] for row in rows}

    async def mute_alert(self, rule_id: str, until: datetime) -> None:
        """Let a rule, or ALL_RULES, say nothing until `until`; an instant that is past ends it."""
        await self._sql.upsert(alert_mutes, [{"rule_id": rule_id, "until": until}], ["rule_id"])

    async def watch_list(self) -> tuple[WatchedSymbol, ...]:
        """Return the watch list, oldest entry first."""
        rows = await self._sql.rows(
            select(watch_list).order_by(watch_list.c.added_at, watch_list.c.symbol)
        )
        return tuple(WatchedSymbol(**row) for row in rows)

    async def add_watched(self, entry: WatchedSymbol) -> bool:
        """Store an entry. Return False when the symbol is on the list already."""
        return await self._sql.insert_once(watch_list, asdict(entry))

    async def drop_watched(self, symbol: Symbol) -> bool:
        """Take a symbol off the list; return whether it was on it."""
        return await self._sql.changed(delete(watch_list).where(watch_list.c.symbol == symbol))

    async def insert_firing(self, firing: AlertFiring) -> bool:
        """Store what fired. Return False when that rule, symbol and occasion had fired before."""
        return await self._sql.insert_once(alert_firings, asdict(firing))

    async def firings_since(self, since: datetime, limit: int = 100) -> tuple[AlertFiring, ...]:
        """Return the newest `limit` that fired at or after `since`, oldest first."""
        rows = await self._sql.rows(
            select(*_FIRING)
            .where(alert_firings.c.fired_at >= since)
            .order_by(alert_firings.c.fired_at.desc(), alert_firings.c.firing_id.desc())
            .limit(limit)
        )
        return tuple(AlertFiring(**row) for row in reversed(rows))

    async def insert_exit_offer(self, offer: ExitOffer) -> bool:
        """Store an offer. Return False when (symbol, session, kind, number) is taken."""
        return await self._sql.insert_once(exit_offers, asdict(offer))

    async def exit_offers_on(self, session: date) -> tuple[ExitOffer, ...]:
        """Return the offers of one session, oldest first."""
        rows = await self._sql.rows(
            select(exit_offers)
            .where(exit_offers.c.session == session)
            .order_by(exit_offers.c.offered_at, exit_offers.c.ticket_id)
        )
        return tuple(ExitOffer(**row) for row in rows)

    async def exit_offers_of(self, symbol: Symbol, since: date) -> tuple[ExitOffer, ...]:
        """Return the offers of one symbol on or after the session `since`, oldest first."""
        rows = await self._sql.rows(
            select(exit_offers)
            .where(exit_offers.c.symbol == symbol, exit_offers.c.session >= since)
            .order_by(exit_offers.c.offered_at, exit_offers.c.ticket_id)
        )
        return tuple(ExitOffer(**row) for row in rows)
