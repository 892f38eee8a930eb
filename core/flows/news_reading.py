"""Reading facts and a summary out of the day's headlines: by the small model, or by rules alone.

The model gets the items as data and no tools; what it says is checked against them by code. Without
a key, over the budget, or when it does not answer as asked, rules read the titles, and it is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from core.domain.model_calls import CallAbout
from core.domain.news_facts import NewsFact, SourceLink, SummaryLine
from core.errors import DataError, ModelError, StorageError
from core.flows.fault_words import fault_words
from core.flows.kit import CycleKit
from core.llm.prompt import as_data, load_prompt
from core.llm.versions import version_of
from core.ports.model import ModelMessage
from core.ports.news import Headline, NewsReading
from core.services.sessions.figures import FigureMarker, KnownFigures
from core.services.sessions.links import without_links

_LOG = structlog.get_logger(__name__)
# Collecting may take 15 s of the step's 60; storing is quick.
READ_SECONDS_MAX = 35.0
REPLY_TOKENS_MAX = 4_000
UNIVERSE_LINES_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNews:
    """What was read, and one sentence about by whom and how far it holds."""

    facts: tuple[NewsFact, ...] = ()
    summary: tuple[SummaryLine, ...] = ()
    note: str = ""


async def read_news(kit: CycleKit, headlines: Sequence[Headline], *, dry_run: bool) -> ReadNews:
    """Return facts and summary of the headlines, and keep the facts. Never raises for the model."""
    if not headlines:
        return ReadNews()
    reading, note = await _reading(kit, headlines)
    if not dry_run and reading.facts:
        try:
            await kit.stores.facts.keep(reading.facts)
        except StorageError as error:
            _LOG.warning("news facts not stored", error=str(error))
            note = f"{note} {kit.say('news.not_stored')}"
    summary = tuple(_line(kit, one.text, one.items) for one in reading.summary)
    return ReadNews(facts=reading.facts, summary=summary, note=note)


async def _reading(kit: CycleKit, headlines: Sequence[Headline]) -> tuple[NewsReading, str]:
    reader = kit.sources.reader
    if kit.sources.model is None:
        return reader.by_rules(headlines), kit.say("news.by_rules")
    data, listed = reader.listed(headlines)
    messages = (
        ModelMessage(role="system", text=_instructions(kit)),
        ModelMessage(role="user", text=as_data("news", data)),
    )
    about = CallAbout(prompt_version=version_of("news"))
    try:
        async with asyncio.timeout(READ_SECONDS_MAX):
            reply = await kit.sources.model.complete(messages, REPLY_TOKENS_MAX, about)
        reading = reader.checked(reply, listed)
    except (ModelError, TimeoutError) as error:
        why = fault_words(kit.outlets.phrases, error)
        return reader.by_rules(headlines), kit.say("news.model_silent", error=why)
    except DataError as error:
        _LOG.warning("news reading not as asked", error=str(error))
        return reader.by_rules(headlines), kit.say("news.model_unreadable")
    key = "news.by_model_dropped" if reading.dropped else "news.by_model"
    return reading, kit.say(key, dropped=reading.dropped)


def _instructions(kit: CycleKit) -> str:
    universe = kit.desk.market.instruments()[:UNIVERSE_LINES_MAX]
    lines = "\n".join(f"{item.symbol} {item.name}" for item in universe)
    text = load_prompt("news_facts")
    return text.replace("{language}", kit.say("news.language")).replace("{universe}", lines)


def _line(kit: CycleKit, text: str, items: Sequence[Headline]) -> SummaryLine:
    """Return a sentence without links, its figures marked unless one of its own items has them."""
    known = KnownFigures(item.name for item in kit.desk.market.instruments())
    for item in items:
        known.learn_text(f"{item.title} {item.summary}")
    plain = without_links(text, kit.say("sessions.link_removed"))
    marked = FigureMarker(known, kit.say("sessions.unsourced")).marked(plain)
    sources = {item.source: kit.sources.reader.link_of(item) for item in reversed(items)}
    return SummaryLine(
        text=marked,
        sources=tuple(SourceLink(name=name, link=link) for name, link in reversed(sources.items())),
    )
