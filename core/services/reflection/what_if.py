"""What else could have been done: reads the history, and lets `core.domain` reckon."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from core.domain.costs import CostModel
from core.domain.instrument import Symbol, TaxType
from core.domain.what_if import History, Terms
from core.domain.what_if_replay import replayed
from core.domain.what_if_verdict import WhatIf, what_if_of
from core.ports.clock import Clock
from core.services.reflection.weekly import BENCHMARK
from core.services.reflection.what_if_history import HistoryReader


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfReader:
    """Reckons the counterfactual ledger anew each time it is asked. Changes nothing.

    `deposit_bps` is what a deposit bears in a year, in hundredths of a percent.
    """

    reader: HistoryReader
    clock: Clock
    costs: CostModel
    deposit_bps: int

    async def what_if(self) -> WhatIf | None:
        """Return the answer; None before a session has closed on a stored account with prices.

        Raises StorageError, and CalendarUnknown where the first account is outside the calendar.
        """
        history = await self.reader.read(self.clock.now(), BENCHMARK)
        if history is None:
            return None
        # The draws take some tenths of a second, in which the loop must not stand still.
        return await asyncio.to_thread(_reckoned, history, self._terms(history))

    async def keep(self) -> None:
        """Read every bar that the ledger needs, so that it is stored while it can be had.

        Raises StorageError and CalendarUnknown.
        """
        await self.reader.read(self.clock.now(), BENCHMARK)

    def _terms(self, history: History) -> Terms:
        return Terms(
            costs=self.costs,
            tax_types={symbol: self._tax_type(symbol) for symbol in history.closes},
            index=BENCHMARK,
            deposit_bps=self.deposit_bps,
        )

    def _tax_type(self, symbol: Symbol) -> TaxType:
        known = self.reader.market.instrument(symbol)
        if known is not None:
            return known.tax_type
        # An index fund of Korean shares is exempt, also where the universe does not list it.
        return TaxType.EXEMPT if symbol == BENCHMARK else TaxType.HOLDING_PERIOD


def _reckoned(history: History, terms: Terms) -> WhatIf | None:
    return what_if_of(history, replayed(history, terms))
