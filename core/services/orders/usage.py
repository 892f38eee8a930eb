"""How much of the day's limits is used, by the same facts that orders are judged by."""

from __future__ import annotations

from collections.abc import Mapping

from core.services.orders.context import DeskContext
from core.services.orders.facts import DayFacts, FactReader


async def used_today(context: DeskContext, facts: FactReader) -> Mapping[str, int]:
    """Return what is used of each limit that adds up, by the names of `RiskLimits`.

    The capital is missing when the account could not be read: nothing is claimed about it.
    """
    account = await facts.account()
    async with context.ledger.transaction() as tx:
        day = await facts.day(tx)
    used = _counted(day)
    if account is not None:
        used["capital_won"] = account.securities_won + sum(day.coming_won.values())
    return used


async def counted_today(context: DeskContext, facts: FactReader) -> Mapping[str, int]:
    """Return what of that our own ledger knows: nobody is asked anything."""
    async with context.ledger.transaction() as tx:
        return _counted(await facts.day(tx))


def _counted(day: DayFacts) -> dict[str, int]:
    return {
        "day_amount_won": day.amount_won,
        "day_count": day.count,
        "minute_count": day.minute_count,
    }
