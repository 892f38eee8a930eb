"""Tables of the watchtower: what people want to be told of, what fired, and what was offered."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint
from sqlalchemy import text as sql_text

from core.domain.alerts import AlertKind, Repeat, Severity
from core.domain.exit_offers import ExitKind
from core.domain.standing import StandingState
from storage.columns import (
    NUMBER,
    Words,
    at_least,
    day,
    index_of_some,
    instant,
    member,
    number,
    one_of,
    text,
)
from storage.schema_orders import METADATA

_HELD_BACK = sql_text("told_at IS NULL")

watch_list = Table(
    "watch_list",
    METADATA,
    Column("symbol", Words(), primary_key=True),
    instant("added_at"),
    number("added_by"),
    sqlite_strict=True,
)

alert_rules = Table(
    "alert_rules",
    METADATA,
    Column("rule_id", Words(), primary_key=True),
    Column("symbol", Words(), nullable=True),
    member("kind", AlertKind),
    number("threshold"),
    member("repeat", Repeat),
    number("profit_min_bps", nullable=True),
    number("profit_max_bps", nullable=True),
    instant("created_at"),
    number("created_by"),
    one_of("kind", AlertKind),
    one_of("repeat", Repeat),
    *at_least(1, "threshold"),
    sqlite_strict=True,
)

# No foreign key: the built-in rules, and all rules at once, have no row.
alert_mutes = Table(
    "alert_mutes",
    METADATA,
    Column("rule_id", Words(), primary_key=True),
    instant("until"),
    sqlite_strict=True,
)

# Kept when its rule is deleted: what was told stays told.
alert_firings = Table(
    "alert_firings",
    METADATA,
    Column("firing_id", NUMBER, primary_key=True),
    text("rule_id"),
    text("symbol"),
    text("occasion"),
    member("kind", AlertKind),
    member("severity", Severity),
    instant("fired_at"),
    text("title"),
    text("text"),
    instant("told_at", nullable=True),
    UniqueConstraint("rule_id", "symbol", "occasion"),
    one_of("kind", AlertKind),
    one_of("severity", Severity),
    Index("ix_alert_firings_fired_at", "fired_at"),
    index_of_some("ix_alert_firings_held_back", "firing_id", where=_HELD_BACK),
    sqlite_strict=True,
)

exit_offers = Table(
    "exit_offers",
    METADATA,
    Column("ticket_id", Words(), ForeignKey("tickets.ticket_id"), primary_key=True),
    text("symbol"),
    day("session"),
    member("kind", ExitKind),
    number("number"),
    number("price_won"),
    instant("offered_at"),
    UniqueConstraint("symbol", "session", "kind", "number"),
    one_of("kind", ExitKind),
    *at_least(1, "number", "price_won"),
    Index("ix_exit_offers_session", "session"),
    sqlite_strict=True,
)

# One per buy of a ticket. Its terms never change; its state, and who and what changed it, do.
standing_stops = Table(
    "standing_stops",
    METADATA,
    Column("ticket_id", Words(), ForeignKey("tickets.ticket_id"), primary_key=True),
    Column("leg", NUMBER, primary_key=True, autoincrement=False),
    text("symbol"),
    number("quantity_max"),
    number("stop_bps"),
    number("floor_bps"),
    day("until"),
    member("state", StandingState),
    number("actor_id"),
    text("actor_name"),
    instant("granted_at", nullable=True),
    text("used_by"),
    one_of("state", StandingState),
    *at_least(1, "quantity_max", "stop_bps", "floor_bps"),
    Index("ix_standing_stops_state", "state"),
    Index("ix_standing_stops_used_by", "used_by"),
    sqlite_strict=True,
)
