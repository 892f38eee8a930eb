"""Remember of every holding what its exits depend on: its highest close, and a half that was sold.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table('passages',
    sa.Column('account_hash', sa.Text(), nullable=False),
    sa.Column('symbol', sa.Text(), nullable=False),
    sa.Column('begun_on', sa.Text(), nullable=False),
    sa.Column('seen_through', sa.Text(), nullable=False),
    sa.Column('peak_won', NUMBER, nullable=False),
    sa.Column('half_sold', NUMBER, nullable=False),
    sa.Column('updated_at', sa.Text(), nullable=False),
    sa.CheckConstraint('half_sold >= 0', name=op.f('ck_passages_half_sold')),
    sa.CheckConstraint('peak_won >= 0', name=op.f('ck_passages_peak_won')),
    sa.ForeignKeyConstraint(['account_hash'], ['accounts.account_hash'], name=op.f('fk_passages_account_hash')),
    sa.PrimaryKeyConstraint('account_hash', 'symbol', name=op.f('pk_passages')),
    sqlite_strict=True
    )


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was made before the upgrade")
