"""Tables of what stops trading, of who may trade, and of what people must be told."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Table, UniqueConstraint
from sqlalchemy import text as sql_text

from core.domain.breakers import Breaker
from core.domain.modes import TradingState
from storage.columns import (
    NUMBER,
    Day,
    Member,
    Words,
    at_least,
    index_of_some,
    instant,
    member,
    number,
    one_of,
    text,
)
from storage.schema_orders import METADATA

_WAITING = sql_text("delivered_at IS NULL")

trips = Table(
    "trips",
    METADATA,
    Column("breaker", Member(Breaker), primary_key=True),
    member("effect", TradingState),
    instant("at"),
    Column("until", Day(), nullable=True),
    text("reason"),
    one_of("breaker", Breaker),
    CheckConstraint("effect IN ('REDUCE_ONLY', 'HALTED')", name="effect"),
    sqlite_strict=True,
)

lease = Table(
    "lease",
    METADATA,
    Column("slot", NUMBER, primary_key=True, autoincrement=False),
    number("epoch"),
    text("holder"),
    instant("renewed_at"),
    CheckConstraint("slot = 1", name="slot"),
    *at_least(1, "epoch"),
    sqlite_strict=True,
)

outbox = Table(
    "outbox",
    METADATA,
    Column("message_id", NUMBER, primary_key=True),
    Column("key", Words(), nullable=False),
    text("title"),
    text("text"),
    instant("created_at"),
    instant("delivered_at", nullable=True),
    number("tries"),
    # Kept for a digest, which delivers it.
    instant("held_at", nullable=True),
    UniqueConstraint("key"),
    *at_least(0, "tries"),
    # Only what still waits is ever looked for, however long the table grows.
    index_of_some("ix_outbox_waiting", "message_id", where=_WAITING),
    sqlite_strict=True,
)
