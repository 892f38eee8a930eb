"""Keep the stops that people approve in advance, together with an entry.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table('standing_stops',
    sa.Column('ticket_id', sa.Text(), nullable=False),
    sa.Column('leg', NUMBER, autoincrement=False, nullable=False),
    sa.Column('symbol', sa.Text(), nullable=False),
    sa.Column('quantity_max', NUMBER, nullable=False),
    sa.Column('stop_bps', NUMBER, nullable=False),
    sa.Column('floor_bps', NUMBER, nullable=False),
    sa.Column('until', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('actor_id', NUMBER, nullable=False),
    sa.Column('actor_name', sa.Text(), nullable=False),
    sa.Column('granted_at', sa.Text(), nullable=True),
    sa.Column('used_by', sa.Text(), nullable=False),
    sa.CheckConstraint("state IN ('offered', 'granted', 'revoked', 'used')", name=op.f('ck_standing_stops_state')),
    sa.CheckConstraint('quantity_max >= 1', name=op.f('ck_standing_stops_quantity_max')),
    sa.CheckConstraint('stop_bps >= 1', name=op.f('ck_standing_stops_stop_bps')),
    sa.CheckConstraint('floor_bps >= 1', name=op.f('ck_standing_stops_floor_bps')),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.ticket_id'], name=op.f('fk_standing_stops_ticket_id')),
    sa.PrimaryKeyConstraint('ticket_id', 'leg', name=op.f('pk_standing_stops')),
    sqlite_strict=True
    )
    op.create_index('ix_standing_stops_state', 'standing_stops', ['state'], unique=False)
    op.create_index('ix_standing_stops_used_by', 'standing_stops', ['used_by'], unique=False)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was made before the upgrade")
