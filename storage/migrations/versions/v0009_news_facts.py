"""Keep what was read out of the news: one row per symbol, event, day and source.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table('news_facts',
    sa.Column('fact_id', NUMBER, nullable=False),
    sa.Column('symbol', sa.Text(), nullable=False),
    sa.Column('event', sa.Text(), nullable=False),
    sa.Column('day', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('confidence', sa.Text(), nullable=False),
    sa.Column('quote', sa.Text(), nullable=False),
    sa.Column('link', sa.Text(), nullable=False),
    sa.Column('published_at', sa.Text(), nullable=False),
    sa.Column('read_by', sa.Text(), nullable=False),
    sa.CheckConstraint("confidence IN ('low', 'medium', 'high')", name=op.f('ck_news_facts_confidence')),
    sa.CheckConstraint("read_by IN ('model', 'rules')", name=op.f('ck_news_facts_read_by')),
    sa.PrimaryKeyConstraint('fact_id', name=op.f('pk_news_facts')),
    sa.UniqueConstraint('symbol', 'event', 'day', 'source', name=op.f('uq_news_facts_symbol')),
    sqlite_strict=True
    )
    op.create_index('ix_news_facts_day', 'news_facts', ['day'], unique=False)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was made before the upgrade")
