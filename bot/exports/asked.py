"""What may be asked for as a file, and how that is named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import Enum

from core.domain.exports import TableKind
from core.domain.period import Period, PeriodKind


class ExportKind(Enum):
    """What a person names; each is one table or several."""

    ALL = "all"
    TRADES = "trades"
    FILLS = "fills"
    TAX = "tax"
    NAV = "nav"


KINDS: Mapping[ExportKind, tuple[TableKind, ...]] = {
    ExportKind.ALL: tuple(TableKind),
    ExportKind.TRADES: (TableKind.TRADES,),
    ExportKind.FILLS: (TableKind.FILLS,),
    ExportKind.TAX: (TableKind.TAX, TableKind.TAX_BY_TYPE),
    ExportKind.NAV: (TableKind.NAV,),
}


def stem_of(kind: ExportKind, span: Period) -> str:
    """Return how the file is called, without its ending: ``autotrade-tax-20261101-20261127``."""
    last = span.ends - timedelta(days=1)
    first = "" if span.kind is PeriodKind.ALL else f"{span.starts:%Y%m%d}-"
    return f"autotrade-{kind.value}-{first}{last:%Y%m%d}"
