"""The part of the graph that writes a letter about each month."""

from __future__ import annotations

from bot.operations.month_ends import MonthEnds
from bot.wiring.foundations import Stores, World
from bot.wiring.tables import numbers_of
from core.flows.kit import CycleKit
from core.flows.monthly_letter import MonthlyLetters
from core.ports.letters import LetterDesk
from core.ports.surface import AlertSurface
from core.services.reflection.letters import LetterReader


def monthly_letters(
    world: World, stores: Stores, cycle: CycleKit, surface: LetterDesk
) -> MonthlyLetters:
    """Build who writes and posts letters."""
    market = cycle.desk.market
    return MonthlyLetters(
        reader=LetterReader(
            market=market,
            calendar=world.calendar,
            numbers=numbers_of(world, stores, market),
            broker=cycle.rules.broker,
        ),
        ledger=stores.ledger,
        surface=surface,
        calendar=world.calendar,
        clock=world.clock,
        phrases=world.phrases,
        painter=cycle.outlets.painter,
    )


def month_ends_of(world: World, letters: MonthlyLetters, alerts: AlertSurface) -> MonthEnds:
    """Build the month's appointment."""
    return MonthEnds(letters=letters, alerts=alerts, phrases=world.phrases)
