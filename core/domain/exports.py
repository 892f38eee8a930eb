"""Tables for a spreadsheet: what was traded, filled, gained and held, as rows of plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

Cell = str | int | Decimal | date | datetime | None
Row = tuple[Cell, ...]


class TableKind(Enum):
    """Which table. `docs/exports.md` says what each column of `COLUMNS` means."""

    TRADES = "trades"
    FILLS = "fills"
    TAX = "tax"
    TAX_BY_TYPE = "tax_by_type"
    NAV = "nav"


# The keys of a table's columns, in their order. The locale files hold a name for each.
COLUMNS: Mapping[TableKind, tuple[str, ...]] = {
    TableKind.TRADES: (
        *("day", "time", "order", "symbol", "name", "side", "quantity", "average_won"),
        *("amount_won", "fee_won", "by"),
    ),
    TableKind.FILLS: (
        *("day", "time", "order", "symbol", "name", "side", "quantity", "price_won"),
        *("amount_won", "cumulative"),
    ),
    TableKind.TAX: (
        *("day", "order", "symbol", "name", "tax_type", "quantity", "matched", "proceeds_won"),
        *("cost_won", "gain_won", "fees_won", "tax_won", "days_held"),
    ),
    TableKind.TAX_BY_TYPE: ("tax_type", "sales", "gains_won", "losses_won", "fees_won", "tax_won"),
    TableKind.NAV: ("day", "time", "nav_won", "securities_won", "deposit_won", "paid_in_won"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of one kind, oldest first; each has a cell for each of the kind's `COLUMNS`."""

    kind: TableKind
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FillLine:
    """One fill of one of our orders, as it was observed."""

    order_id: str
    symbol: str
    side: str
    quantity: int
    price_won: int
    cumulative: int
    observed_at: datetime
