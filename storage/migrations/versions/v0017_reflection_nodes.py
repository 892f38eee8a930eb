"""Keep the nodes of each week's reflection, and the updates of the decision prompt.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table('reflection_nodes',
    sa.Column('week', sa.Text(), nullable=False),
    sa.Column('node', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('attempts', NUMBER, nullable=False),
    sa.Column('started_at', sa.Text(), nullable=False),
    sa.Column('finished_at', sa.Text(), nullable=True),
    sa.Column('output', sa.Text(), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.CheckConstraint("state IN ('running', 'done', 'failed', 'skipped')", name=op.f('ck_reflection_nodes_state')),
    sa.CheckConstraint('attempts >= 1', name=op.f('ck_reflection_nodes_attempts')),
    sa.PrimaryKeyConstraint('week', 'node', name=op.f('pk_reflection_nodes')),
    sqlite_strict=True
    )
    op.create_table('prompt_updates',
    sa.Column('version', NUMBER, autoincrement=False, nullable=False),
    sa.Column('week', sa.Text(), nullable=False),
    sa.Column('at', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('before_sha256', sa.Text(), nullable=False),
    sa.Column('after', sa.Text(), nullable=False),
    sa.Column('backup', sa.Text(), nullable=False),
    sa.Column('decided_by', sa.Text(), nullable=False),
    sa.Column('decided_at', sa.Text(), nullable=True),
    sa.CheckConstraint("state IN ('proposed', 'applied', 'declined', 'replaced', 'rolled_back')", name=op.f('ck_prompt_updates_state')),
    sa.CheckConstraint('version >= 1', name=op.f('ck_prompt_updates_version')),
    sa.PrimaryKeyConstraint('version', name=op.f('pk_prompt_updates')),
    sqlite_strict=True
    )


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was made before the upgrade")
