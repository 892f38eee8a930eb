"""Keep the watch list, alert rules and mutes, what fired, and the urgent exits that were offered.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _make_wishes()
    _make_firings()
    _make_offers()


def _make_wishes() -> None:
    op.create_table('watch_list',
    sa.Column('symbol', sa.Text(), nullable=False),
    sa.Column('added_at', sa.Text(), nullable=False),
    sa.Column('added_by', NUMBER, nullable=False),
    sa.PrimaryKeyConstraint('symbol', name=op.f('pk_watch_list')),
    sqlite_strict=True
    )
    op.create_table('alert_rules',
    sa.Column('rule_id', sa.Text(), nullable=False),
    sa.Column('symbol', sa.Text(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('threshold', NUMBER, nullable=False),
    sa.Column('repeat', sa.Text(), nullable=False),
    sa.Column('profit_min_bps', NUMBER, nullable=True),
    sa.Column('profit_max_bps', NUMBER, nullable=True),
    sa.Column('created_at', sa.Text(), nullable=False),
    sa.Column('created_by', NUMBER, nullable=False),
    sa.CheckConstraint("kind IN ('price_above', 'price_below', 'day_change', 'volume_surge', 'volume_shares', 'premium', 'profit', 'loss')", name=op.f('ck_alert_rules_kind')),
    sa.CheckConstraint("repeat IN ('daily', 'once')", name=op.f('ck_alert_rules_repeat')),
    sa.CheckConstraint('threshold >= 1', name=op.f('ck_alert_rules_threshold')),
    sa.PrimaryKeyConstraint('rule_id', name=op.f('pk_alert_rules')),
    sqlite_strict=True
    )
    op.create_table('alert_mutes',
    sa.Column('rule_id', sa.Text(), nullable=False),
    sa.Column('until', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('rule_id', name=op.f('pk_alert_mutes')),
    sqlite_strict=True
    )


def _make_firings() -> None:
    op.create_table('alert_firings',
    sa.Column('firing_id', NUMBER, nullable=False),
    sa.Column('rule_id', sa.Text(), nullable=False),
    sa.Column('symbol', sa.Text(), nullable=False),
    sa.Column('occasion', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('severity', sa.Text(), nullable=False),
    sa.Column('fired_at', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('told_at', sa.Text(), nullable=True),
    sa.CheckConstraint("kind IN ('price_above', 'price_below', 'day_change', 'volume_surge', 'volume_shares', 'premium', 'profit', 'loss')", name=op.f('ck_alert_firings_kind')),
    sa.CheckConstraint("severity IN ('info', 'warning', 'urgent')", name=op.f('ck_alert_firings_severity')),
    sa.PrimaryKeyConstraint('firing_id', name=op.f('pk_alert_firings')),
    sa.UniqueConstraint('rule_id', 'symbol', 'occasion', name=op.f('uq_alert_firings_rule_id')),
    sqlite_strict=True
    )
    op.create_index('ix_alert_firings_fired_at', 'alert_firings', ['fired_at'], unique=False)
    op.create_index('ix_alert_firings_held_back', 'alert_firings', ['firing_id'], unique=False, sqlite_where=sa.text('told_at IS NULL'), postgresql_where=sa.text('told_at IS NULL'))


def _make_offers() -> None:
    op.create_table('exit_offers',
    sa.Column('ticket_id', sa.Text(), nullable=False),
    sa.Column('symbol', sa.Text(), nullable=False),
    sa.Column('session', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('number', NUMBER, nullable=False),
    sa.Column('price_won', NUMBER, nullable=False),
    sa.Column('offered_at', sa.Text(), nullable=False),
    sa.CheckConstraint("kind IN ('stop_loss', 'take_profit', 'break_even', 'trailing_stop')", name=op.f('ck_exit_offers_kind')),
    sa.CheckConstraint('number >= 1', name=op.f('ck_exit_offers_number')),
    sa.CheckConstraint('price_won >= 1', name=op.f('ck_exit_offers_price_won')),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.ticket_id'], name=op.f('fk_exit_offers_ticket_id')),
    sa.PrimaryKeyConstraint('ticket_id', name=op.f('pk_exit_offers')),
    sa.UniqueConstraint('symbol', 'session', 'kind', 'number', name=op.f('uq_exit_offers_symbol')),
    sqlite_strict=True
    )
    op.create_index('ix_exit_offers_session', 'exit_offers', ['session'], unique=False)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was made before the upgrade")
