"""What a month brought, read from the books for its letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.domain.calendar import TradingCalendar
from core.domain.krx import KST
from core.domain.month import Month
from core.domain.orders import END_STATES, OrderState, Side
from core.domain.realised import Execution, Sale, TypeTotal, totals_by_type
from core.ports.broker import NamesItself
from core.ports.letters import MonthlyLetter, Turnover
from core.ports.reflection import Closes
from core.services.reflection.weekly import SpanBooks, WeekReader

_UNFILLED = END_STATES - {OrderState.FILLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterReader:
    """Reads only."""

    market: Closes
    calendar: TradingCalendar
    numbers: WeekReader
    broker: NamesItself

    async def letter(self, month: Month) -> MonthlyLetter:
        """Return all that the letter of a month says. Raises StorageError."""
        books = await self.numbers.books(month)
        accounts, sales, flows = books.accounts, books.sales, _paid(books)
        identity = self.broker.identity
        return MonthlyLetter(
            month=month,
            mode=identity.mode,
            account=identity.account_masked,
            numbers=await self.numbers.numbers_of(month, books),
            course=await self.numbers.course_of(accounts, books.flows),
            begun=accounts[0].taken_at.astimezone(KST).date() if accounts else None,
            sessions=self._sessions(month),
            valued=sum(item.taken_at >= month.starts for item in accounts),
            paid_in_won=sum(won for won in flows if won > 0),
            paid_out_won=-sum(won for won in flows if won < 0),
            bought=_turnover(books.traded, Side.BUY),
            sold=_turnover(books.traded, Side.SELL),
            by_type=self._by_type(sales),
            unfilled=sum(leg.state in _UNFILLED for leg in books.legs),
            losing_sales=sum(item.matched > 0 and item.net_won < 0 for item in sales),
        )

    def _sessions(self, month: Month) -> int:
        days = (month.ends - month.starts).days
        return sum(
            self.calendar.known_hours(month.first_day + timedelta(days=number)) is not None
            for number in range(days)
        )

    def _by_type(self, sales: Sequence[Sale]) -> tuple[TypeTotal, ...]:
        types = {
            item.symbol: known.tax_type
            for item in sales
            if (known := self.market.instrument(item.symbol)) is not None
        }
        return totals_by_type(sales, types)


def _paid(books: SpanBooks) -> list[int]:
    """Return what was paid between the first stored account and the last, as the rates count it."""
    if not books.accounts:
        return []
    first, last = books.accounts[0].taken_at, books.accounts[-1].taken_at
    return [item.won for item in books.flows if first < item.at <= last]


def _turnover(traded: Sequence[Execution], side: Side) -> Turnover:
    own = [item for item in traded if item.side is side]
    return Turnover(orders=len(own), won=sum(item.amount_won for item in own))
