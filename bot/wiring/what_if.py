"""The part of the graph that reckons what else could have been done."""

from __future__ import annotations

from bot.settings import Settings
from bot.wiring.foundations import Stores, World
from core.domain.calendar import TradingCalendar
from core.ports.clock import Clock
from core.ports.reflection import Closes
from core.services.reflection.what_if import WhatIfReader
from core.services.reflection.what_if_history import HistoryReader
from storage.cycles import SqlCycleArchive
from storage.engine import Database
from storage.model_calls import SqlModelCallArchive
from storage.outcomes import SqlOutcomeArchive
from storage.plans import SqlPlanArchive
from storage.trade_history import SqlTradeHistory


def what_if_reader(
    settings: Settings,
    database: Database,
    *,
    market: Closes,
    calendar: TradingCalendar,
    clock: Clock,
) -> WhatIfReader:
    """Build who reckons it, at the costs of the settings, on the bars of `market`."""
    return WhatIfReader(
        reader=HistoryReader(
            archive=SqlOutcomeArchive(database),
            trades=SqlTradeHistory(database),
            plans=SqlPlanArchive(database),
            calls=SqlModelCallArchive(database),
            market=market,
            calendar=calendar,
            cycle=SqlCycleArchive(database),
        ),
        clock=clock,
        costs=settings.costs,
        deposit_bps=settings.deposit_bps,
    )


def live_what_if(world: World, stores: Stores, market: Closes) -> WhatIfReader:
    """Build the one of the running bot, which reads from the broker what is not stored yet."""
    return what_if_reader(
        world.settings,
        stores.database,
        market=market,
        calendar=world.calendar,
        clock=world.clock,
    )
