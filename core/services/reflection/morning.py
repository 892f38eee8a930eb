"""The account as the morning's cycle saw it, out of what its third step left behind."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from core.domain.account import AccountSnapshot, Position
from core.domain.cycle import Step, StepRecord, StepState
from core.domain.instrument import Symbol
from core.domain.money import Won
from core.errors import StorageError


class CycleRows(Protocol):
    """The one call of `core.ports.archive.CycleArchive` that this needs."""

    async def steps_of(self, day: date) -> tuple[StepRecord, ...]:
        """Return the rows of one day in step order."""


async def morning_account(rows: CycleRows, day: date) -> AccountSnapshot | None:
    """Return the account that the cycle of `day` decided on, None where it did not get that far.

    Raises StorageError where what is stored is no account.
    """
    for row in await rows.steps_of(day):
        if row.step is Step.MARKET_FETCH and row.state is StepState.DONE:
            try:
                return _account(json.loads(row.output)["portfolio"]["account"])
            except (ValueError, KeyError, TypeError, InvalidOperation) as error:
                raise StorageError(f"the stored account of {day} cannot be read") from error
    return None


def _account(told: dict[str, Any]) -> AccountSnapshot:
    return AccountSnapshot(
        deposit_won=Won(int(told["deposit_won"])),
        settled_d2_won=Won(int(told["settled_d2_won"])),
        positions=tuple(
            Position(
                symbol=Symbol(one["symbol"]),
                name=str(one["name"]),
                quantity=int(one["quantity"]),
                sellable=int(one["sellable"]),
                average_cost_won=Decimal(str(one["average_cost_won"])),
                price_won=Won(int(one["price_won"])),
            )
            for one in told["positions"]
        ),
        taken_at=datetime.fromisoformat(told["taken_at"]),
    )
