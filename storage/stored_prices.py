"""Stored bars as the flat arrays that a price file gives: for whoever computes on many symbols."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

import numpy as np
from sqlalchemy import select

from core.domain.instrument import Symbol
from storage.engine import Database
from storage.price_files.table import PRICE_COLUMNS, PriceTable
from storage.schema import bars

_NUMBERS = (
    bars.c.open_won,
    bars.c.high_won,
    bars.c.low_won,
    bars.c.close_won,
    bars.c.volume_shares,
)


async def stored_prices(
    database: Database, *, adjusted: bool, symbols: Collection[Symbol] | None = None
) -> PriceTable:
    """Return the stored bars of one basis, of `symbols` or of all. Raises StorageError.

    A row with a price of zero is left out: no session can have one. A flat day without volume was
    not traded, but where a symbol has no volume at all its source knew none.
    """
    parts: list[np.ndarray] = []
    days: list[int] = []
    codes: list[str] = []
    offsets = [0]
    async with database.reading() as sql:
        listed = await sql.rows(select(bars.c.symbol).where(bars.c.adjusted == adjusted).distinct())
        known = sorted(str(row["symbol"]) for row in listed)
        for code in known if symbols is None else [one for one in known if one in symbols]:
            rows = await sql.rows(
                select(bars.c.session, *_NUMBERS)
                .where(bars.c.symbol == code, bars.c.adjusted == adjusted, bars.c.low_won > 0)
                .order_by(bars.c.session)
            )
            if not rows:
                continue
            codes.append(code)
            days += [row["session"].toordinal() for row in rows]
            parts.append(np.array([[row[one.name] for one in _NUMBERS] for row in rows]))
            offsets.append(len(days))
    return _table(codes, offsets, days, parts)


def _table(
    codes: list[str], offsets: list[int], days: list[int], parts: list[np.ndarray]
) -> PriceTable:
    numbers = np.concatenate(parts) if parts else np.empty((0, len(_NUMBERS)), dtype=np.int64)
    volumes = np.ascontiguousarray(numbers[:, 4])
    traded = (volumes > 0) | (numbers[:, 1] != numbers[:, 2])
    for start, end in pairwise(offsets):
        if not volumes[start:end].any():
            traded[start:end] = True
    return PriceTable(
        codes=tuple(codes),
        offsets=np.array(offsets, dtype=np.int64),
        days=np.array(days, dtype=np.int32),
        prices={
            name: np.ascontiguousarray(numbers[:, place], dtype=np.int32)
            for place, name in enumerate(PRICE_COLUMNS)
        },
        volumes=volumes,
        traded=traded,
        has_volume=bool(volumes.any()),
    )
