"""Keep each day's plan with and without what the model made of it.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table('trading_plans',
    sa.Column('day', sa.Text(), nullable=False),
    sa.Column('decided_on', sa.Text(), nullable=False),
    sa.Column('at', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('planner', sa.Text(), nullable=False),
    sa.Column('prompt_hash', sa.Text(), nullable=False),
    sa.Column('fault', sa.Text(), nullable=False),
    sa.Column('call_id', sa.Text(), nullable=False),
    sa.Column('strategy', sa.Text(), nullable=False),
    sa.Column('followed', sa.Text(), nullable=False),
    sa.Column('review', sa.Text(), nullable=False),
    sa.Column('market', sa.Text(), nullable=False),
    sa.Column('ticket_id', sa.Text(), nullable=False),
    sa.CheckConstraint("state IN ('reviewed', 'offline', 'failed')", name=op.f('ck_trading_plans_state')),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_trading_plans')),
    sqlite_strict=True
    )
    op.create_index('ix_trading_plans_ticket_id', 'trading_plans', ['ticket_id'], unique=False)
    op.create_table('trading_plan_lines',
    sa.Column('day', sa.Text(), nullable=False),
    sa.Column('symbol', sa.Text(), nullable=False),
    sa.Column('side', sa.Text(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('price_won', NUMBER, nullable=False),
    sa.Column('planned', NUMBER, nullable=False),
    sa.Column('followed', NUMBER, nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.CheckConstraint("side IN ('buy', 'sell')", name=op.f('ck_trading_plan_lines_side')),
    sa.CheckConstraint('price_won >= 0', name=op.f('ck_trading_plan_lines_price_won')),
    sa.CheckConstraint('planned >= 0', name=op.f('ck_trading_plan_lines_planned')),
    sa.CheckConstraint('followed >= 0', name=op.f('ck_trading_plan_lines_followed')),
    sa.ForeignKeyConstraint(['day'], ['trading_plans.day'], name=op.f('fk_trading_plan_lines_day'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('day', 'symbol', 'side', name=op.f('pk_trading_plan_lines')),
    sqlite_strict=True
    )


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was made before the upgrade")
