"""Steps 1 to 3: news, memory, market."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import structlog

from core.domain.briefing import NewsLine
from core.domain.conversation import Role
from core.domain.instrument import Instrument, Symbol
from core.domain.market import Bar
from core.errors import BrokerRefused, DataError, ModelError
from core.flows.analysing import analyse
from core.flows.fault_words import fault_words
from core.flows.kit import CycleKit
from core.flows.news_reading import read_news
from core.flows.text_budget import within_tokens
from core.flows.values import CollectedNews, MarketState, Recollection
from core.llm.prompt import as_data
from core.ports.model import ModelMessage
from core.ports.news import FeedFailure

_LOG = structlog.get_logger(__name__)

NEWS_LINES_MAX = 12
MEMORY_TOKENS_MAX = 1_500
MEMORY_NOTES_MAX = 5
QUERY_CHARACTERS_MAX = 400
LINE_CHARACTERS_MAX = 300
# Raw bars are read for the newest close; a few more let the archive notice corrections.
RAW_SESSIONS = 5
# How many symbols are compared over the whole window to find out whether adjusted is raw.
PROBES = 3
PROGRESS_EVERY = 10


@dataclass(frozen=True, slots=True)
class LoadedBars:
    """Adjusted bars of the universe and the newest raw closes, with what could not be read."""

    adjusted: Mapping[Symbol, tuple[Bar, ...]]
    closes: Mapping[Symbol, int]
    missing: tuple[str, ...]


async def crawl(kit: CycleKit, *, dry_run: bool) -> CollectedNews:
    """Collect headlines and read facts out of them; an unreadable feed is a warning."""
    digest = await kit.sources.news.collect()
    # What names an instrument of ours comes first; both parts stay newest first.
    ranked = sorted(digest.headlines, key=lambda item: not item.symbols)
    lines = tuple(
        NewsLine(
            source=item.source,
            title=item.title,
            published_at=item.published_at,
            symbols=item.symbols,
        )
        for item in ranked[:NEWS_LINES_MAX]
    )
    warnings = (
        *(_feed_words(kit, failure) for failure in digest.failures),
        *(kit.say("cycle.news_undated", name=name, count=count) for name, count in digest.undated),
    )
    read = await read_news(kit, ranked, dry_run=dry_run)
    return CollectedNews(
        lines=lines,
        warnings=warnings,
        facts=read.facts,
        summary=read.summary,
        read_note=read.note,
    )


def _feed_words(kit: CycleKit, failure: FeedFailure) -> str:
    why = kit.say(f"news.feed_{failure.fault.value}", figure=failure.figure)
    return kit.say("cycle.feed_failed", name=failure.name, reason=why)


async def recollect(kit: CycleKit, day: date, news: CollectedNews | None) -> Recollection:
    """Condense what happened since the previous session and what it resembles."""
    previous = kit.rules.calendar.previous_session(day)
    facts = [*await _trades_of(kit, previous), *await _talk_since(kit, previous, day)]
    query = " ".join([*facts[:5], *(line.title for line in (news.lines if news else ())[:5])])
    if query:
        notes = await kit.stores.memory.recall(query[:QUERY_CHARACTERS_MAX], MEMORY_NOTES_MAX)
        facts += [
            kit.say("cycle.memory_note", day=note.day, text=_one_line(note.text)) for note in notes
        ]
    text = within_tokens("\n".join(facts), MEMORY_TOKENS_MAX)
    blind = (kit.say("memory.by_words"),) if query and kit.stores.memory.is_by_words_only else ()
    if kit.sources.model is None or not text:
        return Recollection(text=text, warnings=blind)
    try:
        prompt = kit.say("cycle.memory_prompt")
        messages = (
            ModelMessage(role="system", text=prompt),
            ModelMessage(role="user", text=as_data("memory", text)),
        )
        short = await kit.sources.model.complete(messages, MEMORY_TOKENS_MAX)
    except ModelError as error:
        return Recollection(
            text=text,
            warnings=(
                *blind,
                kit.say(
                    "cycle.memory_plain", error=_one_line(fault_words(kit.outlets.phrases, error))
                ),
            ),
        )
    return Recollection(text=within_tokens(short, MEMORY_TOKENS_MAX), warnings=blind)


async def _trades_of(kit: CycleKit, day: date) -> list[str]:
    async with kit.stores.ledger.transaction() as books:
        records = await books.trade_records_on(day)
        fills = await books.fills_on(day)
        orders = {fill.order_id: await books.order(fill.order_id) for fill in fills}
    facts = [
        kit.say(
            "cycle.memory_decision",
            day=day,
            name=kit.name_of(Symbol(record.symbol)),
            action=record.action,
            quantity=record.quantity,
            status=record.status or "-",
            reason=_one_line(record.justification),
        )
        for record in records
    ]
    for fill in fills:
        order = orders[fill.order_id]
        if order is not None:
            facts.append(
                kit.say(
                    "cycle.memory_fill",
                    day=day,
                    name=kit.name_of(order.envelope.symbol),
                    side=kit.say(f"cycle.side_{order.envelope.side.value}"),
                    quantity=fill.quantity,
                    price=fill.price_won,
                )
            )
    return facts


async def _talk_since(kit: CycleKit, start: date, day: date) -> list[str]:
    facts: list[str] = []
    probe = start
    while probe < day:
        facts += [
            f"{probe} {line.author}: {_one_line(line.text)}"
            for line in await kit.stores.sessions.lines_on(probe)
            if line.role in {Role.USER, Role.ASSISTANT}
        ]
        probe += timedelta(days=1)
    return facts


def _one_line(text: str) -> str:
    return " ".join(text.split())[:LINE_CHARACTERS_MAX]


async def fetch_market(kit: CycleKit, decided_on: date) -> tuple[MarketState, LoadedBars]:
    """Read the account and the bars of the universe up to `decided_on`."""
    portfolio = await kit.desk.portfolio.portfolio()
    bars = await load_bars(kit, decided_on)
    if not bars.closes:
        raise DataError(f"no bars of any symbol of the universe up to {decided_on}")
    state = MarketState(
        portfolio=portfolio,
        decided_on=decided_on,
        closes=tuple(bars.closes.items()),
        regime=await _regime(kit, bars, decided_on),
        data_note=await _data_note(kit, bars, decided_on),
        warnings=_missing_warning(kit, bars),
        analysis=await analyse(kit, portfolio, bars, decided_on),
    )
    return state, bars


async def load_bars(kit: CycleKit, decided_on: date) -> LoadedBars:
    """Read bars symbol by symbol. A symbol that the broker does not know is left out and named."""
    universe = kit.desk.market.instruments()[: kit.rules.parameters.universe_max]
    adjusted: dict[Symbol, tuple[Bar, ...]] = {}
    closes: dict[Symbol, int] = {}
    missing: list[str] = []
    for count, instrument in enumerate(universe, start=1):
        try:
            rows, raw = await _bars_of(kit, instrument, decided_on)
        except BrokerRefused as error:
            _LOG.warning("no bars", symbol=instrument.symbol, code=error.code)
            rows, raw = (), ()
        if not rows or not raw or raw[-1].session != decided_on:
            missing.append(instrument.name)
            continue
        adjusted[instrument.symbol] = rows
        closes[instrument.symbol] = raw[-1].close_won
        if count % PROGRESS_EVERY == 0:
            _LOG.info("market fetch", done=count, of=len(universe))
    return LoadedBars(adjusted, closes, tuple(missing))


async def _bars_of(
    kit: CycleKit, instrument: Instrument, decided_on: date
) -> tuple[tuple[Bar, ...], tuple[Bar, ...]]:
    market, needed = kit.desk.market, kit.rules.parameters.sessions_needed
    adjusted = await market.bars(instrument.symbol, needed, decided_on, adjusted=True)
    raw = await market.bars(instrument.symbol, RAW_SESSIONS, decided_on, adjusted=False)
    return adjusted.bars, raw.bars


def _missing_warning(kit: CycleKit, bars: LoadedBars) -> tuple[str, ...]:
    if not bars.missing:
        return ()
    names = ", ".join(bars.missing[:PROBES])
    return (kit.say("cycle.bars_missing", count=len(bars.missing), names=names),)


async def _regime(kit: CycleKit, bars: LoadedBars, decided_on: date) -> str:
    # In a thread: numpy comes with it, and years of bars of a hundred symbols are read.
    above, known, sessions = await asyncio.to_thread(_breadth, bars, decided_on)
    if known == 0:
        return kit.say("cycle.regime_unknown", sessions=sessions)
    return kit.say("cycle.regime", above=above, known=known, sessions=sessions)


def _breadth(bars: LoadedBars, decided_on: date) -> tuple[int, int, int]:
    """Return how many symbols stand above their mean, how many are known, and of which sessions."""
    from core.strategy.indicators import BREADTH_SESSIONS, breadth
    from core.strategy.panel import PricePanel

    above, known = breadth(PricePanel.from_bars(bars.adjusted, decided_on))
    return above, known, BREADTH_SESSIONS


async def _data_note(kit: CycleKit, bars: LoadedBars, decided_on: date) -> str:
    """Say so when the adjusted series is the raw one: distributions are then missing in returns.

    A few symbols are compared over the whole window, because near its end both always agree.
    """
    probes = list(bars.adjusted)[:PROBES]
    for symbol in probes:
        rows = bars.adjusted[symbol]
        raw = await kit.desk.market.bars(symbol, len(rows), decided_on, adjusted=False)
        if [bar.close_won for bar in raw.bars] != [bar.close_won for bar in rows]:
            return ""
    return kit.say("cycle.one_series")
