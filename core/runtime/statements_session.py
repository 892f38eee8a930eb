"""Statements without tokens: the adapter's calls, paced at the ledger's pace and retried."""

from __future__ import annotations

from datetime import date

from core.domain.statements import AssetStatement, OpenOrder, ProfitByDay, ProfitByTrade
from core.errors import NotOfferedHere
from core.ports.statements import StatementCall, StatementsAdapter
from core.runtime.rate_limiter import Lane
from core.runtime.reads import Reads


class StatementsSession:
    """Implements `core.ports.statements.Statements` over one adapter."""

    def __init__(self, reads: Reads[StatementsAdapter]) -> None:
        """Read through `reads`; nothing is called yet."""
        self._reads = reads

    def refused(self, call: StatementCall) -> NotOfferedHere | None:
        """Return why `call` is not offered here, or None when it is. Calls nothing."""
        return self._reads.adapter.refused(call)

    async def open_orders(self) -> tuple[OpenOrder, ...] | NotOfferedHere:
        """Read today's orders that still work."""
        return await self._reads.read_offered(
            self.refused(StatementCall.OPEN_ORDERS),
            Lane.RESOLVE,
            lambda adapter, token: adapter.open_orders(token),
            ledger=True,
        )

    async def assets(self) -> AssetStatement | NotOfferedHere:
        """Read everything that is in the account, by class."""
        return await self._reads.read_offered(
            self.refused(StatementCall.ASSETS),
            Lane.CHART,
            lambda adapter, token: adapter.assets(token),
            ledger=True,
        )

    async def profit_by_day(self, start: date, end: date) -> ProfitByDay | NotOfferedHere:
        """Read the realised profit of each day."""
        return await self._reads.read_offered(
            self.refused(StatementCall.PROFIT_BY_DAY),
            Lane.CHART,
            lambda adapter, token: adapter.profit_by_day(token, start, end),
            ledger=True,
        )

    async def profit_by_trade(self, start: date, end: date) -> ProfitByTrade | NotOfferedHere:
        """Read the realised profit of each symbol and day."""
        return await self._reads.read_offered(
            self.refused(StatementCall.PROFIT_BY_TRADE),
            Lane.CHART,
            lambda adapter, token: adapter.profit_by_trade(token, start, end),
            ledger=True,
        )
