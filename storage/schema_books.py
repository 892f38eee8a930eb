"""Tables of our own books beside the broker's: reserved, done by others, adjusted, held."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table

from core.domain.books import AdjustmentKind
from core.domain.orders import OrderType, Side
from storage.columns import (
    NUMBER,
    Day,
    Exact,
    Flag,
    Words,
    at_least,
    instant,
    member,
    number,
    one_of,
    text,
)
from storage.schema_orders import METADATA

reservations = Table(
    "reservations",
    METADATA,
    Column("order_id", Words(), ForeignKey("orders.order_id"), primary_key=True),
    text("symbol"),
    member("side", Side),
    number("won"),
    number("shares"),
    instant("reserved_at"),
    one_of("side", Side),
    *at_least(0, "won", "shares"),
    sqlite_strict=True,
)

# The broker numbers orders anew each day, so the day is part of the name.
external_orders = Table(
    "external_orders",
    METADATA,
    Column("session", Day(), primary_key=True),
    Column("number", Words(), primary_key=True),
    text("branch"),
    text("original_number"),
    text("symbol"),
    member("side", Side),
    member("order_type", OrderType),
    number("ordered"),
    number("price_won"),
    number("filled"),
    number("remaining"),
    number("cancelled"),
    number("rejected"),
    Column("average_price_won", Exact(), nullable=True),
    instant("placed_at"),
    Column("is_cancel_row", Flag(), nullable=False),
    instant("first_seen_at"),
    instant("updated_at"),
    one_of("side", Side),
    one_of("order_type", OrderType),
    *at_least(0, "ordered", "price_won", "filled", "remaining", "cancelled", "rejected"),
    sqlite_strict=True,
)

# Append-only by trigger: what entered the books by hand stays visible.
adjustments = Table(
    "adjustments",
    METADATA,
    Column("adjustment_id", NUMBER, primary_key=True),
    text("symbol"),
    number("shares"),
    member("kind", AdjustmentKind),
    instant("at"),
    text("actor"),
    text("reason"),
    one_of("kind", AdjustmentKind),
    Index("ix_adjustments_symbol", "symbol"),
    sqlite_strict=True,
)

symbol_holds = Table(
    "symbol_holds",
    METADATA,
    Column("symbol", Words(), primary_key=True),
    instant("since"),
    text("reason"),
    sqlite_strict=True,
)
