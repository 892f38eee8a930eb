"""Whether this process is still the one that may act on the ledger."""

from __future__ import annotations

from core.ports.ledger import LedgerTransaction
from core.services.orders.context import DeskContext


async def holds_lease(context: DeskContext, tx: LedgerTransaction) -> bool:
    """Whether the stored lease is this process's: of all that could be stale, read where it counts.

    A process that stood still may wake after another one has taken its place, and does not know.
    """
    lease = await tx.lease()
    return lease is not None and lease.epoch == context.lease.epoch
