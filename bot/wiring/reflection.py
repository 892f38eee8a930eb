"""The part of the graph that looks back: on decisions, on rules, and on what is kept of the past."""

from __future__ import annotations

from bot.operations.retention import Retention
from bot.wiring.foundations import Stores, World
from core.ports.rules import RuleKeeper
from core.ports.surface import AlertSurface
from core.services.market.service import MarketService
from core.services.reflection.outcomes import OutcomeKeeper
from core.services.rules.ending import RuleEnder
from storage.outcomes import SqlOutcomeArchive


def outcome_keeper(world: World, stores: Stores, market: MarketService) -> OutcomeKeeper:
    """Build who measures outcomes, at the costs of the settings."""
    return OutcomeKeeper(
        archive=SqlOutcomeArchive(stores.database),
        market=market,
        memory=stores.memory,
        calendar=world.calendar,
        clock=world.clock,
        costs=world.settings.costs,
        phrases=world.phrases,
    )


def retention_of(world: World, stores: Stores) -> Retention:
    """Build who drops what has been kept long enough."""
    return Retention(
        calls=stores.calls,
        facts=stores.facts,
        clock=world.clock,
        call_days=world.settings.openai_keep_days,
        fact_days=world.settings.news_keep_days,
    )


def rule_ender(world: World, stores: Stores, book: RuleKeeper, alerts: AlertSurface) -> RuleEnder:
    """Build who ends the rules whose time is over, or that were shown to be wrong."""
    return RuleEnder(
        book=book,
        books=stores.ledger,
        legs=SqlOutcomeArchive(stores.database),
        alerts=alerts,
        clock=world.clock,
        phrases=world.phrases,
    )
