"""The rows of the watchtower inside a ledger transaction: wishes, what fired, what was offered.

They live in the ledger because an alarm, an urgent ticket, and the note that it was given must be
one transaction: a restart then neither forgets nor fires twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol

from core.domain.alerts import AlertFiring, AlertRule, WatchedSymbol
from core.domain.exit_offers import ExitOffer
from core.domain.instrument import Symbol
from core.domain.standing import StandingState, StandingStop


class WatchBooks(Protocol):
    """The part of `LedgerTransaction` that the watchtower and its commands use."""

    async def alert_rules(self) -> tuple[AlertRule, ...]:
        """Return the rules people made, oldest first."""

    async def put_alert_rule(self, rule: AlertRule) -> None:
        """Store a new rule. Raises StorageError when its id is taken."""

    async def drop_alert_rule(self, rule_id: str) -> bool:
        """Forget a rule and its mute; what it fired stays. Return whether there was one."""

    async def alert_mutes(self) -> Mapping[str, datetime]:
        """Return until when which rules are mute, ended ones included."""

    async def mute_alert(self, rule_id: str, until: datetime) -> None:
        """Let a rule, or ALL_RULES, say nothing until `until`; an instant that is past ends it."""

    async def watch_list(self) -> tuple[WatchedSymbol, ...]:
        """Return the watch list, oldest entry first."""

    async def add_watched(self, entry: WatchedSymbol) -> bool:
        """Store an entry. Return False when the symbol is on the list already."""

    async def drop_watched(self, symbol: Symbol) -> bool:
        """Take a symbol off the list; return whether it was on it."""

    async def insert_firing(self, firing: AlertFiring) -> bool:
        """Store what fired. Return False when that rule, symbol and occasion had fired before."""

    async def firings_since(self, since: datetime, limit: int = 100) -> tuple[AlertFiring, ...]:
        """Return the newest `limit` that fired at or after `since`, oldest first."""

    async def insert_exit_offer(self, offer: ExitOffer) -> bool:
        """Store an offer. Return False when (symbol, session, kind, number) is taken."""

    async def exit_offers_on(self, session: date) -> tuple[ExitOffer, ...]:
        """Return the offers of one session, oldest first."""

    async def exit_offers_of(self, symbol: Symbol, since: date) -> tuple[ExitOffer, ...]:
        """Return the offers of one symbol on or after the session `since`, oldest first."""


class StandingBooks(Protocol):
    """The part of `LedgerTransaction` that keeps stops approved in advance."""

    async def insert_standing_stop(self, stop: StandingStop) -> None:
        """Store a stop that is offered with a ticket."""

    async def standing_stops_of(self, ticket_id: str) -> tuple[StandingStop, ...]:
        """Return the stops of an entry ticket, and those that approved this exit ticket."""

    async def granted_stops(self) -> tuple[StandingStop, ...]:
        """Return what is granted, whether or not it is still good."""

    async def move_standing_stop(self, stop: StandingStop, expected: StandingState) -> None:
        """Compare-and-set the state with who and by what. Raises StaleState."""

    async def is_sold_since(self, symbol: Symbol, since: datetime) -> bool:
        """Whether shares left since: a fill of ours, somebody else's sale, or an adjustment."""
