"""What is committed, read straight from the file: not through the code that is judged."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
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
                # Its number turned out to be another order's.
                "UNKNOWN",
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
    stops: dict[str, Row] = field(default_factory=dict)


class Reader:
    """Reads one database file beside the application.

    What is built of a table's rows is kept and given again while the rows are the same.
    """

    def __init__(self, path: Path) -> None:
        self._raw = sqlite3.connect(path, isolation_level=None)
        tables = self._raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        self._tables = {row[0] for row in tables}
        self._known: dict[str, tuple[list[tuple[Any, ...]], Any]] = {}

    def read(self, after_line: int) -> Committed:
        """Return everything, as of one moment; of the journal only what follows `after_line`."""
        rows, kept = self._rows, self._kept
        self._raw.execute("BEGIN")
        try:
            return Committed(
                orders=kept("orders", _by_order),
                attempts=kept("attempts", _by_order),
                tickets=kept("tickets", _by_ticket),
                legs=kept("ticket_legs", _listed_by_ticket, "ORDER BY ticket_id, number"),
                approvals=kept("approvals", _by_ticket),
                fills=kept("fills", _listed_by_order, "ORDER BY fill_id"),
                settings=kept("settings", _values),
                journal=_dicts(*rows("journal", f"WHERE seq > {after_line} ORDER BY seq")),
                reservations=kept("reservations", _by_order),
                externals=kept("external_orders", _all),
                trips=kept("trips", _all),
                holds=kept("symbol_holds", _all),
                lease=next(iter(kept("lease", _all)), None),
                outbox=kept("outbox", _all),
                stops=kept("standing_stops", _by_leg),
            )
        finally:
            self._raw.execute("COMMIT")

    def close(self) -> None:
        self._raw.close()

    def _kept(self, table: str, build: Callable[[list[Row]], Any], rest: str = "") -> Any:
        names, rows = self._rows(table, rest)
        known = self._known.get(table)
        if known is not None and known[0] == rows:
            return known[1]
        built = build(_dicts(names, rows))
        self._known[table] = (rows, built)
        return built

    def _rows(self, table: str, rest: str = "") -> tuple[list[str], list[tuple[Any, ...]]]:
        if table not in self._tables:
            return [], []
        found = self._raw.execute(f"SELECT * FROM {table} {rest}")
        return [column[0] for column in found.description], found.fetchall()


def _dicts(names: list[str], rows: list[tuple[Any, ...]]) -> list[Row]:
    return [dict(zip(names, row, strict=True)) for row in rows]


def _by(key: str, rows: Iterable[Row]) -> dict[str, Row]:
    return {row[key]: row for row in rows}


def _listed(key: str, rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found


def _by_leg(rows: list[Row]) -> dict[str, Row]:
    return {f"{row['ticket_id']}-{row['leg']}": row for row in rows}


def _all(rows: list[Row]) -> list[Row]:
    return rows


def _values(rows: list[Row]) -> dict[str, str]:
    return {row["name"]: row["value"] for row in rows}


_by_order = partial(_by, "order_id")
_by_ticket = partial(_by, "ticket_id")
_listed_by_order = partial(_listed, "order_id")
_listed_by_ticket = partial(_listed, "ticket_id")
