"""Headlines as typed facts (core.ports.news.HeadlineReader).

A model is given the items as data and no tools. Nothing it says is taken: each fact and each
sentence must stand in an item, or it is dropped and counted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.news_facts import Confidence, NewsEvent, NewsFact, ReadBy
from core.errors import DataError
from core.news.clean import plain_text
from core.news.event_words import events_in, speaks_to_machines
from core.news.fact_check import Claim, corroborated, fact_of
from core.news.mapping import InstrumentMap
from core.news.places import LOOPBACK, Places
from core.ports.news import Headline, NewsReading, SummarySentence

ITEMS_MAX = 40
LISTED_CHARACTERS_MAX = 11_000
LISTED_SUMMARY_MAX = 200
SYMBOLS_PER_ITEM = 5
FACTS_MAX = 60
SENTENCES_MAX = 5
SENTENCE_CHARACTERS_MAX = 160
REPLY_CHARACTERS_MAX = 60_000
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_EVENT_NAMES = tuple(event.value for event in NewsEvent)


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Fact(_Strict):
    item: int = Field(ge=1, le=ITEMS_MAX)
    symbol: Annotated[str, StringConstraints(pattern=r"^[0-9][0-9A-Z]{5}$")]
    event: str
    day: Annotated[str, StringConstraints(pattern=_DAY)]
    quote: Annotated[str, StringConstraints(min_length=1, max_length=400)]
    confidence: Literal["low", "medium", "high"]


class _Sentence(_Strict):
    text: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
    items: Annotated[list[int], Field(min_length=1, max_length=10)]


class _Reply(_Strict):
    facts: list[object]
    summary: list[object]


@dataclass(frozen=True, slots=True)
class CheckedReader:
    """Reads by rules, and checks what a model has read. `places` are the hosts to link to."""

    instruments: InstrumentMap
    places: Places

    def by_rules(self, headlines: Sequence[Headline]) -> NewsReading:
        """Return what the words of the titles tell, without a model and without a summary."""
        found: list[NewsFact] = []
        for item in headlines:
            for event in events_in(item.title):
                found += self._by_words(item, event)
        facts = corroborated(found)[:FACTS_MAX]
        return NewsReading(facts=facts, summary=(), read_by=ReadBy.RULES)

    def listed(self, headlines: Sequence[Headline]) -> tuple[str, tuple[Headline, ...]]:
        """Return the headlines as numbered data for a model, and those that found room."""
        lines: list[str] = []
        kept: list[Headline] = []
        room = LISTED_CHARACTERS_MAX
        for item in headlines[:ITEMS_MAX]:
            line = self._line(len(kept) + 1, item)
            room -= len(line) + 1
            if room < 0:
                break
            lines.append(line)
            kept.append(item)
        return "\n".join(lines), tuple(kept)

    def checked(self, reply: str, listed: Sequence[Headline]) -> NewsReading:
        """Return what of a model's reply stands in the items. Raises DataError for no reply."""
        content = _content(reply)
        facts = [self._fact(raw, listed) for raw in content.facts[:FACTS_MAX]]
        sentences = [self._sentence(raw, listed) for raw in content.summary[:SENTENCES_MAX]]
        kept = [fact for fact in facts if fact is not None]
        said = [sentence for sentence in sentences if sentence is not None]
        given = len(content.facts) + len(content.summary)
        return NewsReading(
            facts=corroborated(kept),
            summary=tuple(said),
            read_by=ReadBy.MODEL,
            dropped=given - len(kept) - len(said),
        )

    def link_of(self, headline: Headline) -> str:
        """Return the address of an item, or nothing when its host is not on our list."""
        try:
            url = httpx.URL(headline.link)
        except httpx.InvalidURL:
            return ""
        # A person's own machine is no place to lead a person to, whatever the sandbox may read.
        is_fine = bool(headline.link) and url.host not in LOOPBACK
        return headline.link if is_fine and not self.places.refusal(url) else ""

    def _by_words(self, item: Headline, event: NewsEvent) -> list[NewsFact]:
        day = item.published_at.astimezone(KST).date()
        claims = (
            Claim(symbol=symbol, event=event, day=day, quote=item.title, confidence=Confidence.HIGH)
            for symbol in item.symbols[:SYMBOLS_PER_ITEM]
        )
        facts = (
            fact_of(claim, item, self.instruments, self.link_of(item), ReadBy.RULES)
            for claim in claims
        )
        return [fact for fact in facts if fact is not None]

    def _line(self, number: int, item: Headline) -> str:
        content = {
            "item": number,
            "source": item.source,
            "published": item.published_at.astimezone(KST).isoformat(timespec="minutes"),
            "title": item.title,
            "text": item.summary[:LISTED_SUMMARY_MAX],
            "symbols": list(item.symbols),
        }
        return json.dumps(content, ensure_ascii=False)

    def _fact(self, raw: object, listed: Sequence[Headline]) -> NewsFact | None:
        try:
            given = _Fact.model_validate(raw)
            event, day = NewsEvent(given.event), date.fromisoformat(given.day)
        except ValueError:  # a ValidationError is one
            return None
        if given.item > len(listed):
            return None
        item = listed[given.item - 1]
        claim = Claim(
            symbol=Symbol(given.symbol),
            event=event,
            day=day,
            quote=given.quote,
            confidence=Confidence(given.confidence),
        )
        return fact_of(claim, item, self.instruments, self.link_of(item), ReadBy.MODEL)

    def _sentence(self, raw: object, listed: Sequence[Headline]) -> SummarySentence | None:
        """Return a sentence that speaks of its items only; None for any other."""
        try:
            given = _Sentence.model_validate(raw)
        except ValidationError:
            return None
        numbers = dict.fromkeys(given.items)
        if not all(1 <= number <= len(listed) for number in numbers):
            return None
        items = tuple(listed[number - 1] for number in numbers)
        text = plain_text(given.text, SENTENCE_CHARACTERS_MAX)
        said = [text, *(f"{item.title} {item.summary}" for item in items)]
        if not text or any(speaks_to_machines(part) for part in said):
            return None
        known = {symbol for item in items for symbol in item.symbols}
        if not set(self.instruments.named_in(text)) <= known:
            return None
        return SummarySentence(text=text, items=items)


def _content(reply: str) -> _Reply:
    fenceless = reply.strip().removeprefix("```json").removeprefix("```").removesuffix("```")
    bare = fenceless.strip()
    if len(bare) > REPLY_CHARACTERS_MAX:
        raise DataError("the reply is too long")
    try:
        return _Reply.model_validate(json.loads(bare))
    except (ValueError, RecursionError) as error:
        raise DataError("the reply is no list of facts and sentences") from error
