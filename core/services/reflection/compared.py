"""The account beside KODEX 200 over a quarter, as two lines that begin together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.market import Bar, BarSeries
from core.domain.outcomes import half_up
from core.domain.performance import Valuation, time_weighted_return, valuations
from core.domain.reflection import Week
from core.errors import BrokerError
from core.ports.reflection import Closes, TradeHistory
from core.services.reflection.weekly import BENCHMARK

COMPARED_WEEKS = 13
# One day is a point, not a line.
DAYS_MIN = 2
ACCOUNT = Symbol("ACCOUNT")
_INDEX = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedReader:
    """Reads what is stored. The account's line is its time-weighted growth: deposits do not lift it."""

    history: TradeHistory
    market: Closes

    async def series(self, week: Week) -> tuple[BarSeries, ...]:
        """Return both lines over the same days, none where a price is missing. Raises StorageError."""
        begin = week.starts - timedelta(weeks=COMPARED_WEEKS - 1)
        last = {
            item.taken_at.astimezone(KST).date(): (item.taken_at, item.nav_won)
            for item in await self.history.snapshots_between(begin, week.ends)
        }
        if len(last) < DAYS_MIN:
            return ()
        flows = await self.history.flows_between(begin, week.ends)
        values = valuations(tuple(last.values()), flows)
        closes = await self._closes(min(last), max(last))
        days = [day for day in last if day in closes]
        account = {day: _growth(values[: place + 1]) for place, day in enumerate(last)}
        mine = [(day, growth) for day in days if (growth := account[day]) is not None]
        if len(mine) < DAYS_MIN:
            return ()
        return (
            _series(ACCOUNT, [(day, half_up(growth * _INDEX)) for day, growth in mine]),
            _series(BENCHMARK, [(day, closes[day]) for day, _ in mine]),
        )

    async def _closes(self, first: date, last: date) -> dict[date, int]:
        try:
            found = await self.market.bars(BENCHMARK, (last - first).days + 1, last, adjusted=True)
        except BrokerError:
            return {}
        return {bar.session: bar.close_won for bar in found.bars}


def _growth(values: Sequence[Valuation]) -> Fraction | None:
    """Return what one won of the first day has become by the last of `values`."""
    if len(values) < DAYS_MIN:
        return Fraction(1)
    rate = time_weighted_return(values)
    return None if rate is None else rate + 1


def _series(symbol: Symbol, points: Sequence[tuple[date, int]]) -> BarSeries:
    bars = tuple(
        Bar(
            symbol=symbol,
            session=day,
            open_won=value,
            high_won=value,
            low_won=value,
            close_won=value,
            volume_shares=0,
        )
        for day, value in points
    )
    return BarSeries(symbol=symbol, adjusted=True, source="reflection", bars=bars)
