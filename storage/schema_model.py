"""The tables of what the language model was told, asked, and answered."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table

from core.domain.model_calls import CallState, Purpose
from storage.columns import Flag, Words, at_least, day, instant, member, number, one_of, text
from storage.schema_orders import METADATA

# No CHECK on purpose: a new one is no reason to rebuild a table. No foreign key on the ticket: the
# call is written first, and most calls have none.
model_calls = Table(
    "model_calls",
    METADATA,
    Column("call_id", Words(), primary_key=True),
    instant("at"),
    day("day"),
    member("purpose", Purpose),
    text("model"),
    text("prompt_version"),
    number("user_id"),
    number("thread_id"),
    text("inputs"),
    member("state", CallState),
    text("reply"),
    text("error"),
    number("prompt_tokens"),
    number("completion_tokens"),
    Column("is_bound", Flag(), nullable=False),
    number("cost_milliwon"),
    number("elapsed_ms"),
    text("ticket_id"),
    one_of("state", CallState),
    *at_least(0, "prompt_tokens", "completion_tokens", "is_bound", "cost_milliwon", "elapsed_ms"),
    Index("ix_model_calls_day", "day"),
    Index("ix_model_calls_ticket_id", "ticket_id"),
    sqlite_strict=True,
)

# Plans and calls name a version by its hash without a foreign key: they are written first.
prompts = Table(
    "prompts",
    METADATA,
    Column("name", Words(), primary_key=True),
    Column("sha256", Words(), primary_key=True),
    text("text"),
    instant("first_used_at"),
    sqlite_strict=True,
)
