"""What is committed, read straight from the file: not through the code that is judged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Row = dict[str, Any]
WAITING = frozenset({"CREATED", "GATED"})
LIVE = frozenset({"SUBMITTING", "WORKING", "PARTIAL", "UNKNOWN", "OPERATOR_HOLD", "CANCEL_PENDING"})
DOUBTFUL = frozenset({"SUBMITTING", "UNKNOWN", "OPERATOR_HOLD"})
# The table of reliability.md §3, written out once more on purpose.
LEGAL = frozenset(
    [
        *(("CREATED", new) for new in ("GATED", "BLOCKED", "EXPIRED")),
        # A gate may be passed again before the arm: a later look, fresher facts.
        *(("GATED", new) for new in ("GATED", "SUBMITTING", "BLOCKED", "EXPIRED")),
        *(("SUBMITTING", new) for new in ("WORKING", "REJECTED", "NOT_SENT", "UNKNOWN")),
        *(
            ("WORKING", new)
            for new in (
                "PARTIAL",
                "FILLED",
                "CANCELLED",
                "PARTIAL_CANCELLED",
                "REJECTED",
                "CANCEL_PENDING",
            )
        ),
        *(("PARTIAL", new) for new in ("PARTIAL", "FILLED", "PARTIAL_CANCELLED", "CANCEL_PENDING")),
        *(
            ("CANCEL_PENDING", new)
            for new in (
                "CANCEL_PENDING",
                "WORKING",
                "PARTIAL",
                "FILLED",
                "CANCELLED",
                "PARTIAL_CANCELLED",
            )
        ),
        *(
            (old, new)
            for old in ("UNKNOWN", "OPERATOR_HOLD")
            for new in (
                "WORKING",
                "PARTIAL",
                "FILLED",
                "CANCELLED",
                "PARTIAL_CANCELLED",
                "REJECTED",
                "VOID",
            )
        ),
        ("UNKNOWN", "OPERATOR_HOLD"),
    ]
)
REOPENED = frozenset(
    {
        "CANCELLED",
        "PARTIAL_CANCELLED",
        "REJECTED",
        "NOT_SENT",
        "VOID",
    }
)
STATES = frozenset(
    {
        *LIVE,
        *WAITING,
        *REOPENED,
        "FILLED",
        "BLOCKED",
        "EXPIRED",
    }
)


@dataclass(slots=True)
class Committed:
    """The committed rows as of now."""

    orders: dict[str, Row] = field(default_factory=dict)
    attempts: dict[str, Row] = field(default_factory=dict)
    tickets: dict[str, Row] = field(default_factory=dict)
    legs: dict[str, list[Row]] = field(default_factory=dict)
    approvals: dict[str, Row] = field(default_factory=dict)
    fills: dict[str, list[Row]] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    journal: list[Row] = field(default_factory=list)
    reservations: dict[str, Row] = field(default_factory=dict)
    externals: list[Row] = field(default_factory=list)
    trips: list[Row] = field(default_factory=list)
    holds: list[Row] = field(default_factory=list)
    lease: Row | None = None
    outbox: list[Row] = field(default_factory=list)


class Reader:
    """Reads one database file beside the application."""

    def __init__(self, path: Path) -> None:
        self._raw = sqlite3.connect(path)
        self._raw.row_factory = sqlite3.Row
        tables = self._raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        self._tables = {row[0] for row in tables}

    def read(self, after_line: int) -> Committed:
        """Return everything; of the journal only what comes after `after_line`."""
        rows = self._rows
        return Committed(
            orders=_by("order_id", rows("orders")),
            attempts=_by("order_id", rows("attempts")),
            tickets=_by("ticket_id", rows("tickets")),
            legs=_listed("ticket_id", rows("ticket_legs", "ORDER BY ticket_id, number")),
            approvals=_by("ticket_id", rows("approvals")),
            fills=_listed("order_id", rows("fills", "ORDER BY fill_id")),
            settings={row["name"]: row["value"] for row in rows("settings")},
            journal=rows("journal", f"WHERE seq > {after_line} ORDER BY seq"),
            reservations=_by("order_id", rows("reservations")),
            externals=rows("external_orders"),
            trips=rows("trips"),
            holds=rows("symbol_holds"),
            lease=next(iter(rows("lease")), None),
            outbox=rows("outbox"),
        )

    def close(self) -> None:
        self._raw.close()

    def _rows(self, table: str, rest: str = "") -> list[Row]:
        if table not in self._tables:
            return []
        return [dict(row) for row in self._raw.execute(f"SELECT * FROM {table} {rest}")]


def _by(key: str, rows: Iterable[Row]) -> dict[str, Row]:
    return {row[key]: row for row in rows}


def _listed(key: str, rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found
