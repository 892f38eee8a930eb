"""What the account holds and what was traded, from the broker and the books into a spreadsheet.

One way only: the broker is the truth, so nothing in the spreadsheet is ever believed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.exports.sheet_pages import SheetPage, pages_of
from core.domain.account import Portfolio
from core.domain.exports import Table, TableKind
from core.domain.period import PeriodKind, period_of
from core.errors import BrokerUnavailable
from core.ports.broker import NamesItself
from core.ports.clock import Clock
from core.ports.phrases import Phrases
from core.services.reflection.weekly import Span

ACCOUNT_SECONDS_MAX = 60.0


class ReadsPortfolio(Protocol):
    """Reads the account at the broker (core.services.portfolio)."""

    async def portfolio(self) -> Portfolio:
        """Return it as it is now. Raises BrokerError."""


class ReadsTables(Protocol):
    """Reads what was traded (core.services.reflection.exporting)."""

    async def tables(self, span: Span, kinds: Collection[TableKind]) -> tuple[Table, ...]:
        """Return the asked tables. Raises StorageError."""


class Spreadsheet(Protocol):
    """Where it is written (bot.exports.google_sheet)."""

    @property
    def writes_as(self) -> str:
        """The address with which it must be shared."""

    async def write(self, pages: Sequence[SheetPage]) -> None:
        """Put the pages in place of what was there. Raises SheetFailed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetExport:
    """Writes all of it each time: twice is as good as once."""

    portfolio: ReadsPortfolio
    tables: ReadsTables
    sheet: Spreadsheet
    broker: NamesItself
    clock: Clock
    phrases: Phrases

    @property
    def writes_as(self) -> str:
        """The address with which the spreadsheet must be shared."""
        return self.sheet.writes_as

    async def write(self) -> Mapping[str, int]:
        """Read everything, write it, and return how many rows each worksheet has under its head.

        Raises BrokerError, StorageError or SheetFailed.
        """
        try:
            async with asyncio.timeout(ACCOUNT_SECONDS_MAX):
                portfolio = await self.portfolio.portfolio()
        except TimeoutError:
            raise BrokerUnavailable(f"no answer within {ACCOUNT_SECONDS_MAX:.0f} s") from None
        span = period_of(PeriodKind.ALL, self.clock.now())
        (trades,) = await self.tables.tables(span, (TableKind.TRADES,))
        pages = pages_of(portfolio, trades, self.broker.identity, self.phrases)
        await self.sheet.write(pages)
        return {page.title: len(page.rows) - 1 for page in pages}
