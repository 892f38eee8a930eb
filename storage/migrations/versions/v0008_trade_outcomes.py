"""Keep what became of each decision after 7 and 30 days, and the price a refused one asked for.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column('trade_records', sa.Column('asked_won', NUMBER, nullable=True))
    op.create_table('trade_outcomes',
    sa.Column('record_id', sa.Text(), nullable=False),
    sa.Column('days', NUMBER, autoincrement=False, nullable=False),
    sa.Column('is_hypothetical', NUMBER, nullable=False),
    sa.Column('quantity', NUMBER, nullable=False),
    sa.Column('entry_session', sa.Text(), nullable=False),
    sa.Column('exit_session', sa.Text(), nullable=False),
    sa.Column('basis_won', NUMBER, nullable=False),
    sa.Column('pnl_won', NUMBER, nullable=False),
    sa.Column('after_won', NUMBER, nullable=True),
    sa.Column('measured_at', sa.Text(), nullable=False),
    sa.Column('is_told', NUMBER, nullable=False),
    sa.CheckConstraint('days >= 1', name=op.f('ck_trade_outcomes_days')),
    sa.CheckConstraint('quantity >= 1', name=op.f('ck_trade_outcomes_quantity')),
    sa.CheckConstraint('basis_won >= 1', name=op.f('ck_trade_outcomes_basis_won')),
    sa.CheckConstraint('is_hypothetical >= 0', name=op.f('ck_trade_outcomes_is_hypothetical')),
    sa.CheckConstraint('is_told >= 0', name=op.f('ck_trade_outcomes_is_told')),
    sa.ForeignKeyConstraint(['record_id'], ['trade_records.record_id'], name=op.f('fk_trade_outcomes_record_id')),
    sa.PrimaryKeyConstraint('record_id', 'days', name=op.f('pk_trade_outcomes')),
    sqlite_strict=True
    )
    op.create_index('ix_trade_outcomes_measured_at', 'trade_outcomes', ['measured_at'], unique=False)
    op.create_index('ix_trade_outcomes_untold', 'trade_outcomes', ['measured_at'], unique=False, sqlite_where=sa.text('is_told = 0'), postgresql_where=sa.text('is_told = 0'))
    op.create_table('outcome_waits',
    sa.Column('record_id', sa.Text(), nullable=False),
    sa.Column('days', NUMBER, autoincrement=False, nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('looked_at', sa.Text(), nullable=False),
    sa.CheckConstraint("reason IN ('order_open', 'bars_missing', 'source_failed', 'unpriced')", name=op.f('ck_outcome_waits_reason')),
    sa.CheckConstraint('days >= 1', name=op.f('ck_outcome_waits_days')),
    sa.ForeignKeyConstraint(['record_id'], ['trade_records.record_id'], name=op.f('fk_outcome_waits_record_id')),
    sa.PrimaryKeyConstraint('record_id', 'days', name=op.f('pk_outcome_waits')),
    sqlite_strict=True
    )


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was made before the upgrade")
