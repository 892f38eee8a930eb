"""What stands open before trading is switched on again."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.books import SymbolHold
from core.domain.breakers import OWNER_RELEASES, InForce, Trip
from core.domain.orders import IN_DOUBT_STATES, Order
from core.domain.outbox import OutboxMessage
from core.services.orders.context import DeskContext


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPoints:
    """Everything a person should have seen before a resume, read in one transaction.

    `doubtful` orders freeze their symbol and side, `holds` their symbol; `undelivered` are alarms
    that nobody has seen yet.
    """

    in_force: InForce
    doubtful: tuple[Order, ...]
    holds: tuple[SymbolHold, ...]
    undelivered: tuple[OutboxMessage, ...]

    @property
    def owner_trips(self) -> tuple[Trip, ...]:
        """The breakers that only an owner puts back in."""
        return tuple(item for item in self.in_force.trips if item.breaker in OWNER_RELEASES)

    @property
    def other_trips(self) -> tuple[Trip, ...]:
        """The breakers that end by themselves: a resume does not touch them."""
        return tuple(item for item in self.in_force.trips if item.breaker not in OWNER_RELEASES)


async def open_points(context: DeskContext) -> OpenPoints:
    """Read what stands open now."""
    async with context.ledger.transaction() as tx:
        return OpenPoints(
            in_force=await context.switch.within(tx),
            doubtful=await tx.orders_in(IN_DOUBT_STATES),
            holds=await tx.symbol_holds(),
            undelivered=await tx.undelivered(),
        )
