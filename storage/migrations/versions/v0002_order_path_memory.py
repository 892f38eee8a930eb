"""What the order path must remember: reservations, EXTERNAL orders, adjustments, holds, breakers,
the lease and the outbox; and one order at most per broker number of a session.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Old orders get the session of their attempt where that keeps the number unique. Where two old
# orders share a number they keep none: which of them is right cannot be known any more.
FILL_SESSIONS = """
UPDATE orders SET broker_session = (
  SELECT session FROM attempts WHERE attempts.order_id = orders.order_id)
WHERE broker_number IS NOT NULL AND 1 = (
  SELECT count(*) FROM orders AS other
  JOIN attempts AS theirs ON theirs.order_id = other.order_id
  JOIN attempts AS mine ON mine.order_id = orders.order_id AND mine.session = theirs.session
  WHERE other.broker_number = orders.broker_number)
"""

SQLITE_TRIGGERS = (
    """
CREATE TRIGGER adjustments_no_update BEFORE UPDATE ON adjustments
BEGIN SELECT RAISE(ABORT, 'adjustments are append-only'); END
""",
    """
CREATE TRIGGER adjustments_no_delete BEFORE DELETE ON adjustments
BEGIN SELECT RAISE(ABORT, 'adjustments are append-only'); END
""",
    # INSERT OR REPLACE deletes without firing a delete trigger, so the insert is guarded as well.
    """
CREATE TRIGGER adjustments_no_replace BEFORE INSERT ON adjustments
WHEN EXISTS (SELECT 1 FROM adjustments WHERE adjustment_id = NEW.adjustment_id)
BEGIN SELECT RAISE(ABORT, 'adjustments are append-only'); END
""",
)

POSTGRESQL_TRIGGERS = (
    """
CREATE FUNCTION adjustments_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'adjustments are append-only'; END $$
""",
    """
CREATE TRIGGER adjustments_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON adjustments
FOR EACH STATEMENT EXECUTE FUNCTION adjustments_refuse()
""",
)


def upgrade() -> None:
    _make_external_orders()
    _make_books()
    _make_safety()
    _change_ledger()
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in POSTGRESQL_TRIGGERS if postgresql else SQLITE_TRIGGERS:
        op.execute(statement)


def _make_external_orders() -> None:
    op.create_table('external_orders',
    sa.Column('session', sa.Text(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('branch', sa.Text(), nullable=False),
    sa.Column('original_number', sa.Text(), nullable=False),
    sa.Column('symbol', sa.Text(), nullable=False),
    sa.Column('side', sa.Text(), nullable=False),
    sa.Column('order_type', sa.Text(), nullable=False),
    sa.Column('ordered', NUMBER, nullable=False),
    sa.Column('price_won', NUMBER, nullable=False),
    sa.Column('filled', NUMBER, nullable=False),
    sa.Column('remaining', NUMBER, nullable=False),
    sa.Column('cancelled', NUMBER, nullable=False),
    sa.Column('rejected', NUMBER, nullable=False),
    sa.Column('average_price_won', sa.Text(), nullable=True),
    sa.Column('placed_at', sa.Text(), nullable=False),
    sa.Column('is_cancel_row', NUMBER, nullable=False),
    sa.Column('first_seen_at', sa.Text(), nullable=False),
    sa.Column('updated_at', sa.Text(), nullable=False),
    sa.CheckConstraint("order_type IN ('limit', 'market')", name=op.f('ck_external_orders_order_type')),
    sa.CheckConstraint("side IN ('buy', 'sell')", name=op.f('ck_external_orders_side')),
    sa.CheckConstraint('cancelled >= 0', name=op.f('ck_external_orders_cancelled')),
    sa.CheckConstraint('filled >= 0', name=op.f('ck_external_orders_filled')),
    sa.CheckConstraint('ordered >= 0', name=op.f('ck_external_orders_ordered')),
    sa.CheckConstraint('price_won >= 0', name=op.f('ck_external_orders_price_won')),
    sa.CheckConstraint('rejected >= 0', name=op.f('ck_external_orders_rejected')),
    sa.CheckConstraint('remaining >= 0', name=op.f('ck_external_orders_remaining')),
    sa.PrimaryKeyConstraint('session', 'number', name=op.f('pk_external_orders')),
    sqlite_strict=True
    )


def _make_books() -> None:
    op.create_table('reservations',
    sa.Column('order_id', sa.Text(), nullable=False),
    sa.Column('symbol', sa.Text(), nullable=False),
    sa.Column('side', sa.Text(), nullable=False),
    sa.Column('won', NUMBER, nullable=False),
    sa.Column('shares', NUMBER, nullable=False),
    sa.Column('reserved_at', sa.Text(), nullable=False),
    sa.CheckConstraint("side IN ('buy', 'sell')", name=op.f('ck_reservations_side')),
    sa.CheckConstraint('shares >= 0', name=op.f('ck_reservations_shares')),
    sa.CheckConstraint('won >= 0', name=op.f('ck_reservations_won')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.order_id'], name=op.f('fk_reservations_order_id')),
    sa.PrimaryKeyConstraint('order_id', name=op.f('pk_reservations')),
    sqlite_strict=True
    )
    op.create_table('adjustments',
    sa.Column('adjustment_id', NUMBER, nullable=False),
    sa.Column('symbol', sa.Text(), nullable=False),
    sa.Column('shares', NUMBER, nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('at', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.CheckConstraint("kind IN ('opening', 'accepted')", name=op.f('ck_adjustments_kind')),
    sa.PrimaryKeyConstraint('adjustment_id', name=op.f('pk_adjustments')),
    sqlite_strict=True
    )
    op.create_index('ix_adjustments_symbol', 'adjustments', ['symbol'], unique=False)
    op.create_table('symbol_holds',
    sa.Column('symbol', sa.Text(), nullable=False),
    sa.Column('since', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('symbol', name=op.f('pk_symbol_holds')),
    sqlite_strict=True
    )


def _make_safety() -> None:
    op.create_table('trips',
    sa.Column('breaker', sa.Text(), nullable=False),
    sa.Column('effect', sa.Text(), nullable=False),
    sa.Column('at', sa.Text(), nullable=False),
    sa.Column('until', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.CheckConstraint("breaker IN ('day_loss', 'losing_streak', 'broker_errors', 'clock_skew', 'last_hop', 'invariant')", name=op.f('ck_trips_breaker')),
    sa.CheckConstraint("effect IN ('REDUCE_ONLY', 'HALTED')", name=op.f('ck_trips_effect')),
    sa.PrimaryKeyConstraint('breaker', name=op.f('pk_trips')),
    sqlite_strict=True
    )
    op.create_table('lease',
    sa.Column('slot', NUMBER, autoincrement=False, nullable=False),
    sa.Column('epoch', NUMBER, nullable=False),
    sa.Column('holder', sa.Text(), nullable=False),
    sa.Column('renewed_at', sa.Text(), nullable=False),
    sa.CheckConstraint('epoch >= 1', name=op.f('ck_lease_epoch')),
    sa.CheckConstraint('slot = 1', name=op.f('ck_lease_slot')),
    sa.PrimaryKeyConstraint('slot', name=op.f('pk_lease')),
    sqlite_strict=True
    )
    op.create_table('outbox',
    sa.Column('message_id', NUMBER, nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('created_at', sa.Text(), nullable=False),
    sa.Column('delivered_at', sa.Text(), nullable=True),
    sa.Column('tries', NUMBER, nullable=False),
    sa.CheckConstraint('tries >= 0', name=op.f('ck_outbox_tries')),
    sa.PrimaryKeyConstraint('message_id', name=op.f('pk_outbox')),
    sa.UniqueConstraint('key', name=op.f('uq_outbox_key')),
    sqlite_strict=True
    )
    op.create_index('ix_outbox_waiting', 'outbox', ['message_id'], unique=False, sqlite_where=sa.text('delivered_at IS NULL'), postgresql_where=sa.text('delivered_at IS NULL'))


def _change_ledger() -> None:
    op.add_column('attempts', sa.Column('server_ahead_us', NUMBER, server_default=sa.text('0'), nullable=False))
    op.add_column('attempts', sa.Column('lease_epoch', NUMBER, server_default=sa.text('0'), nullable=False))
    op.add_column('orders', sa.Column('broker_session', sa.Text(), nullable=True))
    op.execute(FILL_SESSIONS)
    op.create_index('uq_orders_broker_session', 'orders', ['broker_session', 'broker_number'], unique=True)
    op.create_index('ix_tickets_unshown', 'tickets', ['created_at'], unique=False, sqlite_where=sa.text('version > published_version'), postgresql_where=sa.text('version > published_version'))
    op.create_index('ix_trade_records_order_id', 'trade_records', ['order_id'], unique=False)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was made before the upgrade")
