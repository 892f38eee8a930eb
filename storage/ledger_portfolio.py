"""Trade records, account snapshots and stored switches inside one ledger transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import bindparam, delete, select, update

from core.domain.account import AccountSnapshot, Position
from core.domain.journal import TradeRecord
from core.domain.orders import Order
from storage.columns import day_bounds
from storage.records import trade_record_of
from storage.schema import positions, settings, snapshots, trade_records
from storage.statements import Statements

_NOTE_ORDER = (
    update(trade_records)
    .where(trade_records.c.record_id == bindparam("noted_id"))
    .values(
        {
            name: bindparam(name)
            for name in ("order_id", "order_number", "status", "average_fill_won")
        }
    )
)
_CLOSE = (
    update(trade_records)
    .where(
        trade_records.c.record_id.in_(bindparam("record_ids", expanding=True)),
        trade_records.c.order_id == "",
    )
    .values(status=bindparam("status"))
)


class PortfolioRows:
    """The part of `LedgerTransaction` about what was held and what each trade was for."""

    _sql: Statements

    async def save_trade_record(self, record: TradeRecord) -> None:
        """Insert or replace the record with this `record_id`."""
        await self._sql.upsert(trade_records, [asdict(record)], ["record_id"])

    async def note_in_trade_record(self, order: Order) -> None:
        """Put what is now known of `order` into its trade record, if it has one."""
        average = order.average_price_won
        await self._sql.run(
            _NOTE_ORDER,
            {
                "noted_id": order.order_id,
                "order_id": order.order_id,
                "order_number": order.ref.number if order.ref else "",
                "status": order.state.value,
                "average_fill_won": "" if average is None else str(average),
            },
        )

    async def close_trade_records(self, record_ids: Collection[str], status: str) -> None:
        """Note `status` in those of the records that no order has been noted in."""
        await self._sql.run(_CLOSE, {"record_ids": list(record_ids), "status": status})

    async def trade_record(self, record_id: str) -> TradeRecord | None:
        """Return one trade record."""
        row = await self._sql.row(
            select(trade_records).where(trade_records.c.record_id == record_id)
        )
        return None if row is None else trade_record_of(row)

    async def trade_records_on(self, day: date) -> tuple[TradeRecord, ...]:
        """Return the trade records of the KST day `day`, oldest first."""
        start, end = day_bounds(day)
        rows = await self._sql.rows(
            select(trade_records)
            .where(trade_records.c.at >= start, trade_records.c.at < end)
            .order_by(trade_records.c.at, trade_records.c.record_id)
        )
        return tuple(trade_record_of(row) for row in rows)

    async def save_snapshot(self, snapshot: AccountSnapshot) -> None:
        """Store cash and positions as of one instant; the same instant replaces."""
        await self._sql.run(delete(snapshots).where(snapshots.c.taken_at == snapshot.taken_at))
        await self._sql.insert(
            snapshots,
            {
                "taken_at": snapshot.taken_at,
                "deposit_won": snapshot.deposit_won,
                "settled_d2_won": snapshot.settled_d2_won,
                "nav_won": snapshot.nav_won,
            },
        )
        row = await self._sql.row(
            select(snapshots.c.snapshot_id).where(snapshots.c.taken_at == snapshot.taken_at)
        )
        if row is not None and snapshot.positions:
            owner = {"snapshot_id": row["snapshot_id"]}
            await self._sql.insert_many(
                positions, [{**owner, **asdict(position)} for position in snapshot.positions]
            )

    async def snapshots_between(
        self, start: datetime, end: datetime
    ) -> tuple[AccountSnapshot, ...]:
        """Return the snapshots from `start` on and before `end` with positions, oldest first."""
        at = snapshots.c.taken_at
        rows = await self._sql.rows(select(snapshots).where(at >= start, at < end).order_by(at))
        held: dict[int, list[Position]] = {}
        wanted = select(snapshots.c.snapshot_id).where(at >= start, at < end)
        for row in await self._sql.rows(
            select(positions)
            .where(positions.c.snapshot_id.in_(wanted))
            .order_by(positions.c.snapshot_id, positions.c.symbol)
        ):
            values = dict(row)
            held.setdefault(values.pop("snapshot_id"), []).append(Position(**values))
        return tuple(
            AccountSnapshot(
                deposit_won=row["deposit_won"],
                settled_d2_won=row["settled_d2_won"],
                positions=tuple(held.get(row["snapshot_id"], ())),
                taken_at=row["taken_at"],
            )
            for row in rows
        )

    async def nav_history(self, since: datetime) -> tuple[tuple[datetime, int], ...]:
        """Return (instant, NAV in won) of stored snapshots, oldest first."""
        rows = await self._sql.rows(
            select(snapshots.c.taken_at, snapshots.c.nav_won)
            .where(snapshots.c.taken_at >= since)
            .order_by(snapshots.c.taken_at)
        )
        return tuple((row["taken_at"], row["nav_won"]) for row in rows)

    async def setting(self, name: str) -> str | None:
        """Return a stored switch."""
        row = await self._sql.row(select(settings.c.value).where(settings.c.name == name))
        return None if row is None else str(row["value"])

    async def put_setting(self, name: str, value: str) -> None:
        """Store a switch."""
        await self._sql.upsert(settings, [{"name": name, "value": value}], ["name"])
