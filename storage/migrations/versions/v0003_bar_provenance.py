"""Say of every bar when it was learned. Bars of before are dropped: they are a copy of what the
broker has, nobody knows as of when, and the next cycle reads them anew.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.drop_table('bars')
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
    sa.Column('as_of', sa.Text(), nullable=False),
    sa.CheckConstraint('adjusted >= 0', name=op.f('ck_bars_adjusted')),
    sa.CheckConstraint('close_won >= 0', name=op.f('ck_bars_close_won')),
    sa.CheckConstraint('high_won >= 0', name=op.f('ck_bars_high_won')),
    sa.CheckConstraint('low_won >= 0', name=op.f('ck_bars_low_won')),
    sa.CheckConstraint('open_won >= 0', name=op.f('ck_bars_open_won')),
    sa.CheckConstraint('volume_shares >= 0', name=op.f('ck_bars_volume_shares')),
    sa.PrimaryKeyConstraint('symbol', 'adjusted', 'session', name=op.f('pk_bars')),
    sqlite_strict=True
    )


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was made before the upgrade")
