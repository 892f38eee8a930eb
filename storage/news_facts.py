"""What was read out of the news, on SQL (`core.ports.news.NewsFactArchive`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from sqlalchemy import case, delete, select, update

from core.domain.news_facts import Confidence, NewsFact, known_once
from storage.engine import Database
from storage.schema import news_facts
from storage.statements import Statements

_KEY = ("symbol", "event", "day", "source")


class SqlNewsFactArchive:
    """One row per symbol, event, day and source."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, facts: Sequence[NewsFact]) -> int:
        """Store facts and return how many were new. A known one is replaced by a better one."""
        new = 0
        async with self._database.transaction() as sql:
            for fact in known_once(facts):
                if await sql.insert_once(news_facts, asdict(fact)):
                    new += 1
                else:
                    await _improve(sql, fact)
        return new

    async def drop(self, before: date, limit: int) -> int:
        """Delete facts of the days before, at most `limit` at once; return how many."""
        table = news_facts.c
        old = select(table.fact_id).where(table.day < before).order_by(table.day).limit(limit)
        async with self._database.transaction() as sql:
            return (await sql.run(delete(news_facts).where(table.fact_id.in_(old)))).rowcount

    async def facts_since(self, day: date, limit: int) -> tuple[NewsFact, ...]:
        """Return the facts of `day` and later, newest day first, those believed most first."""
        table = news_facts.c
        rank = case({one.value: one.rank for one in Confidence}, value=table.confidence)
        columns = [column for column in news_facts.columns if column is not table.fact_id]
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(*columns)
                .where(table.day >= day)
                .order_by(table.day.desc(), rank.desc(), table.published_at.desc(), table.fact_id)
                .limit(limit)
            )
        return tuple(NewsFact(**row) for row in rows)


async def _improve(sql: Statements, fact: NewsFact) -> None:
    values = asdict(fact)
    key = [news_facts.c[name] == values.pop(name) for name in _KEY]
    worse = [one for one in Confidence if one.rank < fact.confidence.rank]
    if worse:
        await sql.run(
            update(news_facts).where(*key, news_facts.c.confidence.in_(worse)).values(**values)
        )
