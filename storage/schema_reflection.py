"""Tables of what became of decisions: measured outcomes, and those that wait for one."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table
from sqlalchemy import text as sql_text

from core.domain.outcomes import Unmeasured
from storage.columns import (
    NUMBER,
    Flag,
    Words,
    at_least,
    day,
    index_of_some,
    instant,
    member,
    number,
    one_of,
)
from storage.schema_orders import METADATA

_UNTOLD = sql_text("is_told = 0")

trade_outcomes = Table(
    "trade_outcomes",
    METADATA,
    Column("record_id", Words(), ForeignKey("trade_records.record_id"), primary_key=True),
    Column("days", NUMBER, primary_key=True, autoincrement=False),
    Column("is_hypothetical", Flag(), nullable=False),
    number("quantity"),
    day("entry_session"),
    day("exit_session"),
    number("basis_won"),
    number("pnl_won"),
    number("after_won", nullable=True),
    instant("measured_at"),
    # Whether the memory holds it: a crash between measuring and remembering must not lose it.
    Column("is_told", Flag(), nullable=False),
    *at_least(1, "days", "quantity", "basis_won"),
    *at_least(0, "is_hypothetical", "is_told"),
    Index("ix_trade_outcomes_measured_at", "measured_at"),
    index_of_some("ix_trade_outcomes_untold", "measured_at", where=_UNTOLD),
    sqlite_strict=True,
)

outcome_waits = Table(
    "outcome_waits",
    METADATA,
    Column("record_id", Words(), ForeignKey("trade_records.record_id"), primary_key=True),
    Column("days", NUMBER, primary_key=True, autoincrement=False),
    member("reason", Unmeasured),
    instant("looked_at"),
    one_of("reason", Unmeasured),
    *at_least(1, "days"),
    sqlite_strict=True,
)
