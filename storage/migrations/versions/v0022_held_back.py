"""Keep what people do not want to hear at once for a digest, whatever it tells of.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('outbox', sa.Column('held_at', sa.Text(), nullable=True))
    # What quiet hours keep back of the watchtower waits where everything else waits now.
    op.execute(
        "INSERT INTO outbox (key, title, text, created_at, tries, held_at)"
        " SELECT 'watch:rule:' || severity || ':' || rule_id || ':' || symbol || ':' || occasion,"
        " title, text, fired_at, 0, fired_at"
        " FROM alert_firings WHERE told_at IS NULL ORDER BY firing_id"
    )
    op.execute("UPDATE alert_firings SET told_at = fired_at WHERE told_at IS NULL")


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was made before the upgrade")
