"""Who is at the other end of a life that dies, and what it has when the lives are over.

`AtThePort` answers at our port, as the simulated exchange's own adapter does; a broker with a wire
is `tests.scenarios.crash_wire`. A request that has left arrives, or not, whoever still lives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

from core.domain.orders import (
    Accepted,
    BrokerOrderRef,
    OrderHistory,
    OrderRequest,
    SubmitOutcome,
    Unresolved,
)
from tests.fakes.desk_kit import KODEX, TIGER
from tests.fakes.hand_clock import HandClock
from tests.fakes.scripted_broker import ScriptedBroker
from tests.scenarios.crash_fence import Fence

NOT_RECEIVED, RECEIVED, LATE = REQUESTS = ("not received", "received", "received late")
LATE_SECONDS = 30.0
PRICES = {KODEX: 35_000, TIGER: 30_000}
HELD, CASH_WON = {TIGER: 5}, 600_000


@dataclass(frozen=True, slots=True)
class Shown:
    """An order as the broker has it."""

    number: str
    signature: str
    filled: int


class Counterparty(Protocol):
    """A broker that outlives its callers."""

    sent: list[OrderRequest]
    """Every order that left, whether it arrived or not."""
    failures: list[str]
    """What broke in the background of a life."""

    def enters(self, fence: Fence) -> Any:
        """Return the broker that a new life talks to."""

    def shown(self) -> Sequence[Shown]:
        """Return every order it has taken."""

    def fill(self, at_most: int) -> None:
        """Let up to so many shares of each order trade that still can."""

    async def close(self) -> None:
        """Let go of what the last life used."""


class AtThePort(ScriptedBroker):
    """Implements `Counterparty` and our port at once: the fate of a request is an outcome."""

    def __init__(self, clock: HandClock, request: str) -> None:
        super().__init__(clock, prices=dict(PRICES), holdings=dict(HELD), cash_won=CASH_WON)
        self.request = request
        self.sent: list[OrderRequest] = []
        self.failures: list[str] = []
        self.fence = Fence()

    def enters(self, fence: Fence) -> AtThePort:
        self.fence = fence
        return self

    def shown(self) -> list[Shown]:
        return [Shown(row.ref.number, row.signature, row.filled) for row in self.rows]

    def fill(self, at_most: int) -> None:  # type: ignore[override]  # of all, not of one
        for row in self.rows:
            if row.placed_at <= self.clock.now() and row.remaining:
                super().fill(row.ref.number, row.filled + min(row.remaining, at_most))

    async def close(self) -> None:
        """Nothing is open."""

    async def _enter(self, call: str) -> None:
        self.fence.enter(f"net {call}")
        self.fence.leave(f"net {call}")

    async def place_order(self, request: OrderRequest) -> SubmitOutcome:
        self.fence.enter("net send order")
        self.sent.append(request)
        outcome: SubmitOutcome = Unresolved(reason="timed out")
        if self.request != NOT_RECEIVED:
            row = self.list_order(request)
            if self.request == LATE:
                late = self.clock.now() + timedelta(seconds=LATE_SECONDS)
                self.change(row.ref.number, placed_at=late)
            else:
                outcome = Accepted(ref=row.ref, accepted_at=self.clock.now(), code="0")
        self.fence.leave("net send order")
        self.fence.enter("net answer order")
        self.fence.leave("net answer order")
        return outcome

    async def cancel_order(self, ref: BrokerOrderRef) -> SubmitOutcome:
        self.fence.enter("net send cancel order")
        outcome: SubmitOutcome = Unresolved(reason="timed out")
        if self.request != NOT_RECEIVED:
            row = self.end(ref.number)
            if self.request == RECEIVED:
                outcome = Accepted(ref=row.ref, accepted_at=self.clock.now(), code="0")
        self.fence.leave("net send cancel order")
        self.fence.enter("net answer cancel order")
        self.fence.leave("net answer cancel order")
        return outcome

    async def order_history(self, day: date) -> OrderHistory:
        now = self.clock.now()
        self.hidden = {row.ref.number for row in self.rows if row.placed_at > now}
        return await super().order_history(day)
