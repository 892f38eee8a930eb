"""Keep the text of every version of the instructions, by its hash.

Revision ID: 0015
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('prompts',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('first_used_at', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('name', 'sha256', name=op.f('pk_prompts')),
    sqlite_strict=True
    )


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was made before the upgrade")
