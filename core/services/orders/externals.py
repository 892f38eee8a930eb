"""EXTERNAL orders: what the broker's list shows and this bot did not send, counted all the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from core.domain.books import ExternalOrder
from core.domain.journal import JournalEntry
from core.domain.krx import KST
from core.domain.orders import BrokerOrder, OrderHistory
from core.ports.ledger import LedgerTransaction
from core.services.orders.alarms import Alarms
from core.services.orders.context import DeskContext


class Externals:
    """Imports orders of people and other programs."""

    def __init__(self, context: DeskContext, alarms: Alarms) -> None:
        """Keep the ports."""
        self._context = context
        self._alarms = alarms

    async def merge(
        self,
        tx: LedgerTransaction,
        history: OrderHistory,
        ours: Collection[str],
        known: Mapping[str, ExternalOrder],
    ) -> None:
        """Store every row that is not, and cannot be, ours; `known` are those stored before.

        A cancel request that the broker lists as a row of its own moves nothing and is left out.
        """
        for row in history.orders:
            if row.is_cancel_row or row.ref.number in ours:
                continue
            before = known.get(row.ref.number)
            if before is None:
                await self._import(tx, history, row)
            elif (merged := _merged(before.row, row)) != before.row:
                now = self._context.clock.now()
                await tx.save_external(replace(before, row=merged, updated_at=now))

    async def _import(self, tx: LedgerTransaction, history: OrderHistory, row: BrokerOrder) -> None:
        """Store, journal and tell, once."""
        now = self._context.clock.now()
        await tx.save_external(
            ExternalOrder(session=history.day, row=row, first_seen_at=now, updated_at=now)
        )
        subject = f"external:{history.day.isoformat()}:{row.ref.number}"
        await tx.append_journal(
            JournalEntry(
                at=now,
                kind="external.seen",
                actor="broker",
                subject=subject,
                facts={
                    "signature": row.signature,
                    "filled": row.filled,
                    "placed_at": row.placed_at.isoformat(),
                },
            )
        )
        say = self._context.phrases.say
        await self._alarms.tell(
            tx,
            subject,
            "external",
            number=row.ref.number,
            symbol=row.symbol,
            side=say(f"orders.side_{row.side.value}"),
            quantity=row.ordered,
            price=row.price_won,
            at=row.placed_at.astimezone(KST).strftime("%H:%M:%S"),
        )


def _merged(old: BrokerOrder, new: BrokerOrder) -> BrokerOrder:
    """Return the newer row; a filled quantity that fell is not believed."""
    return old if new.filled < old.filled else new
