"""What was traded, held and paid in, on SQL (`core.ports.reflection.TradeHistory`)."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import RowMapping, select

from core.domain.account import AccountSnapshot
from core.domain.books import AdjustmentKind
from core.domain.exports import FillLine
from core.domain.instrument import Symbol
from core.domain.journal import CASH_SUBJECT
from core.domain.krx import KST
from core.domain.orders import Side
from core.domain.performance import CashFlow
from core.domain.realised import Execution, Opening
from storage.engine import Database
from storage.ledger import SqlLedger, SqlLedgerTransaction
from storage.schema import adjustments, attempts, external_orders, fills, orders, snapshots


class SqlTradeHistory:
    """Reads only."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ledger = SqlLedger(database)

    async def executions_before(self, end: datetime) -> tuple[Execution, ...]:
        """Return what each order traded whose session is before `end`, others' orders too."""
        last = end.astimezone(KST).date()
        theirs = external_orders.c
        async with self._database.reading() as sql:
            own = await sql.rows(
                select(orders, attempts.c.session, attempts.c.armed_at)
                .join(attempts, attempts.c.order_id == orders.c.order_id)
                .where(
                    orders.c.filled > 0,
                    orders.c.average_price_won.is_not(None),
                    attempts.c.session < last,
                )
            )
            foreign = await sql.rows(
                select(external_orders).where(
                    theirs.filled > 0,
                    theirs.average_price_won.is_not(None),
                    theirs.session < last,
                    theirs.is_cancel_row.in_([False]),
                )
            )
        found = [_execution(row, row["order_id"], row["armed_at"]) for row in own]
        found += [
            _execution(row, f"external:{row['session']}:{row['number']}", row["placed_at"])
            for row in foreign
        ]
        return tuple(sorted(found, key=lambda item: (item.at, item.order_id)))

    async def fills_between(self, start: datetime, end: datetime) -> tuple[FillLine, ...]:
        """Return the fills observed from `start` on and before `end`, oldest first."""
        at = fills.c.observed_at
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(fills, orders.c.symbol, orders.c.side)
                .join(orders, orders.c.order_id == fills.c.order_id)
                .where(at >= start, at < end)
                .order_by(at, fills.c.fill_id)
            )
        return tuple(
            FillLine(
                order_id=row["order_id"],
                symbol=row["symbol"],
                side=Side(row["side"]).value,
                quantity=row["quantity"],
                price_won=row["price_won"],
                cumulative=row["cumulative"],
                observed_at=row["observed_at"],
            )
            for row in rows
        )

    async def openings(self) -> tuple[Opening, ...]:
        """Return what the account held before the books began."""
        columns = adjustments.c
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(columns.symbol, columns.shares)
                .where(columns.kind == AdjustmentKind.OPENING, columns.shares > 0)
                .order_by(columns.adjustment_id)
            )
        return tuple(Opening(symbol=row["symbol"], shares=row["shares"]) for row in rows)

    async def snapshot_before(self, instant: datetime) -> AccountSnapshot | None:
        """Return the last stored account before `instant`."""
        at = snapshots.c.taken_at
        async with self._database.reading() as sql:
            row = await sql.row(select(at).where(at < instant).order_by(at.desc()).limit(1))
            if row is None:
                return None
            books = SqlLedgerTransaction(sql, "")
            (found,) = await books.snapshots_between(row["taken_at"], instant)
        return found

    async def snapshots_between(
        self, start: datetime, end: datetime
    ) -> tuple[AccountSnapshot, ...]:
        """Return the stored accounts from `start` on and before `end`, oldest first."""
        async with self._database.reading() as sql:
            return await SqlLedgerTransaction(sql, "").snapshots_between(start, end)

    async def flows_between(self, start: datetime, end: datetime) -> tuple[CashFlow, ...]:
        """Return the cash that the trades do not explain, from `start` on and before `end`."""
        async with self._ledger.reading() as tx:
            lines = await tx.journal_of(CASH_SUBJECT)
        return tuple(
            CashFlow(
                at=line.at, won=int(str(line.facts["broker"])) - int(str(line.facts["expected"]))
            )
            for line in lines
            if start <= line.at < end
        )


def _execution(row: RowMapping, order_id: str, moment: datetime) -> Execution:
    """Return the trade at its moment, or at the start of its session where that is another day."""
    session: date = row["session"]
    start = datetime.combine(session, time(9), tzinfo=KST)
    return Execution(
        order_id=order_id,
        symbol=Symbol(row["symbol"]),
        side=Side(row["side"]),
        quantity=row["filled"],
        price_won=row["average_price_won"],
        at=moment if moment.astimezone(KST).date() == session else start,
    )
