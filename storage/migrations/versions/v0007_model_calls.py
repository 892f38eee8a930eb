"""Keep what the language model was asked, what it answered, and what that cost.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table('model_calls',
    sa.Column('call_id', sa.Text(), nullable=False),
    sa.Column('at', sa.Text(), nullable=False),
    sa.Column('day', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('model', sa.Text(), nullable=False),
    sa.Column('prompt_version', sa.Text(), nullable=False),
    sa.Column('user_id', NUMBER, nullable=False),
    sa.Column('thread_id', NUMBER, nullable=False),
    sa.Column('inputs', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('reply', sa.Text(), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('prompt_tokens', NUMBER, nullable=False),
    sa.Column('completion_tokens', NUMBER, nullable=False),
    sa.Column('is_bound', NUMBER, nullable=False),
    sa.Column('cost_milliwon', NUMBER, nullable=False),
    sa.Column('elapsed_ms', NUMBER, nullable=False),
    sa.Column('ticket_id', sa.Text(), nullable=False),
    sa.CheckConstraint("state IN ('open', 'done', 'failed', 'cancelled')", name=op.f('ck_model_calls_state')),
    sa.CheckConstraint('prompt_tokens >= 0', name=op.f('ck_model_calls_prompt_tokens')),
    sa.CheckConstraint('completion_tokens >= 0', name=op.f('ck_model_calls_completion_tokens')),
    sa.CheckConstraint('is_bound >= 0', name=op.f('ck_model_calls_is_bound')),
    sa.CheckConstraint('cost_milliwon >= 0', name=op.f('ck_model_calls_cost_milliwon')),
    sa.CheckConstraint('elapsed_ms >= 0', name=op.f('ck_model_calls_elapsed_ms')),
    sa.PrimaryKeyConstraint('call_id', name=op.f('pk_model_calls')),
    sqlite_strict=True
    )
    op.create_index('ix_model_calls_day', 'model_calls', ['day'], unique=False)
    op.create_index('ix_model_calls_ticket_id', 'model_calls', ['ticket_id'], unique=False)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was made before the upgrade")
