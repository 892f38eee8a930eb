from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.operations.evening import EveningRound
from core.domain.calendar import CalendarUnknown
from core.errors import StorageError


@dataclass
class Kept:
    result: object = None
    failure: Exception | None = None
    rounds: int = 0

    async def keep(self) -> object:
        self.rounds += 1
        if self.failure is not None:
            raise self.failure
        return self.result


async def test_outcomes_come_first_and_then_the_bars():
    outcomes, bars = Kept("measured"), Kept()
    assert await EveningRound(outcomes, bars).keep() == "measured"
    assert (outcomes.rounds, bars.rounds) == (1, 1)


@pytest.mark.parametrize("failure", [CalendarUnknown("1999"), StorageError("no plan")])
async def test_what_the_ledger_cannot_read_does_not_hide_the_outcomes(failure):
    outcomes, bars = Kept("measured"), Kept(failure=failure)
    assert await EveningRound(outcomes, bars).keep() == "measured"


async def test_outcomes_that_fail_are_told_of():
    bars = Kept()
    with pytest.raises(StorageError):
        await EveningRound(Kept(failure=StorageError("gone")), bars).keep()
    assert bars.rounds == 0
