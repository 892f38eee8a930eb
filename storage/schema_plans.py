"""The tables of the trading plans: what the strategy planned, and what was followed of it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table

from core.domain.orders import Side
from core.domain.plan_review import ReviewState
from storage.columns import Day, Member, Words, at_least, day, instant, member, number, one_of, text
from storage.schema_orders import METADATA

# No foreign keys on call and ticket: the plan is written before the ticket, and many have neither.
trading_plans = Table(
    "trading_plans",
    METADATA,
    Column("day", Day(), primary_key=True),
    day("decided_on"),
    instant("at"),
    member("state", ReviewState),
    text("planner"),
    text("prompt_hash"),
    text("fault"),
    text("call_id"),
    text("strategy"),
    text("followed"),
    text("review"),
    text("market"),
    text("ticket_id"),
    one_of("state", ReviewState),
    Index("ix_trading_plans_ticket_id", "ticket_id"),
    sqlite_strict=True,
)

trading_plan_lines = Table(
    "trading_plan_lines",
    METADATA,
    Column("day", Day(), ForeignKey("trading_plans.day", ondelete="CASCADE"), primary_key=True),
    Column("symbol", Words(), primary_key=True),
    Column("side", Member(Side), primary_key=True),
    text("rule"),
    number("price_won"),
    number("planned"),
    number("followed"),
    text("reason"),
    one_of("side", Side),
    *at_least(0, "price_won", "planned", "followed"),
    sqlite_strict=True,
)
