"""The table of what was read out of the news."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, UniqueConstraint

from core.domain.news_facts import Confidence, NewsEvent, ReadBy
from storage.columns import NUMBER, day, instant, member, one_of, text
from storage.schema_orders import METADATA

# No CHECK on the event: a new kind of it is no reason to rebuild a table.
news_facts = Table(
    "news_facts",
    METADATA,
    Column("fact_id", NUMBER, primary_key=True),
    text("symbol"),
    member("event", NewsEvent),
    day("day"),
    text("source"),
    member("confidence", Confidence),
    text("quote"),
    text("link"),
    instant("published_at"),
    member("read_by", ReadBy),
    UniqueConstraint("symbol", "event", "day", "source"),
    one_of("confidence", Confidence),
    one_of("read_by", ReadBy),
    Index("ix_news_facts_day", "day"),
    sqlite_strict=True,
)
