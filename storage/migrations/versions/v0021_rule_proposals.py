"""Keep who wished for which rule, what spoke for it, and who decided.

Revision ID: 0021
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0018"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table('rule_proposals',
    sa.Column('number', NUMBER, autoincrement=False, nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('origin', sa.Text(), nullable=False),
    sa.Column('rule_id', sa.Text(), nullable=False),
    sa.Column('terms', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=False),
    sa.Column('faults', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('at', sa.Text(), nullable=False),
    sa.Column('closes_on', sa.Text(), nullable=False),
    sa.Column('decided_by', sa.Text(), nullable=False),
    sa.Column('decided_at', sa.Text(), nullable=True),
    sa.CheckConstraint("kind IN ('adopt', 'retire')", name=op.f('ck_rule_proposals_kind')),
    sa.CheckConstraint("origin IN ('shipped', 'hand', 'reflection')", name=op.f('ck_rule_proposals_origin')),
    sa.CheckConstraint("state IN ('open', 'accepted', 'declined', 'refused', 'lapsed')", name=op.f('ck_rule_proposals_state')),
    sa.CheckConstraint('number >= 1', name=op.f('ck_rule_proposals_number')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_rule_proposals')),
    sa.UniqueConstraint('key', name=op.f('uq_rule_proposals_key')),
    sqlite_strict=True
    )
    op.create_index('ix_rule_proposals_rule_id', 'rule_proposals', ['rule_id'], unique=False)
    op.create_index('ix_rule_proposals_state', 'rule_proposals', ['state'], unique=False)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was made before the upgrade")
