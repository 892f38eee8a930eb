"""The part of the graph that watches live prices."""

from __future__ import annotations

from bot.wiring.foundations import Stores, World
from core.flows.successors import line_of
from core.ports.feed import MarketFeed
from core.ports.outbox import Outbox
from core.runtime.identifiers import SystemIdentifiers
from core.services.orders.context import DeskContext
from core.services.orders.desk import OrderDesk
from core.services.watch.context import TowerContext
from core.services.watch.tower import Watchtower
from storage.passages import SqlPassageArchive


def watchtower(
    world: World,
    stores: Stores,
    context: DeskContext,
    desk: OrderDesk,
    outbox: Outbox,
    feed: MarketFeed,
) -> Watchtower:
    """Build the watchtower on a feed. It reads the broker, and proposes to the desk."""
    return Watchtower(
        TowerContext(
            feed=feed,
            ledger=stores.ledger,
            outbox=outbox,
            market=context.market,
            broker=context.broker,
            desk=desk,
            passages=SqlPassageArchive(stores.database, context.broker.identity.account_hash),
            clock=world.clock,
            calendar=world.calendar,
            identifiers=SystemIdentifiers(),
            phrases=world.phrases,
            parameters=world.strategy.parameters,
            defaults=world.settings.alert_defaults,
            line_of=line_of,
        )
    )


def start_watching(world: World, tower: Watchtower) -> None:
    """Start both loops of the tower."""
    world.supervisor.start("watchtower", tower.run())
    world.supervisor.start("watchtower-tending", tower.tend_forever())
