"""What reflection reads of decisions, trades and money, and where it keeps what became of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Protocol

from core.domain.account import AccountSnapshot
from core.domain.exports import FillLine
from core.domain.instrument import Instrument, Symbol
from core.domain.leg_record import LegRecord
from core.domain.market import BarSeries
from core.domain.model_calls import Purpose
from core.domain.outcomes import Outcome, Unmeasured
from core.domain.performance import CashFlow
from core.domain.plan_review import PlanRecord
from core.domain.realised import Execution, Opening


class OutcomeArchive(Protocol):
    """The trade records and their outcomes."""

    async def due_legs(
        self, days: int, before: datetime, after: LegRecord | None, limit: int
    ) -> tuple[LegRecord, ...]:
        """Return legs proposed up to `before` whose outcome after `days` is not final, oldest first.

        `after` is the last leg of the page before. Final is an outcome of all that was filled, or
        that there can be none. An outcome of less than was filled (what a late read of the broker
        added) is due again.
        """

    async def legs_between(self, start: datetime, end: datetime) -> tuple[LegRecord, ...]:
        """Return the legs proposed from `start` on and before `end`, oldest first."""

    async def leg(self, record_id: str) -> LegRecord | None:
        """Return one leg."""

    async def save_outcome(self, outcome: Outcome) -> None:
        """Store an outcome in place of what stood there, and end its waiting, in one step."""

    async def save_wait(self, leg: LegRecord, days: int, reason: Unmeasured, at: datetime) -> None:
        """Note why there is no outcome yet (or never will be)."""

    async def untold(self, limit: int) -> tuple[Outcome, ...]:
        """Return outcomes that the memory does not hold yet, oldest first."""

    async def outcomes_between(self, start: datetime, end: datetime) -> tuple[Outcome, ...]:
        """Return the outcomes measured from `start` on and before `end`, in a fixed order."""

    async def mark_told(self, outcomes: Sequence[Outcome]) -> None:
        """Note that the memory holds these, as they are."""

    async def waiting(self, start: datetime, end: datetime) -> dict[Unmeasured, int]:
        """Count what waits for an outcome, by reason, of the legs proposed in between."""


class TradeHistory(Protocol):
    """What was traded, held and paid in, over all time."""

    async def executions_before(self, end: datetime) -> tuple[Execution, ...]:
        """Return what each order traded whose session is before `end`, others' orders too."""

    async def fills_between(self, start: datetime, end: datetime) -> tuple[FillLine, ...]:
        """Return the fills observed from `start` on and before `end`, oldest first."""

    async def openings(self) -> tuple[Opening, ...]:
        """Return what the account held before the books began."""

    async def snapshot_before(self, instant: datetime) -> AccountSnapshot | None:
        """Return the last stored account before `instant`."""

    async def snapshots_between(
        self, start: datetime, end: datetime
    ) -> tuple[AccountSnapshot, ...]:
        """Return the stored accounts from `start` on and before `end`, oldest first."""

    async def flows_between(self, start: datetime, end: datetime) -> tuple[CashFlow, ...]:
        """Return the cash that the trades do not explain, from `start` on and before `end`."""


class Closes(Protocol):
    """Finished bars, and what is known of a symbol."""

    async def bars(self, symbol: Symbol, sessions: int, end: date, *, adjusted: bool) -> BarSeries:
        """Return the last `sessions` finished bars up to `end`, oldest first. Raises BrokerError."""

    def instrument(self, symbol: Symbol) -> Instrument | None:
        """Return the facts of a symbol of the universe."""


class PlanHistory(Protocol):
    """The stored plans of many days, each with and without the model."""

    async def plans_between(self, first: date, last: date) -> tuple[PlanRecord, ...]:
        """Return the plans of the days, both ends included, oldest first."""


class CallCosts(Protocol):
    """What the language model cost."""

    async def cost_by_day(
        self, first: date, last: date, purposes: Collection[Purpose]
    ) -> dict[date, int]:
        """Return what the calls for `purposes` cost by day, in thousandths of a won."""
