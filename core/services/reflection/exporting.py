"""What was traded, filled, gained and held in a span, as tables for a spreadsheet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.costs import CostModel
from core.domain.exports import FillLine, Row, Table, TableKind
from core.domain.instrument import Symbol, TaxType
from core.domain.krx import KST
from core.domain.money import Won
from core.domain.realised import Execution, Sale, totals_by_type
from core.ports.reflection import Closes, TradeHistory
from core.services.reflection.weekly import Span, WeekReader

EXTERNAL = "external:"
# What stands in the column `by`, and in the one of the side; the locale files hold words.
OURS, OTHERS = "ours", "others"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReader:
    """Reads only. Amounts are won, instants Korean time; fees and tax by the rates of the settings."""

    history: TradeHistory
    market: Closes
    costs: CostModel
    numbers: WeekReader

    async def tables(self, span: Span, kinds: Collection[TableKind]) -> tuple[Table, ...]:
        """Return the asked tables in the order of their kinds. Raises StorageError."""
        executions = await self.history.executions_before(span.ends)
        found: dict[TableKind, Sequence[Row]] = {}
        if TableKind.TRADES in kinds:
            found[TableKind.TRADES] = [
                self._trade(item) for item in executions if item.at >= span.starts
            ]
        if TableKind.FILLS in kinds:
            fills = await self.history.fills_between(span.starts, span.ends)
            found[TableKind.FILLS] = [self._fill(item) for item in fills]
        if {TableKind.TAX, TableKind.TAX_BY_TYPE} & set(kinds):
            sales = await self.numbers.sales(span, executions)
            found[TableKind.TAX] = [self._sale(item) for item in sales]
            found[TableKind.TAX_BY_TYPE] = self._by_type(sales)
        if TableKind.NAV in kinds:
            found[TableKind.NAV] = await self._nav(span)
        return tuple(
            Table(kind=kind, rows=tuple(found[kind])) for kind in TableKind if kind in kinds
        )

    def _trade(self, item: Execution) -> Row:
        order_id = item.order_id.removeprefix(EXTERNAL)
        return (
            *_moment(item.at),
            order_id,
            item.symbol,
            self._name(item.symbol),
            item.side.value,
            item.quantity,
            item.price_won,
            item.amount_won,
            self.costs.fee_won(item.amount_won),
            OURS if order_id == item.order_id else OTHERS,
        )

    def _fill(self, item: FillLine) -> Row:
        return (
            *_moment(item.observed_at),
            item.order_id,
            item.symbol,
            self._name(Symbol(item.symbol)),
            item.side,
            item.quantity,
            item.price_won,
            item.quantity * item.price_won,
            item.cumulative,
        )

    def _sale(self, item: Sale) -> Row:
        return (
            item.sold_at.astimezone(KST).date(),
            item.order_id.removeprefix(EXTERNAL),
            item.symbol,
            self._name(item.symbol),
            self._tax_type(item.symbol).value,
            item.quantity,
            int(item.matched),
            item.proceeds_won,
            item.cost_won,
            item.gross_won,
            item.fees_won,
            item.tax_won,
            round(item.days_held) if item.matched else None,
        )

    def _by_type(self, sales: Sequence[Sale]) -> list[Row]:
        """Return a line for each type of taxation."""
        types = {item.symbol: self._tax_type(item.symbol) for item in sales}
        return [
            (
                item.tax_type.value,
                item.sales,
                item.gains_won,
                item.losses_won,
                item.fees_won,
                item.tax_won,
            )
            for item in totals_by_type(sales, types)
        ]

    async def _nav(self, span: Span) -> list[Row]:
        """Return the last account of each day, and what was paid in or out on it."""
        accounts = await self.history.snapshots_between(span.starts, span.ends)
        last = {item.taken_at.astimezone(KST).date(): item for item in accounts}
        flows = await self.history.flows_between(span.starts, span.ends)
        return [
            (
                *_moment(item.taken_at),
                item.nav_won,
                item.securities_won,
                item.settled_d2_won,
                Won(sum(flow.won for flow in flows if flow.at.astimezone(KST).date() == day)),
            )
            for day, item in sorted(last.items())
        ]

    def _tax_type(self, symbol: Symbol) -> TaxType:
        known = self.market.instrument(symbol)
        return known.tax_type if known else TaxType.HOLDING_PERIOD

    def _name(self, symbol: Symbol) -> str:
        known = self.market.instrument(symbol)
        return known.name if known else symbol


def _moment(at: datetime) -> Row:
    """Return day and time of day in Korea."""
    here = at.astimezone(KST)
    return here.date(), f"{here:%H:%M:%S}"
