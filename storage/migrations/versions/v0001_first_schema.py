"""The first schema: ledger, archive, append-only journal, and the view `session_logs`.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

VIEW = """
CREATE VIEW session_logs AS
SELECT thread_id, at, role, author, text FROM messages ORDER BY thread_id, line_id
"""

SQLITE_TRIGGERS = (
    """
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
""",
    """
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
""",
    # INSERT OR REPLACE deletes without firing a delete trigger, so the insert is guarded as well.
    """
CREATE TRIGGER journal_in_order BEFORE INSERT ON journal
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM journal)
  OR NEW.previous_hash <> coalesce(
       (SELECT line_hash FROM journal ORDER BY seq DESC LIMIT 1), printf('%064d', 0))
BEGIN SELECT RAISE(ABORT, 'the journal is a chain: append after its last line'); END
""",
)

POSTGRESQL_TRIGGERS = (
    """
CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$
""",
    """
CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()
""",
    """
CREATE FUNCTION journal_check_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM journal)
     OR NEW.previous_hash <> coalesce(
          (SELECT line_hash FROM journal ORDER BY seq DESC LIMIT 1), repeat('0', 64)) THEN
    RAISE EXCEPTION 'the journal is a chain: append after its last line';
  END IF;
  RETURN NEW;
END $$
""",
    """
CREATE TRIGGER journal_in_order BEFORE INSERT ON journal
FOR EACH ROW EXECUTE FUNCTION journal_check_order()
""",
)


def upgrade() -> None:
    op.create_table('accounts',
    sa.Column('account_hash', sa.Text(), nullable=False),
    sa.Column('broker', sa.Text(), nullable=False),
    sa.Column('mode', sa.Text(), nullable=False),
    sa.CheckConstraint("mode IN ('sim', 'vts', 'real', 'observe')", name=op.f('ck_accounts_mode')),
    sa.PrimaryKeyConstraint('account_hash', name=op.f('pk_accounts')),
    sqlite_strict=True
    )
    op.create_table('bars',
    sa.Column('symbol', sa.Text(), nullable=False),
    sa.Column('adjusted', NUMBER, autoincrement=False, nullable=False),
    sa.Column('session', sa.Text(), nullable=False),
    sa.Column('open_won', NUMBER, nullable=False),
    sa.Column('high_won', NUMBER, nullable=False),
    sa.Column('low_won', NUMBER, nullable=False),
    sa.Column('close_won', NUMBER, nullable=False),
    sa.Column('volume_shares', NUMBER, nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.CheckConstraint('adjusted >= 0', name=op.f('ck_bars_adjusted')),
    sa.CheckConstraint('close_won >= 0', name=op.f('ck_bars_close_won')),
    sa.CheckConstraint('high_won >= 0', name=op.f('ck_bars_high_won')),
    sa.CheckConstraint('low_won >= 0', name=op.f('ck_bars_low_won')),
    sa.CheckConstraint('open_won >= 0', name=op.f('ck_bars_open_won')),
    sa.CheckConstraint('volume_shares >= 0', name=op.f('ck_bars_volume_shares')),
    sa.PrimaryKeyConstraint('symbol', 'adjusted', 'session', name=op.f('pk_bars')),
    sqlite_strict=True
    )
    op.create_table('cycle_runs',
    sa.Column('day', sa.Text(), nullable=False),
    sa.Column('step', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('attempts', NUMBER, nullable=False),
    sa.Column('started_at', sa.Text(), nullable=False),
    sa.Column('finished_at', sa.Text(), nullable=True),
    sa.Column('output', sa.Text(), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.CheckConstraint("state IN ('running', 'done', 'failed', 'skipped')", name=op.f('ck_cycle_runs_state')),
    sa.CheckConstraint("step IN ('info_crawler', 'memory_summarize', 'market_fetch', 'strategy', 'risk_guard', 'broker_execute', 'briefing', 'memory_upsert')", name=op.f('ck_cycle_runs_step')),
    sa.CheckConstraint('attempts >= 1', name=op.f('ck_cycle_runs_attempts')),
    sa.PrimaryKeyConstraint('day', 'step', name=op.f('pk_cycle_runs')),
    sqlite_strict=True
    )
    op.create_table('journal',
    sa.Column('seq', NUMBER, autoincrement=False, nullable=False),
    sa.Column('at', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('line', sa.Text(), nullable=False),
    sa.Column('previous_hash', sa.Text(), nullable=False),
    sa.Column('line_hash', sa.Text(), nullable=False),
    sa.CheckConstraint('seq >= 1', name=op.f('ck_journal_seq')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_journal')),
    sqlite_strict=True
    )
    op.create_index('ix_journal_subject', 'journal', ['subject'], unique=False)
    op.create_table('memory_notes',
    sa.Column('note_id', NUMBER, nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('day', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('symbols', sa.Text(), nullable=False),
    sa.Column('created_at', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('note_id', name=op.f('pk_memory_notes')),
    sa.UniqueConstraint('source', 'day', name=op.f('uq_memory_notes_source')),
    sqlite_strict=True
    )
    op.create_index('ix_memory_notes_day', 'memory_notes', ['day'], unique=False)
    op.create_table('sessions',
    sa.Column('thread_id', NUMBER, autoincrement=False, nullable=False),
    sa.Column('channel_id', NUMBER, nullable=False),
    sa.Column('owner_id', NUMBER, nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('opened_at', sa.Text(), nullable=False),
    sa.Column('last_activity_at', sa.Text(), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.CheckConstraint("state IN ('open', 'summarised', 'archived')", name=op.f('ck_sessions_state')),
    sa.PrimaryKeyConstraint('thread_id', name=op.f('pk_sessions')),
    sqlite_strict=True
    )
    op.create_index('ix_sessions_state', 'sessions', ['state'], unique=False)
    op.create_table('settings',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_settings')),
    sqlite_strict=True
    )
    op.create_table('snapshots',
    sa.Column('snapshot_id', NUMBER, nullable=False),
    sa.Column('taken_at', sa.Text(), nullable=False),
    sa.Column('deposit_won', NUMBER, nullable=False),
    sa.Column('settled_d2_won', NUMBER, nullable=False),
    sa.Column('nav_won', NUMBER, nullable=False),
    sa.PrimaryKeyConstraint('snapshot_id', name=op.f('pk_snapshots')),
    sa.UniqueConstraint('taken_at', name=op.f('uq_snapshots_taken_at')),
    sqlite_strict=True
    )
    op.create_table('tickets',
    sa.Column('ticket_id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('mode', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('notes', sa.Text(), nullable=False),
    sa.Column('created_at', sa.Text(), nullable=False),
    sa.Column('expires_at', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('state_reason', sa.Text(), nullable=False),
    sa.Column('channel_id', NUMBER, nullable=True),
    sa.Column('message_id', NUMBER, nullable=True),
    sa.Column('version', NUMBER, nullable=False),
    sa.Column('published_version', NUMBER, nullable=False),
    sa.Column('payload_hash', sa.Text(), nullable=False),
    sa.CheckConstraint("author IN ('strategy', 'model', 'analyst', 'person')", name=op.f('ck_tickets_author')),
    sa.CheckConstraint("kind IN ('chat', 'basket', 'exit')", name=op.f('ck_tickets_kind')),
    sa.CheckConstraint("mode IN ('sim', 'vts', 'real', 'observe')", name=op.f('ck_tickets_mode')),
    sa.CheckConstraint("state IN ('PRESENTED', 'APPROVED', 'DECLINED', 'EXPIRED', 'SUPERSEDED', 'INVALIDATED')", name=op.f('ck_tickets_state')),
    sa.CheckConstraint('published_version <= version', name=op.f('ck_tickets_published_not_ahead')),
    sa.CheckConstraint('published_version >= 0', name=op.f('ck_tickets_published_version')),
    sa.CheckConstraint('version >= 1', name=op.f('ck_tickets_version')),
    sa.PrimaryKeyConstraint('ticket_id', name=op.f('pk_tickets')),
    sqlite_strict=True
    )
    op.create_index('ix_tickets_state', 'tickets', ['state'], unique=False)
    op.create_table('trade_records',
    sa.Column('record_id', sa.Text(), nullable=False),
    sa.Column('at', sa.Text(), nullable=False),
    sa.Column('symbol', sa.Text(), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('quantity', NUMBER, nullable=False),
    sa.Column('justification', sa.Text(), nullable=False),
    sa.Column('market', sa.Text(), nullable=False),
    sa.Column('portfolio_before', sa.Text(), nullable=False),
    sa.Column('order_id', sa.Text(), nullable=False),
    sa.Column('order_number', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('average_fill_won', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('record_id', name=op.f('pk_trade_records')),
    sqlite_strict=True
    )
    op.create_index('ix_trade_records_at', 'trade_records', ['at'], unique=False)
    op.create_table('approvals',
    sa.Column('interaction_id', NUMBER, autoincrement=False, nullable=False),
    sa.Column('ticket_id', sa.Text(), nullable=False),
    sa.Column('actor_id', NUMBER, nullable=False),
    sa.Column('actor_name', sa.Text(), nullable=False),
    sa.Column('message_id', NUMBER, nullable=False),
    sa.Column('clicked_at', sa.Text(), nullable=False),
    sa.Column('payload_hash', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.ticket_id'], name=op.f('fk_approvals_ticket_id')),
    sa.PrimaryKeyConstraint('interaction_id', name=op.f('pk_approvals')),
    sa.UniqueConstraint('ticket_id', name=op.f('uq_approvals_ticket_id')),
    sqlite_strict=True
    )
    op.create_table('memory_grams',
    sa.Column('gram', sa.Text(), nullable=False),
    sa.Column('note_id', NUMBER, autoincrement=False, nullable=False),
    sa.ForeignKeyConstraint(['note_id'], ['memory_notes.note_id'], name=op.f('fk_memory_grams_note_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('gram', 'note_id', name=op.f('pk_memory_grams')),
    sqlite_strict=True
    )
    op.create_index('ix_memory_grams_note_id', 'memory_grams', ['note_id'], unique=False)
    op.create_table('messages',
    sa.Column('line_id', NUMBER, nullable=False),
    sa.Column('thread_id', NUMBER, nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('at', sa.Text(), nullable=False),
    sa.CheckConstraint("role IN ('user', 'assistant', 'tool', 'system')", name=op.f('ck_messages_role')),
    sa.ForeignKeyConstraint(['thread_id'], ['sessions.thread_id'], name=op.f('fk_messages_thread_id')),
    sa.PrimaryKeyConstraint('line_id', name=op.f('pk_messages')),
    sqlite_strict=True
    )
    op.create_index('ix_messages_at', 'messages', ['at'], unique=False)
    op.create_index('ix_messages_thread_id', 'messages', ['thread_id', 'line_id'], unique=False)
    op.create_table('orders',
    sa.Column('order_id', sa.Text(), nullable=False),
    sa.Column('ticket_id', sa.Text(), nullable=False),
    sa.Column('leg', NUMBER, nullable=False),
    sa.Column('symbol', sa.Text(), nullable=False),
    sa.Column('side', sa.Text(), nullable=False),
    sa.Column('order_type', sa.Text(), nullable=False),
    sa.Column('quantity_max', NUMBER, nullable=False),
    sa.Column('limit_won', NUMBER, nullable=True),
    sa.Column('good_until', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('request_symbol', sa.Text(), nullable=True),
    sa.Column('request_side', sa.Text(), nullable=True),
    sa.Column('request_type', sa.Text(), nullable=True),
    sa.Column('request_quantity', NUMBER, nullable=True),
    sa.Column('request_price_won', NUMBER, nullable=True),
    sa.Column('broker_number', sa.Text(), nullable=True),
    sa.Column('broker_branch', sa.Text(), nullable=True),
    sa.Column('filled', NUMBER, nullable=False),
    sa.Column('average_price_won', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('created_at', sa.Text(), nullable=False),
    sa.Column('updated_at', sa.Text(), nullable=False),
    sa.CheckConstraint("order_type IN ('limit', 'market')", name=op.f('ck_orders_order_type')),
    sa.CheckConstraint("request_side IN ('buy', 'sell')", name=op.f('ck_orders_request_side')),
    sa.CheckConstraint("request_type IN ('limit', 'market')", name=op.f('ck_orders_request_type')),
    sa.CheckConstraint("side IN ('buy', 'sell')", name=op.f('ck_orders_side')),
    sa.CheckConstraint("state IN ('CREATED', 'GATED', 'SUBMITTING', 'WORKING', 'PARTIAL', 'FILLED', 'BLOCKED', 'EXPIRED', 'NOT_SENT', 'REJECTED', 'CANCELLED', 'PARTIAL_CANCELLED', 'VOID', 'UNKNOWN', 'OPERATOR_HOLD', 'CANCEL_PENDING')", name=op.f('ck_orders_state')),
    sa.CheckConstraint('filled >= 0', name=op.f('ck_orders_filled')),
    sa.CheckConstraint('limit_won >= 1', name=op.f('ck_orders_limit_won')),
    sa.CheckConstraint('quantity_max >= 1', name=op.f('ck_orders_quantity_max')),
    sa.CheckConstraint('request_price_won >= 1', name=op.f('ck_orders_request_price_won')),
    sa.CheckConstraint('request_quantity >= 1', name=op.f('ck_orders_request_quantity')),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.ticket_id'], name=op.f('fk_orders_ticket_id')),
    sa.PrimaryKeyConstraint('order_id', name=op.f('pk_orders')),
    sa.UniqueConstraint('ticket_id', 'leg', name=op.f('uq_orders_ticket_id')),
    sqlite_strict=True
    )
    op.create_index('ix_orders_created_at', 'orders', ['created_at'], unique=False)
    op.create_index('ix_orders_state', 'orders', ['state'], unique=False)
    op.create_table('positions',
    sa.Column('snapshot_id', NUMBER, autoincrement=False, nullable=False),
    sa.Column('symbol', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('quantity', NUMBER, nullable=False),
    sa.Column('sellable', NUMBER, nullable=False),
    sa.Column('average_cost_won', sa.Text(), nullable=False),
    sa.Column('price_won', NUMBER, nullable=False),
    sa.CheckConstraint('price_won >= 0', name=op.f('ck_positions_price_won')),
    sa.CheckConstraint('quantity >= 0', name=op.f('ck_positions_quantity')),
    sa.CheckConstraint('sellable >= 0', name=op.f('ck_positions_sellable')),
    sa.ForeignKeyConstraint(['snapshot_id'], ['snapshots.snapshot_id'], name=op.f('fk_positions_snapshot_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('snapshot_id', 'symbol', name=op.f('pk_positions')),
    sqlite_strict=True
    )
    op.create_table('stamp',
    sa.Column('slot', NUMBER, autoincrement=False, nullable=False),
    sa.Column('broker', sa.Text(), nullable=False),
    sa.Column('mode', sa.Text(), nullable=False),
    sa.Column('account_hash', sa.Text(), nullable=False),
    sa.CheckConstraint("mode IN ('sim', 'vts', 'real', 'observe')", name=op.f('ck_stamp_mode')),
    sa.CheckConstraint('slot = 1', name=op.f('ck_stamp_slot')),
    sa.ForeignKeyConstraint(['account_hash'], ['accounts.account_hash'], name=op.f('fk_stamp_account_hash')),
    sa.PrimaryKeyConstraint('slot', name=op.f('pk_stamp')),
    sqlite_strict=True
    )
    op.create_table('ticket_legs',
    sa.Column('ticket_id', sa.Text(), nullable=False),
    sa.Column('number', NUMBER, autoincrement=False, nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('quantity', NUMBER, nullable=False),
    sa.Column('price_won', NUMBER, nullable=True),
    sa.Column('symbol', sa.Text(), nullable=False),
    sa.Column('side', sa.Text(), nullable=False),
    sa.Column('order_type', sa.Text(), nullable=False),
    sa.Column('quantity_max', NUMBER, nullable=False),
    sa.Column('limit_won', NUMBER, nullable=True),
    sa.Column('good_until', sa.Text(), nullable=False),
    sa.Column('fee_won', NUMBER, nullable=False),
    sa.Column('tax_won', NUMBER, nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.CheckConstraint("order_type IN ('limit', 'market')", name=op.f('ck_ticket_legs_order_type')),
    sa.CheckConstraint("side IN ('buy', 'sell')", name=op.f('ck_ticket_legs_side')),
    sa.CheckConstraint('fee_won >= 0', name=op.f('ck_ticket_legs_fee_won')),
    sa.CheckConstraint('limit_won >= 1', name=op.f('ck_ticket_legs_limit_won')),
    sa.CheckConstraint('price_won >= 1', name=op.f('ck_ticket_legs_price_won')),
    sa.CheckConstraint('quantity >= 1', name=op.f('ck_ticket_legs_quantity')),
    sa.CheckConstraint('quantity_max >= 1', name=op.f('ck_ticket_legs_quantity_max')),
    sa.CheckConstraint('tax_won >= 0', name=op.f('ck_ticket_legs_tax_won')),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.ticket_id'], name=op.f('fk_ticket_legs_ticket_id')),
    sa.PrimaryKeyConstraint('ticket_id', 'number', name=op.f('pk_ticket_legs')),
    sqlite_strict=True
    )
    op.create_table('attempts',
    sa.Column('attempt_id', NUMBER, nullable=False),
    sa.Column('order_id', sa.Text(), nullable=False),
    sa.Column('signature', sa.Text(), nullable=False),
    sa.Column('session', sa.Text(), nullable=False),
    sa.Column('armed_at', sa.Text(), nullable=False),
    sa.Column('known_numbers', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['orders.order_id'], name=op.f('fk_attempts_order_id')),
    sa.PrimaryKeyConstraint('attempt_id', name=op.f('pk_attempts')),
    sa.UniqueConstraint('order_id', name=op.f('uq_attempts_order_id')),
    sqlite_strict=True
    )
    op.create_index('ix_attempts_session', 'attempts', ['session', 'signature'], unique=False)
    op.create_table('fills',
    sa.Column('fill_id', NUMBER, nullable=False),
    sa.Column('order_id', sa.Text(), nullable=False),
    sa.Column('quantity', NUMBER, nullable=False),
    sa.Column('price_won', NUMBER, nullable=False),
    sa.Column('cumulative', NUMBER, nullable=False),
    sa.Column('observed_at', sa.Text(), nullable=False),
    sa.CheckConstraint('cumulative >= quantity', name=op.f('ck_fills_cumulative')),
    sa.CheckConstraint('price_won >= 0', name=op.f('ck_fills_price_won')),
    sa.CheckConstraint('quantity >= 1', name=op.f('ck_fills_quantity')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.order_id'], name=op.f('fk_fills_order_id')),
    sa.PrimaryKeyConstraint('fill_id', name=op.f('pk_fills')),
    sa.UniqueConstraint('order_id', 'cumulative', name=op.f('uq_fills_order_id')),
    sqlite_strict=True
    )
    op.create_index('ix_fills_observed_at', 'fills', ['observed_at'], unique=False)

    op.execute(VIEW)
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in POSTGRESQL_TRIGGERS if postgresql else SQLITE_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was made before the upgrade")
