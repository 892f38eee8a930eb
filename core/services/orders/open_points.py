"""What stands open before trading is switched on again, and switching it on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.domain.books import SymbolHold
from core.domain.breakers import OWNER_RELEASES, InForce, Trip
from core.domain.journal import JournalEntry
from core.domain.modes import TradingState
from core.domain.orders import IN_DOUBT_STATES, Order
from core.domain.outbox import OutboxMessage
from core.services.orders.approving import Approver
from core.services.orders.context import DeskContext
from core.services.orders.values import Click, ClickOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPoints:
    """Everything a person should have seen before a resume, read in one transaction.

    `doubtful` orders freeze their symbol and side, `holds` their symbol; `undelivered` are alarms
    that nobody has seen yet. `not_ready` says why the start is not over: until then nobody knows
    what stands open, so nothing is resumed.
    """

    in_force: InForce
    doubtful: tuple[Order, ...]
    holds: tuple[SymbolHold, ...]
    undelivered: tuple[OutboxMessage, ...]
    not_ready: str = ""

    @property
    def owner_trips(self) -> tuple[Trip, ...]:
        """The breakers that only an owner puts back in."""
        return tuple(item for item in self.in_force.trips if item.breaker in OWNER_RELEASES)

    @property
    def other_trips(self) -> tuple[Trip, ...]:
        """The breakers that end by themselves: a resume does not touch them."""
        return tuple(item for item in self.in_force.trips if item.breaker not in OWNER_RELEASES)

    @property
    def can_be_lifted(self) -> bool:
        """Whether a resume would change anything at all, and may."""
        if self.not_ready:
            return False
        found = self.in_force
        asked = found.stored is not TradingState.ACTIVE or found.outside is not TradingState.ACTIVE
        return asked or found.stopped_because is not None or bool(self.owner_trips)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """What a resume did: the breakers it put back in, and what stands open after it."""

    released: tuple[Trip, ...]
    after: OpenPoints


class Resumption:
    """Shows what stands open, and switches trading on for somebody who may."""

    def __init__(
        self, context: DeskContext, approver: Approver, readiness: Callable[[], str | None]
    ) -> None:
        """Keep the parts; `readiness` says why the start is not over, or None."""
        self._context = context
        self._readiness = readiness
        self._approver = approver

    async def look(self) -> OpenPoints:
        """Read what stands open now."""
        async with self._context.ledger.transaction() as tx:
            return OpenPoints(
                in_force=await self._context.switch.within(tx),
                doubtful=await tx.orders_in(IN_DOUBT_STATES),
                holds=await tx.symbol_holds(),
                undelivered=await tx.undelivered(),
                not_ready=self._readiness() or "",
            )

    async def resume(self, click: Click, *, is_owner: bool) -> Resumed | ClickOutcome:
        """Lift what a person may lift: halts and the stopped day; for an owner the breakers too.

        Whatever ends by itself stays as it is, and `Resumed.after` says so. Raises StorageError
        when the halt file cannot be removed: then trading is still halted.
        """
        if not self._approver.is_allowed(click):
            return await self._approver.refuse(click, "resume")
        if self._readiness() is not None:
            return ClickOutcome.NOT_READY
        trips = (await self.look()).owner_trips
        actor = str(click.user_id)
        reason = self._context.phrases.say("orders.reason_resumed", name=click.user_name)
        if trips and not is_owner:
            await self._note_refusal(click, trips)
        switch = self._context.switch
        released = [
            trip
            for trip in (trips if is_owner else ())
            if await switch.release(trip.breaker, actor=actor, reason=reason)
        ]
        await switch.set_state(TradingState.ACTIVE, actor=actor, reason=reason)
        self._context.execution_bell.ring()
        return Resumed(released=tuple(released), after=await self.look())

    async def _note_refusal(self, click: Click, trips: tuple[Trip, ...]) -> None:
        entry = JournalEntry(
            at=self._context.clock.now(),
            kind="switch.release_refused",
            actor=str(click.user_id),
            subject="trading",
            facts={
                "breakers": [trip.breaker.value for trip in trips],
                "name": click.user_name,
                "interaction": click.interaction_id,
            },
        )
        async with self._context.ledger.transaction() as tx:
            await tx.append_journal(entry)
