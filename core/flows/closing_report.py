"""The report after the close: what was done, what it cost, and what is still open."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from core.domain.account import Portfolio
from core.domain.books import SymbolHold
from core.domain.briefing import ClosingReport
from core.domain.cycle import Step, StepState
from core.domain.instrument import TaxType
from core.domain.journal import CASH_SUBJECT, JournalEntry
from core.domain.krx import KST
from core.domain.memory import MemoryNote
from core.domain.orders import (
    LIVE_STATES,
    WAITING_STATES,
    FillObservation,
    Order,
    Side,
)
from core.errors import BrokerError, TradingError
from core.flows.fault_words import fault_words
from core.flows.kit import CycleKit
from core.flows.telling import CHART_SECONDS_MAX, nav_points
from core.flows.values import MarketState, decoded
from core.ports.pictures import ChartSpec

ACCOUNT_SECONDS_MAX = 60.0
NAV_POINTS_MIN = 2
# An older snapshot is no "yesterday" to compare with.
NAV_BEFORE_MAX = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class _Books:
    """What the ledger says about one day."""

    orders: tuple[Order, ...]
    fills: tuple[FillObservation, ...]
    nav_before_won: int | None
    holds: tuple[SymbolHold, ...]
    cash_moved_won: int


@dataclass(frozen=True, slots=True)
class ClosingReporter:
    """Makes the 15:45 report."""

    kit: CycleKit

    async def report(self, day: date) -> ClosingReport:
        """Read, store the day's snapshot, show the report and remember how the orders ended.

        Raises StorageError when rows fail and TradingError when the report cannot be shown.
        """
        warnings: list[str] = []
        morning = await self._morning(day)
        portfolio = await self._portfolio(warnings)
        books = await self._books(day, portfolio)
        nav_before = books.nav_before_won
        if nav_before is None and morning is not None:
            nav_before = morning.account.nav_won
        fees, taxes = self._costs(books, (morning, portfolio), warnings)
        report = ClosingReport(
            day=day,
            mode=self.kit.rules.broker.identity.mode,
            account=self.kit.rules.broker.identity.account_masked,
            portfolio=portfolio,
            orders=books.orders,
            fills=books.fills,
            fees_won=fees,
            taxes_won=taxes,
            nav_before_won=nav_before,
            warnings=tuple(warnings),
            created_at=self.kit.rules.clock.now(),
            journal=await self.kit.stores.audit.head(),
            holds=books.holds,
            cash_moved_won=books.cash_moved_won,
        )
        chart, report = await self._charted(report)
        await self.kit.outlets.reports.show_closing(report, chart)
        await self._remember(report)
        return report

    async def _morning(self, day: date) -> Portfolio | None:
        """Return the portfolio the cycle saw: average costs of what was sold since are only there."""
        for row in await self.kit.stores.cycle.steps_of(day):
            if row.step is Step.MARKET_FETCH and row.state is StepState.DONE:
                return decoded(MarketState, row.output).portfolio
        return None

    async def _portfolio(self, warnings: list[str]) -> Portfolio | None:
        try:
            async with asyncio.timeout(ACCOUNT_SECONDS_MAX):
                return await self.kit.desk.portfolio.portfolio()
        except (BrokerError, TimeoutError) as error:
            reason = fault_words(self.kit.outlets.phrases, error)
            warnings.append(self.kit.say("cycle.account_unreadable", error=reason))
            return None

    async def _books(self, day: date, portfolio: Portfolio | None) -> _Books:
        start = datetime.combine(day, time(), tzinfo=KST)
        async with self.kit.stores.ledger.transaction() as books:
            today = await books.orders_created_on(day)
            open_now = await books.orders_in(LIVE_STATES | WAITING_STATES)
            fills = await books.fills_on(day)
            history = await books.nav_history(start - NAV_BEFORE_MAX)
            holds = await books.symbol_holds()
            cash_lines = await books.journal_of(CASH_SUBJECT)
            if portfolio is not None:
                await books.save_snapshot(portfolio.account)
            orders = {order.order_id: order for order in (*open_now, *today)}
            for order_id in {fill.order_id for fill in fills} - orders.keys():
                found = await books.order(order_id)
                if found is not None:
                    orders[order_id] = found
        before = [nav_won for at, nav_won in history if at < start]
        ordered = sorted(orders.values(), key=_shown_order)
        return _Books(
            orders=tuple(ordered),
            fills=fills,
            nav_before_won=before[-1] if before else None,
            holds=holds,
            cash_moved_won=_cash_moved_won(cash_lines, day),
        )

    def _costs(
        self, books: _Books, portfolios: tuple[Portfolio | None, ...], warnings: list[str]
    ) -> tuple[int, int]:
        """Return (commission, upper bound of the tax) of the day's fills, in won.

        `portfolios` are where average costs are looked up, the morning's first: what was sold out
        is only there, what was bought today only in the evening's. The commission is cut to whole won per order, as the broker does, not per fill.
        """
        costs, fees, taxes = self.kit.rules.costs, 0, 0
        unknown: list[str] = []
        for order in books.orders:
            fills = [fill for fill in books.fills if fill.order_id == order.order_id]
            amount = sum(fill.price_won * fill.quantity for fill in fills)
            fees += costs.fee_won(amount)
            if not fills or order.envelope.side is Side.BUY:
                continue
            gain = _gain(order, fills, portfolios)
            instrument = self.kit.desk.market.instrument(order.envelope.symbol)
            tax_type = instrument.tax_type if instrument else TaxType.HOLDING_PERIOD
            if gain is None and tax_type.gain_is_taxed:
                unknown.append(self.kit.name_of(order.envelope.symbol))
            taxes += costs.gain_tax_won(tax_type, gain or Decimal(0))
        if unknown:
            warnings.append(
                self.kit.say("cycle.tax_unknown", names=", ".join(dict.fromkeys(unknown)))
            )
        return fees, taxes

    async def _charted(self, report: ClosingReport) -> tuple[bytes | None, ClosingReport]:
        if self.kit.outlets.painter is None:
            return None, report
        spec = ChartSpec(
            title=self.kit.say("cycle.closing_title", day=report.day),
            subtitle=self.kit.say(
                "cycle.closing_subtitle", mode=self.kit.say(f"embeds.mode_{report.mode.value}")
            ),
            nav=await nav_points(self.kit),
        )
        if len(spec.nav) < NAV_POINTS_MIN:
            # One point is no line: the first day has no chart, which is no fault.
            return None, report
        try:
            async with asyncio.timeout(CHART_SECONDS_MAX):
                return await self.kit.outlets.painter.paint(spec), report
        except (TradingError, TimeoutError, OSError) as error:
            reason = fault_words(self.kit.outlets.phrases, error)
            warning = self.kit.say("cycle.chart_failed", error=reason)
            return None, replace(report, warnings=(*report.warnings, warning))

    async def _remember(self, report: ClosingReport) -> None:
        lines = [self.kit.say("cycle.closing_title", day=report.day)]
        lines += [self._order_line(order) for order in report.orders]
        if report.portfolio is not None:
            lines.append(self.kit.say("cycle.nav_line", nav=report.portfolio.account.nav_won))
        await self.kit.stores.memory.remember(
            MemoryNote(
                kind="closing",
                text="\n".join(lines),
                day=report.day,
                source=f"closing:{report.day}",
                symbols=tuple(dict.fromkeys(item.envelope.symbol for item in report.orders)),
                created_at=report.created_at,
            )
        )

    def _order_line(self, order: Order) -> str:
        return self.kit.say(
            "cycle.order_line",
            side=self.kit.say(f"cycle.side_{order.envelope.side.value}"),
            name=self.kit.name_of(order.envelope.symbol),
            symbol=order.envelope.symbol,
            filled=order.filled,
            quantity=order.request.quantity if order.request else order.envelope.quantity_max,
            state=self.kit.say(f"embeds.state_{order.state.value.lower()}"),
            price="-" if order.average_price_won is None else f"{order.average_price_won:,.0f}",
        )


def _cash_moved_won(lines: tuple[JournalEntry, ...], day: date) -> int:
    """Return what the comparisons of `day` found beside the trades, paid in positive."""
    return sum(
        int(str(line.facts["broker"])) - int(str(line.facts["expected"]))
        for line in lines
        if line.at.astimezone(KST).date() == day
    )


def _shown_order(order: Order) -> tuple[datetime, str, int, str]:
    return order.created_at, order.ticket_id, order.leg, order.order_id


def _gain(
    order: Order, fills: list[FillObservation], portfolios: tuple[Portfolio | None, ...]
) -> Decimal | None:
    found = (item.account.position(order.envelope.symbol) for item in portfolios if item)
    position = next((item for item in found if item is not None), None)
    if position is None:
        return None
    sold = sum(fill.quantity for fill in fills)
    amount = sum(fill.price_won * fill.quantity for fill in fills)
    return amount - position.average_cost_won * sold
