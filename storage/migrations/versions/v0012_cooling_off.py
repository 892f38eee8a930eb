"""Let a person's own pause stand among the breakers that are out.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

COLUMNS = ("breaker", "effect", "at", "until", "reason")


def upgrade() -> None:
    # SQLite cannot change a CHECK: the few rows move through memory to a table made anew.
    kept = op.get_bind().execute(sa.text(f"SELECT {', '.join(COLUMNS)} FROM trips")).mappings().all()
    op.drop_table('trips')
    made = op.create_table('trips',
    sa.Column('breaker', sa.Text(), nullable=False),
    sa.Column('effect', sa.Text(), nullable=False),
    sa.Column('at', sa.Text(), nullable=False),
    sa.Column('until', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.CheckConstraint("breaker IN ('day_loss', 'losing_streak', 'broker_errors', 'clock_skew', 'last_hop', 'invariant', 'cooling_off')", name=op.f('ck_trips_breaker')),
    sa.CheckConstraint("effect IN ('REDUCE_ONLY', 'HALTED')", name=op.f('ck_trips_effect')),
    sa.PrimaryKeyConstraint('breaker', name=op.f('pk_trips')),
    sqlite_strict=True
    )
    op.bulk_insert(made, [dict(row) for row in kept])
