"""Keep the user's rules, version by version, and what they did to suggested legs.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table('rule_versions',
    sa.Column('rule_id', sa.Text(), nullable=False),
    sa.Column('version', NUMBER, autoincrement=False, nullable=False),
    sa.Column('origin', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('since', sa.Text(), nullable=False),
    sa.Column('terms', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=False),
    sa.Column('at', sa.Text(), nullable=False),
    sa.CheckConstraint("origin IN ('shipped', 'hand', 'reflection')", name=op.f('ck_rule_versions_origin')),
    sa.CheckConstraint("state IN ('proposed', 'active', 'disabled', 'retired', 'refused')", name=op.f('ck_rule_versions_state')),
    sa.CheckConstraint('version >= 1', name=op.f('ck_rule_versions_version')),
    sa.PrimaryKeyConstraint('rule_id', 'version', name=op.f('pk_rule_versions')),
    sqlite_strict=True
    )
    op.create_table('rule_effects',
    sa.Column('rule_id', sa.Text(), nullable=False),
    sa.Column('record_id', sa.Text(), nullable=False),
    sa.Column('symbol', sa.Text(), nullable=False),
    sa.Column('at', sa.Text(), nullable=False),
    sa.Column('asked', NUMBER, nullable=False),
    sa.Column('kept', NUMBER, nullable=False),
    sa.CheckConstraint('asked >= 1', name=op.f('ck_rule_effects_asked')),
    sa.CheckConstraint('kept >= 0', name=op.f('ck_rule_effects_kept')),
    sa.ForeignKeyConstraint(['record_id'], ['trade_records.record_id'], name=op.f('fk_rule_effects_record_id')),
    sa.PrimaryKeyConstraint('rule_id', 'record_id', name=op.f('pk_rule_effects')),
    sqlite_strict=True
    )
    op.create_index('ix_rule_effects_at', 'rule_effects', ['at'], unique=False)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was made before the upgrade")
