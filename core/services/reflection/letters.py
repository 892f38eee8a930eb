"""What a month brought, read from the books for its letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.domain.account import AccountSnapshot
from core.domain.calendar import TradingCalendar
from core.domain.krx import KST
from core.domain.month import Month
from core.domain.orders import END_STATES, OrderState, Side
from core.domain.realised import Execution, Sale, TypeTotal, totals_by_type
from core.ports.broker import NamesItself
from core.ports.letters import MonthlyLetter, Turnover
from core.ports.reflection import Closes, OutcomeArchive, TradeHistory
from core.services.reflection.weekly import WeekReader

_UNFILLED = END_STATES - {OrderState.FILLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterReader:
    """Reads only."""

    archive: OutcomeArchive
    history: TradeHistory
    market: Closes
    calendar: TradingCalendar
    numbers: WeekReader
    broker: NamesItself

    async def letter(self, month: Month) -> MonthlyLetter:
        """Return all that the letter of a month says. Raises StorageError."""
        accounts = await self.numbers.accounts(month)
        executions = await self.history.executions_before(month.ends)
        traded = [item for item in executions if item.at >= month.starts]
        sales = await self.numbers.sales(month, executions)
        flows = await self._flows(month, accounts)
        legs = await self.archive.legs_between(month.starts, month.ends)
        identity = self.broker.identity
        return MonthlyLetter(
            month=month,
            mode=identity.mode,
            account=identity.account_masked,
            numbers=await self.numbers.numbers(month),
            course=await self.numbers.course(month),
            begun=accounts[0].taken_at.astimezone(KST).date() if accounts else None,
            sessions=self._sessions(month),
            valued=sum(item.taken_at >= month.starts for item in accounts),
            paid_in_won=sum(won for won in flows if won > 0),
            paid_out_won=-sum(won for won in flows if won < 0),
            bought=_turnover(traded, Side.BUY),
            sold=_turnover(traded, Side.SELL),
            by_type=self._by_type(sales),
            unfilled=sum(leg.state in _UNFILLED for leg in legs),
            losing_sales=sum(item.matched > 0 and item.net_won < 0 for item in sales),
        )

    async def _flows(self, month: Month, accounts: Sequence[AccountSnapshot]) -> list[int]:
        """Return what was paid between the first stored account and the last, as the rates count it."""
        if not accounts:
            return []
        first, last = accounts[0].taken_at, accounts[-1].taken_at
        found = await self.history.flows_between(first, month.ends)
        return [item.won for item in found if first < item.at <= last]

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


def _turnover(traded: Sequence[Execution], side: Side) -> Turnover:
    own = [item for item in traded if item.side is side]
    return Turnover(orders=len(own), won=sum(item.amount_won for item in own))
