"""Reservations, EXTERNAL orders, adjustments and holds inside one ledger transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, delete, func, select

from core.domain.books import Adjustment, ExternalOrder, Reservation, SymbolHold
from core.domain.orders import Side
from storage.records_books import (
    adjustment_of,
    external_of,
    external_values,
    hold_of,
    reservation_of,
)
from storage.schema import adjustments, external_orders, fills, orders, reservations, symbol_holds
from storage.statements import Statements

_RESERVATIONS = select(reservations).order_by(reservations.c.reserved_at, reservations.c.order_id)
_EXTERNALS_ON = (
    select(external_orders)
    .where(external_orders.c.session == bindparam("session"))
    .order_by(external_orders.c.placed_at, external_orders.c.number)
)
_HOLDS = select(symbol_holds).order_by(symbol_holds.c.since, symbol_holds.c.symbol)


class BookRows:
    """The part of `LedgerTransaction` about our own books."""

    _sql: Statements

    async def reserve(self, reservation: Reservation) -> None:
        """Hold back what an armed order may use; a second one for the same order replaces it."""
        await self._sql.upsert(reservations, [asdict(reservation)], ["order_id"])

    async def release(self, order_id: str) -> None:
        """Give back what an ended order held; nothing happens when there is none."""
        await self._sql.run(delete(reservations).where(reservations.c.order_id == order_id))

    async def reservations(self) -> tuple[Reservation, ...]:
        """Return what is held back now, oldest first."""
        rows = await self._sql.rows(_RESERVATIONS)
        return tuple(reservation_of(row) for row in rows)

    async def save_external(self, order: ExternalOrder) -> None:
        """Insert or replace the EXTERNAL order of this session and number."""
        await self._sql.upsert(external_orders, [external_values(order)], ["session", "number"])

    async def drop_external(self, session: date, number: str) -> bool:
        """Forget an EXTERNAL order that turned out to be ours; return whether there was one."""
        found = (external_orders.c.session == session) & (external_orders.c.number == number)
        return await self._sql.changed(delete(external_orders).where(found))

    async def externals_on(self, session: date) -> tuple[ExternalOrder, ...]:
        """Return the EXTERNAL orders of one session day, oldest first."""
        rows = await self._sql.rows(_EXTERNALS_ON, {"session": session})
        return tuple(external_of(row) for row in rows)

    async def adjust(self, adjustment: Adjustment) -> None:
        """Put shares into our books, or take them out."""
        await self._sql.insert(adjustments, asdict(adjustment))

    async def adjustments(self) -> tuple[Adjustment, ...]:
        """Return all adjustments, oldest first."""
        rows = await self._sql.rows(select(adjustments).order_by(adjustments.c.adjustment_id))
        return tuple(adjustment_of(row) for row in rows)

    async def book_shares(self) -> Mapping[str, int]:
        """Return the shares by our books per symbol; a symbol without shares is left out."""
        shares: Counter[str] = Counter()
        for per_symbol in (_ADJUSTED, _OWN, _EXTERNAL):
            for row in await self._sql.rows(per_symbol):
                # PostgreSQL sums whole numbers as decimals.
                shares[row["symbol"]] += int(row["shares"])
        return {symbol: count for symbol, count in sorted(shares.items()) if count}

    async def hold_symbol(self, hold: SymbolHold) -> None:
        """Send nothing for this symbol; a hold that stands keeps its first instant."""
        await self._sql.upsert(symbol_holds, [asdict(hold)], ["symbol"], kept=["since"])

    async def release_symbol(self, symbol: str) -> bool:
        """End the hold; return whether there was one."""
        return await self._sql.changed(delete(symbol_holds).where(symbol_holds.c.symbol == symbol))

    async def symbol_holds(self) -> tuple[SymbolHold, ...]:
        """Return the holds that stand, oldest first."""
        rows = await self._sql.rows(_HOLDS)
        return tuple(hold_of(row) for row in rows)


def _signed(side: ColumnElement[Any], shares: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the sum of shares, those sold negative."""
    return func.sum(case((side == Side.BUY, shares), else_=-shares)).label("shares")


_ADJUSTED: Select[Any] = select(
    adjustments.c.symbol, func.sum(adjustments.c.shares).label("shares")
).group_by(adjustments.c.symbol)

_OWN: Select[Any] = (
    select(orders.c.symbol, _signed(orders.c.side, fills.c.quantity))
    .join_from(fills, orders, fills.c.order_id == orders.c.order_id)
    .group_by(orders.c.symbol)
)

_EXTERNAL: Select[Any] = (
    select(external_orders.c.symbol, _signed(external_orders.c.side, external_orders.c.filled))
    .where(external_orders.c.is_cancel_row.in_([False]))
    .group_by(external_orders.c.symbol)
)
