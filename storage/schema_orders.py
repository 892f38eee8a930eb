"""Tables of the order ledger: from the ticket to the fill, and the journal about all of it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, MetaData, Table, UniqueConstraint
from sqlalchemy import text as sql_text

from core.domain.modes import Mode
from core.domain.orders import OrderState, OrderType, Side
from core.domain.tickets import Author, TicketKind, TicketState
from storage.columns import (
    NUMBER,
    Day,
    Exact,
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

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

_UNSHOWN = sql_text("version > published_version")

accounts = Table(
    "accounts",
    METADATA,
    Column("account_hash", Words(), primary_key=True),
    text("broker"),
    member("mode", Mode),
    one_of("mode", Mode),
    sqlite_strict=True,
)

stamp = Table(
    "stamp",
    METADATA,
    Column("slot", NUMBER, primary_key=True, autoincrement=False),
    text("broker"),
    member("mode", Mode),
    Column("account_hash", Words(), ForeignKey("accounts.account_hash"), nullable=False),
    CheckConstraint("slot = 1", name="slot"),
    one_of("mode", Mode),
    sqlite_strict=True,
)

tickets = Table(
    "tickets",
    METADATA,
    Column("ticket_id", Words(), primary_key=True),
    member("kind", TicketKind),
    member("author", Author),
    member("mode", Mode),
    text("account"),
    text("reason"),
    text("notes"),
    instant("created_at"),
    instant("expires_at"),
    member("state", TicketState),
    text("state_reason"),
    number("channel_id", nullable=True),
    number("message_id", nullable=True),
    number("version"),
    number("published_version"),
    text("payload_hash"),
    one_of("kind", TicketKind),
    one_of("author", Author),
    one_of("mode", Mode),
    one_of("state", TicketState),
    *at_least(1, "version"),
    *at_least(0, "published_version"),
    CheckConstraint("published_version <= version", name="published_not_ahead"),
    Index("ix_tickets_state", "state"),
    index_of_some("ix_tickets_unshown", "created_at", where=_UNSHOWN),
    sqlite_strict=True,
)

ticket_legs = Table(
    "ticket_legs",
    METADATA,
    Column("ticket_id", Words(), ForeignKey("tickets.ticket_id"), primary_key=True),
    Column("number", NUMBER, primary_key=True, autoincrement=False),
    text("name"),
    number("quantity"),
    number("price_won", nullable=True),
    text("symbol"),
    member("side", Side),
    member("order_type", OrderType),
    number("quantity_max"),
    number("limit_won", nullable=True),
    instant("good_until"),
    number("fee_won"),
    number("tax_won"),
    text("reason"),
    one_of("side", Side),
    one_of("order_type", OrderType),
    *at_least(1, "quantity", "quantity_max", "price_won", "limit_won"),
    *at_least(0, "fee_won", "tax_won"),
    sqlite_strict=True,
)

approvals = Table(
    "approvals",
    METADATA,
    Column("interaction_id", NUMBER, primary_key=True, autoincrement=False),
    Column("ticket_id", Words(), ForeignKey("tickets.ticket_id"), nullable=False),
    number("actor_id"),
    text("actor_name"),
    number("message_id"),
    instant("clicked_at"),
    text("payload_hash"),
    UniqueConstraint("ticket_id"),
    sqlite_strict=True,
)

orders = Table(
    "orders",
    METADATA,
    Column("order_id", Words(), primary_key=True),
    Column("ticket_id", Words(), ForeignKey("tickets.ticket_id"), nullable=False),
    number("leg"),
    text("symbol"),
    member("side", Side),
    member("order_type", OrderType),
    number("quantity_max"),
    number("limit_won", nullable=True),
    instant("good_until"),
    member("state", OrderState),
    Column("request_symbol", Words(), nullable=True),
    member("request_side", Side, nullable=True),
    member("request_type", OrderType, nullable=True),
    number("request_quantity", nullable=True),
    number("request_price_won", nullable=True),
    Column("broker_number", Words(), nullable=True),
    Column("broker_branch", Words(), nullable=True),
    # The session of its attempt, as soon as there is a number: see the unique index.
    Column("broker_session", Day(), nullable=True),
    number("filled"),
    Column("average_price_won", Exact(), nullable=True),
    text("reason"),
    instant("created_at"),
    instant("updated_at"),
    UniqueConstraint("ticket_id", "leg"),
    one_of("side", Side),
    one_of("order_type", OrderType),
    one_of("state", OrderState),
    one_of("request_side", Side),
    one_of("request_type", OrderType),
    *at_least(1, "quantity_max", "limit_won", "request_quantity", "request_price_won"),
    *at_least(0, "filled"),
    Index("ix_orders_state", "state"),
    Index("ix_orders_created_at", "created_at"),
    Index("uq_orders_broker_session", "broker_session", "broker_number", unique=True),
    sqlite_strict=True,
)

attempts = Table(
    "attempts",
    METADATA,
    Column("attempt_id", NUMBER, primary_key=True),
    Column("order_id", Words(), ForeignKey("orders.order_id"), nullable=False),
    text("signature"),
    day("session"),
    instant("armed_at"),
    text("known_numbers"),
    Column("server_ahead_us", NUMBER, nullable=False, server_default=sql_text("0")),
    Column("lease_epoch", NUMBER, nullable=False, server_default=sql_text("0")),
    UniqueConstraint("order_id"),
    Index("ix_attempts_session", "session", "signature"),
    sqlite_strict=True,
)

fills = Table(
    "fills",
    METADATA,
    Column("fill_id", NUMBER, primary_key=True),
    Column("order_id", Words(), ForeignKey("orders.order_id"), nullable=False),
    number("quantity"),
    number("price_won"),
    number("cumulative"),
    instant("observed_at"),
    UniqueConstraint("order_id", "cumulative"),
    *at_least(1, "quantity"),
    *at_least(0, "price_won"),
    CheckConstraint("cumulative >= quantity", name="cumulative"),
    Index("ix_fills_observed_at", "observed_at"),
    sqlite_strict=True,
)

# `line` is the canonical JSON whose stored bytes the chain hashes; the other columns are copies
# for queries, and the verification compares them with it.
journal = Table(
    "journal",
    METADATA,
    Column("seq", NUMBER, primary_key=True, autoincrement=False),
    instant("at"),
    text("kind"),
    text("actor"),
    text("subject"),
    text("line"),
    text("previous_hash"),
    text("line_hash"),
    *at_least(1, "seq"),
    Index("ix_journal_subject", "subject"),
    sqlite_strict=True,
)

settings = Table(
    "settings",
    METADATA,
    Column("name", Words(), primary_key=True),
    text("value"),
    sqlite_strict=True,
)
