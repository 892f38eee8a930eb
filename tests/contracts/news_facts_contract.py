"""What every implementation of `core.ports.news.NewsFactArchive` must do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from core.domain.news_facts import Confidence, NewsEvent, NewsFact, ReadBy
from storage.news_facts import SqlNewsFactArchive
from tests.contracts.ledger_values import DAY, KODEX, MORNING

FACT = NewsFact(
    symbol=KODEX,
    event=NewsEvent.RISE,
    day=DAY,
    source="한경",
    confidence=Confidence.MEDIUM,
    quote="KODEX 200 급등",
    link="https://www.hankyung.com/1",
    published_at=MORNING,
    read_by=ReadBy.RULES,
)


class NewsFactsContract:
    async def test_facts_come_back_newest_and_most_believed_first(self, database):
        archive = SqlNewsFactArchive(database)
        low = replace(FACT, event=NewsEvent.INFLOW, confidence=Confidence.LOW)
        high = replace(FACT, event=NewsEvent.HALT, confidence=Confidence.HIGH)
        tomorrow = replace(low, day=DAY + timedelta(days=1))
        assert await archive.keep([low, FACT, high, tomorrow]) == 4
        assert await archive.facts_since(DAY, 9) == (tomorrow, high, FACT, low)
        assert await archive.facts_since(DAY, 2) == (tomorrow, high)
        assert await archive.facts_since(DAY + timedelta(days=1), 9) == (tomorrow,)
        assert await archive.keep([]) == 0

    async def test_the_same_is_kept_once_and_only_a_better_one_replaces(self, database):
        archive = SqlNewsFactArchive(database)
        worse = replace(FACT, confidence=Confidence.LOW, quote="소문")
        better = replace(FACT, confidence=Confidence.HIGH, quote="확정", read_by=ReadBy.MODEL)
        assert await archive.keep([worse, FACT]) == 1
        assert await archive.keep([worse]) == 0
        assert await archive.facts_since(DAY, 9) == (FACT,)
        assert await archive.keep([better, replace(FACT, source="연합")]) == 1
        found = await archive.facts_since(DAY, 9)
        assert found == (better, replace(FACT, source="연합"))

    async def test_old_facts_are_deleted_in_small_steps(self, database):
        archive = SqlNewsFactArchive(database)
        old = [replace(FACT, day=DAY - timedelta(days=n)) for n in (40, 50, 60)]
        await archive.keep([*old, FACT])
        month_ago = DAY - timedelta(days=30)
        assert await archive.drop(month_ago, 2) == 2
        # The oldest first.
        assert await archive.facts_since(DAY - timedelta(days=99), 9) == (FACT, old[0])
        assert await archive.drop(month_ago, 2) == 1
        assert await archive.drop(month_ago, 2) == 0
        assert await archive.facts_since(DAY - timedelta(days=99), 9) == (FACT,)
