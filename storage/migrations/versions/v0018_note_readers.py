"""Find out quickly who has notes that others may not read.

Revision ID: 0018
Revises: 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_memory_notes_guild_id_owner_id', 'memory_notes', ['guild_id', 'owner_id'], unique=False)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was made before the upgrade")
