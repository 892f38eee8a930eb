"""The whole schema. `METADATA` has every table only when both halves are imported: import it here.

Triggers and the view `session_logs` live in the migrations, because they are SQL of one dialect.
"""

from __future__ import annotations

from storage.schema_archive import (
    bars,
    cycle_runs,
    memory_grams,
    memory_notes,
    messages,
    positions,
    sessions,
    snapshots,
    trade_records,
)
from storage.schema_orders import (
    METADATA,
    accounts,
    approvals,
    attempts,
    fills,
    journal,
    orders,
    settings,
    stamp,
    ticket_legs,
    tickets,
)

__all__ = [
    "METADATA",
    "accounts",
    "approvals",
    "attempts",
    "bars",
    "cycle_runs",
    "fills",
    "journal",
    "memory_grams",
    "memory_notes",
    "messages",
    "orders",
    "positions",
    "sessions",
    "settings",
    "snapshots",
    "stamp",
    "ticket_legs",
    "tickets",
    "trade_records",
]
