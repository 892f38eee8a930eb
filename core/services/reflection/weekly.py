"""The numbers of a week (M1): read what is stored, and let `core.domain` compute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Protocol

from core.domain.account import AccountSnapshot
from core.domain.calendar import TradingCalendar
from core.domain.closes import Close, closes_of, step_between
from core.domain.costs import CostModel
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.leg_record import LegRecord
from core.domain.orders import Side
from core.domain.performance import (
    CashFlow,
    growth_of,
    price_return,
    return_of_doing_nothing,
    time_weighted_return,
    valuations,
)
from core.domain.realised import (
    Execution,
    Sale,
    Slip,
    Split,
    best_first,
    mean_days_held,
    sales_of,
    slippage,
    win_rate,
)
from core.domain.reflection import SaleLine, WeekNumbers
from core.domain.splits import split_ratio
from core.errors import BrokerError
from core.ports.pictures import Course
from core.ports.reflection import Closes, OutcomeArchive, TradeHistory

BENCHMARK = Symbol("069500")  # KODEX 200
SHOWN_SALES = 5
# A picture has no room for more days.
COURSE_DAYS_MAX = 500
_DIGITS = 1_000_000


class Span(Protocol):
    """A stretch of whole days in Korea, named by its text: a week, or another period."""

    @property
    def starts(self) -> datetime:
        """The first instant."""

    @property
    def ends(self) -> datetime:
        """The first instant after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanBooks:
    """What the books hold of a span: every figure of it is made from one reading.

    `accounts` begin with the last one before the span. `flows` are since the first of them.
    """

    legs: tuple[LegRecord, ...]
    accounts: tuple[AccountSnapshot, ...]
    flows: tuple[CashFlow, ...]
    traded: tuple[Execution, ...]
    sales: tuple[Sale, ...]
    unchecked: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekReader:
    """Makes the numbers of a week from what is stored. Changes nothing."""

    archive: OutcomeArchive
    history: TradeHistory
    market: Closes
    calendar: TradingCalendar
    costs: CostModel

    async def books(self, week: Span, *, goes_on: bool = False) -> SpanBooks:
        """Read what is stored of a span, once for all that is made of it. Raises StorageError."""
        accounts = await self.accounts(week, goes_on=goes_on)
        begun = accounts[0].taken_at if accounts else week.starts
        executions = await self.history.executions_before(week.ends)
        every, unchecked = await self._sales(week, executions)
        return SpanBooks(
            legs=await self.archive.legs_between(week.starts, week.ends),
            accounts=accounts,
            flows=await self.history.flows_between(begun, week.ends),
            traded=tuple(item for item in executions if item.at >= week.starts),
            sales=tuple(item for item in every if item.sold_at >= week.starts),
            unchecked=unchecked,
        )

    async def numbers(self, week: Span, now: AccountSnapshot | None = None) -> WeekNumbers:
        """Return the numbers of a week, or of any other span. Raises StorageError.

        What has no price is None. `now` is the account of this moment, in a span that is not over:
        the net asset value ends with it, and what was paid in since the last stored account
        counts. The rates stay those of stored accounts, because today has no close yet.
        """
        return await self.numbers_of(week, await self.books(week, goes_on=now is not None), now)

    async def numbers_of(
        self, week: Span, books: SpanBooks, now: AccountSnapshot | None = None
    ) -> WeekNumbers:
        """Return the same from books that were read already. Raises StorageError."""
        legs, accounts, sales = books.legs, books.accounts, books.sales
        waiting = await self.archive.waiting(week.starts, week.ends)
        valued = accounts if now is None else (*accounts, now)
        values = valuations([(item.taken_at, item.nav_won) for item in valued], books.flows)
        slip = slippage(tuple(_slips(legs)))
        ranked = best_first(sales)
        lines = tuple(self._line(item) for item in ranked)
        return WeekNumbers(
            week=str(week),
            first_day=week.starts.date(),
            last_day=_last_day(week),
            nav_start_won=accounts[0].nav_won if accounts else None,
            nav_end_won=valued[-1].nav_won if valued else None,
            paid_in_won=sum(item.paid_in_won for item in values),
            time_weighted=_rate(time_weighted_return(values[: len(accounts)])),
            benchmark=_rate(await self._growth(BENCHMARK, accounts)),
            doing_nothing=_rate(await self._doing_nothing(accounts)),
            proposed=len(legs),
            filled=sum(leg.fill is not None for leg in legs),
            sales=len(sales),
            realised_gross_won=sum(item.gross_won for item in ranked),
            realised_net_won=sum(item.net_won for item in ranked),
            unmatched_shares=int(sum(item.quantity - item.matched for item in sales)),
            win_rate=_rate(win_rate(sales)),
            days_held=_rate(mean_days_held(sales)),
            slippage_won=None if slip is None else slip.won,
            slippage_bps=None if slip is None else _rate(slip.bps),
            fees_won=sum(self.costs.fee_won(item.amount_won) for item in books.traded),
            tax_won=sum(item.tax_won for item in ranked),
            best=tuple(item for item in lines if item.net_won > 0)[:SHOWN_SALES],
            worst=tuple(item for item in lines[::-1] if item.net_won < 0)[:SHOWN_SALES],
            waiting=tuple((reason.value, count) for reason, count in waiting.items()),
            unchecked=books.unchecked,
        )

    async def trades_of(self, symbol: Symbol, span: Span) -> tuple[Execution, ...]:
        """Return what was traded of a symbol in `span`, oldest first."""
        executions = await self.history.executions_before(span.ends)
        return tuple(
            item for item in executions if item.symbol == symbol and item.at >= span.starts
        )

    async def course(self, span: Span) -> Course | None:
        """Return how the account went beside KODEX 200, day by day; None with fewer than two days.

        Payments are left out as in the time-weighted return. A day without a close of KODEX 200 has
        none.
        """
        accounts = await self.accounts(span)
        if not accounts:
            return None
        flows = await self.history.flows_between(accounts[0].taken_at, span.ends)
        return await self.course_of(accounts, flows)

    async def course_of(
        self, accounts: Sequence[AccountSnapshot], flows: Sequence[CashFlow]
    ) -> Course | None:
        """Return the same of accounts that were read already, with what was paid since the first."""
        accounts = accounts[-COURSE_DAYS_MAX:]
        if len(accounts) < len(("first", "last")):
            return None
        flows = [item for item in flows if item.at >= accounts[0].taken_at]
        values = valuations([(item.taken_at, item.nav_won) for item in accounts], flows)
        days = tuple(item.taken_at.astimezone(KST).date() for item in accounts)
        growth = growth_of(values)
        if growth is None:
            return None
        path = await self._path(BENCHMARK, self._session(days[0]), days[-1])
        closes = {item.session: item.adjusted_won for item in path}
        first = closes.get(self._session(days[0]))
        return Course(
            days=days,
            account=tuple(_percent(item) for item in growth),
            benchmark=tuple(
                _percent(price_return(first, closes[day])) if first and day in closes else None
                for day in map(self._session, days)
            ),
        )

    async def sales(self, span: Span, executions: Sequence[Execution]) -> tuple[Sale, ...]:
        """Return the sales in `span`, matched with all that was bought before."""
        every, _ = await self._sales(span, executions)
        return tuple(item for item in every if item.sold_at >= span.starts)

    async def accounts(self, week: Span, *, goes_on: bool = False) -> tuple[AccountSnapshot, ...]:
        """Return the account before the week, and each day's last one in it.

        Without one in it there is nothing to compare the one before with, unless the week goes on.
        """
        before = await self.history.snapshot_before(week.starts)
        found = await self.history.snapshots_between(week.starts, week.ends)
        if not (found or goes_on):
            return ()
        last = {item.taken_at.astimezone(KST).date(): item for item in found}
        return (*((before,) if before else ()), *last.values())

    async def _sales(
        self, week: Span, executions: Sequence[Execution]
    ) -> tuple[tuple[Sale, ...], tuple[str, ...]]:
        sold = {item.symbol for item in executions if item.side is Side.SELL}
        recent = {item.symbol for item in executions if item.at >= week.starts} & sold
        mine = [item for item in executions if item.symbol in recent]
        types = {
            symbol: known.tax_type
            for symbol in recent
            if (known := self.market.instrument(symbol)) is not None
        }
        splits: list[Split] = []
        unchecked: list[str] = []
        for symbol in sorted(recent):
            begun = min(item.at for item in mine if item.symbol == symbol).astimezone(KST).date()
            path = await self._path(symbol, begun, _last_day(week))
            if not path or path[0].session != begun:
                unchecked.append(symbol)
            splits += _splits(symbol, path)
        found = sales_of(
            mine,
            openings=[item for item in await self.history.openings() if item.symbol in recent],
            splits=splits,
            costs=self.costs,
            tax_types=types,
        )
        return found, tuple(unchecked)

    async def _doing_nothing(self, accounts: Sequence[AccountSnapshot]) -> Fraction | None:
        if not accounts:
            return None
        growth = {}
        for position in accounts[0].positions:
            rate = await self._growth(position.symbol, accounts)
            if rate is not None:
                growth[position.symbol] = rate
        return return_of_doing_nothing(accounts[0], growth)

    async def _growth(self, symbol: Symbol, accounts: Sequence[AccountSnapshot]) -> Fraction | None:
        """Return the total return of `symbol` from the first account's session to the last's."""
        if len(accounts) < len(("first", "last")):
            return None
        first, last = (
            self._session(accounts[place].taken_at.astimezone(KST).date()) for place in (0, -1)
        )
        path = await self._path(symbol, first, last)
        if not path or (path[0].session, path[-1].session) != (first, last):
            return None
        return price_return(path[0].adjusted_won, path[-1].adjusted_won)

    def _session(self, day: date) -> date:
        return day if self.calendar.known_hours(day) else self.calendar.previous_session(day)

    async def _path(self, symbol: Symbol, first: date, last: date) -> tuple[Close, ...]:
        """Return the closes that are known from `first` to `last`, none when the source fails."""
        days = (last - first).days + 1
        try:
            raw = await self.market.bars(symbol, days, last, adjusted=False)
            adjusted = await self.market.bars(symbol, days, last, adjusted=True)
        except BrokerError:
            return ()
        found = closes_of(raw.bars, adjusted.bars)
        return tuple(item for item in found if item.session >= first)

    def _line(self, sale: Sale) -> SaleLine:
        known = self.market.instrument(sale.symbol)
        return SaleLine(
            symbol=sale.symbol,
            name=known.name if known else sale.symbol,
            sold_on=sale.sold_at.astimezone(KST).date(),
            shares=sale.quantity,
            gross_won=sale.gross_won,
            net_won=sale.net_won,
            days_held=_exact(sale.days_held),
        )


def _last_day(span: Span) -> date:
    return (span.ends - timedelta(days=1)).date()


def _slips(legs: Iterable[LegRecord]) -> Iterable[Slip]:
    for leg in legs:
        if leg.fill is not None and leg.proposed_won is not None:
            yield Slip(
                side=Side(leg.record.action),
                quantity=leg.fill.quantity,
                proposed_won=leg.proposed_won,
                average_won=leg.fill.average_won,
            )


def _splits(symbol: Symbol, path: Sequence[Close]) -> Iterable[Split]:
    for before, now in pairwise(path):
        ratio = split_ratio(step_between(before, now))
        if ratio is not None:
            yield Split(symbol=symbol, session=now.session, ratio=ratio)


def _rate(value: Fraction | None) -> Decimal | None:
    return None if value is None else _exact(value)


def _percent(value: Fraction) -> float:
    return float(value * 100)


def _exact(value: Fraction) -> Decimal:
    """Return a fraction to a millionth."""
    return Decimal(round(value * _DIGITS)) / _DIGITS
