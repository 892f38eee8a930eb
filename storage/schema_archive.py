"""Tables beside the ledger: portfolio history, trade records, sessions, cycle and bars."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from core.domain.conversation import Role, SessionState
from core.domain.cycle import Step, StepState
from storage.columns import (
    NUMBER,
    Day,
    Exact,
    Flag,
    Member,
    Words,
    at_least,
    day,
    instant,
    member,
    number,
    one_of,
    text,
)
from storage.schema_orders import METADATA

# Cash and NAV carry no CHECK: an account in 미수 has a negative deposit, and that must be stored.
snapshots = Table(
    "snapshots",
    METADATA,
    Column("snapshot_id", NUMBER, primary_key=True),
    instant("taken_at"),
    number("deposit_won"),
    number("settled_d2_won"),
    number("nav_won"),
    UniqueConstraint("taken_at"),
    sqlite_strict=True,
)

positions = Table(
    "positions",
    METADATA,
    Column(
        "snapshot_id",
        NUMBER,
        ForeignKey("snapshots.snapshot_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("symbol", Words(), primary_key=True),
    text("name"),
    number("quantity"),
    number("sellable"),
    Column("average_cost_won", Exact(), nullable=False),
    number("price_won"),
    *at_least(0, "quantity", "sellable", "price_won"),
    sqlite_strict=True,
)

# No CHECK on symbol or quantity: refused and unparsable plans are kept as they were written.
trade_records = Table(
    "trade_records",
    METADATA,
    Column("record_id", Words(), primary_key=True),
    instant("at"),
    text("symbol"),
    text("action"),
    number("quantity"),
    text("justification"),
    text("market"),
    text("portfolio_before"),
    text("order_id"),
    text("order_number"),
    text("status"),
    text("average_fill_won"),
    number("asked_won", nullable=True),
    Index("ix_trade_records_at", "at"),
    Index("ix_trade_records_order_id", "order_id"),
    sqlite_strict=True,
)

sessions = Table(
    "sessions",
    METADATA,
    Column("thread_id", NUMBER, primary_key=True, autoincrement=False),
    number("channel_id"),
    number("owner_id"),
    text("title"),
    member("state", SessionState),
    instant("opened_at"),
    instant("last_activity_at"),
    text("summary"),
    one_of("state", SessionState),
    Index("ix_sessions_state", "state"),
    sqlite_strict=True,
)

messages = Table(
    "messages",
    METADATA,
    Column("line_id", NUMBER, primary_key=True),
    Column("thread_id", NUMBER, ForeignKey("sessions.thread_id"), nullable=False),
    member("role", Role),
    text("author"),
    text("text"),
    instant("at"),
    one_of("role", Role),
    Index("ix_messages_thread_id", "thread_id", "line_id"),
    Index("ix_messages_at", "at"),
    sqlite_strict=True,
)

cycle_runs = Table(
    "cycle_runs",
    METADATA,
    Column("day", Day(), primary_key=True),
    Column("step", Member(Step), primary_key=True),
    member("state", StepState),
    number("attempts"),
    instant("started_at"),
    instant("finished_at", nullable=True),
    text("output"),
    text("error"),
    one_of("step", Step),
    one_of("state", StepState),
    *at_least(1, "attempts"),
    sqlite_strict=True,
)

# Deleted with the holding: what it went through matters only while it is held.
passages = Table(
    "passages",
    METADATA,
    Column("account_hash", Words(), ForeignKey("accounts.account_hash"), primary_key=True),
    Column("symbol", Words(), primary_key=True),
    day("begun_on"),
    day("seen_through"),
    number("peak_won"),
    Column("half_sold", Flag(), nullable=False),
    instant("updated_at"),
    *at_least(0, "peak_won", "half_sold"),
    sqlite_strict=True,
)

bars = Table(
    "bars",
    METADATA,
    Column("symbol", Words(), primary_key=True),
    Column("adjusted", Flag(), primary_key=True, autoincrement=False),
    Column("session", Day(), primary_key=True),
    number("open_won"),
    number("high_won"),
    number("low_won"),
    number("close_won"),
    number("volume_shares"),
    text("source"),
    instant("as_of"),
    *at_least(0, "adjusted", "open_won", "high_won", "low_won", "close_won", "volume_shares"),
    sqlite_strict=True,
)
