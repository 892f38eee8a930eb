"""The part of the graph that looks back: what became of decisions."""

from __future__ import annotations

from bot.wiring.foundations import Stores, World
from core.services.market.service import MarketService
from core.services.reflection.outcomes import OutcomeKeeper
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
