"""Measures what became of every decision after 7 and 30 days, and remembers it.

The rows are the whole state: what has an outcome is not measured again, what has none is found by
the next round, however many days the bot was off. Where a price is missing nothing is guessed: the
leg stays open and says why.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import structlog

from core.domain.calendar import CalendarUnknown, TradingCalendar
from core.domain.closes import Close, closes_of
from core.domain.costs import CostModel
from core.domain.instrument import Symbol, TaxType, name_and_code
from core.domain.krx import KST
from core.domain.leg_record import LegRecord, entry_of
from core.domain.memory import MemoryNote
from core.domain.outcomes import (
    HORIZONS_DAYS,
    Entry,
    Outcome,
    Unmeasured,
    entry_session,
    exit_session,
    measured,
)
from core.errors import BrokerError
from core.ports.clock import Clock
from core.ports.desk import MarketReader
from core.ports.memory import Memory
from core.ports.phrases import Phrases
from core.ports.reflection import OutcomeArchive

_LOG = structlog.get_logger(__name__)
LEGS_PER_READ = 200
LINES_PER_NOTE = 40
NOTE_KIND = "outcome"

Path = tuple[Close, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRound:
    """What one round did: legs measured, and those that could not be, by reason."""

    measured: int = 0
    open: dict[Unmeasured, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeKeeper:
    """Fills in the outcomes that are due."""

    archive: OutcomeArchive
    market: MarketReader
    memory: Memory
    calendar: TradingCalendar
    clock: Clock
    costs: CostModel
    phrases: Phrases

    async def keep(self) -> OutcomeRound:
        """Measure all that is due, then remember it. Raises StorageError."""
        count, waits = 0, dict.fromkeys(Unmeasured, 0)
        paths = _Paths(self.market, self.calendar)
        for days in HORIZONS_DAYS:
            async for found in self._round(days, paths):
                if isinstance(found, Outcome):
                    count += 1
                else:
                    waits[found] += 1
        await self._remember()
        result = OutcomeRound(
            measured=count, open={reason: number for reason, number in waits.items() if number}
        )
        if count or result.open:
            left = {reason.value: number for reason, number in result.open.items()}
            _LOG.info("outcomes measured", measured=count, open=left)
        return result

    async def _round(self, days: int, paths: _Paths) -> AsyncIterator[Outcome | Unmeasured]:
        before = self.clock.now() - timedelta(days=days)
        last: LegRecord | None = None
        while page := await self.archive.due_legs(days, before, last, LEGS_PER_READ):
            for leg in page:
                found = await self._measure(leg, days, paths)
                if isinstance(found, Outcome):
                    await self.archive.save_outcome(found)
                elif found is not None:
                    await self.archive.save_wait(leg, days, found, self.clock.now())
                if found is not None:
                    yield found
            last = page[-1]

    async def _measure(
        self, leg: LegRecord, days: int, paths: _Paths
    ) -> Outcome | Unmeasured | None:
        """Return the outcome, or why there is none; None while its session has not closed."""
        entry = entry_of(leg)
        if isinstance(entry, Unmeasured):
            return entry
        try:
            first = entry_session(self.calendar, entry)
            last = exit_session(self.calendar, entry, days)
            hours = self.calendar.hours(last)
        except CalendarUnknown:
            return Unmeasured.BARS_MISSING
        if hours is None or self.clock.now() < hours.closes:
            return None
        path = await paths.between(entry.symbol, first, last)
        if isinstance(path, Unmeasured):
            return path
        return measured(
            leg.record.record_id,
            entry,
            days,
            path,
            costs=self.costs,
            tax_type=self._tax_type(entry),
            now=self.clock.now(),
        )

    def _tax_type(self, entry: Entry) -> TaxType:
        known = self.market.instrument(entry.symbol)
        # As everywhere: what is not known to be exempt is taxed.
        return known.tax_type if known else TaxType.HOLDING_PERIOD

    async def _remember(self) -> None:
        """Put into the memory what it does not hold; a day's notes are made of all its outcomes."""
        while untold := await self.archive.untold(LEGS_PER_READ):
            for day in dict.fromkeys(item.measured_at.astimezone(KST).date() for item in untold):
                start = datetime.combine(day, time(), tzinfo=KST)
                outcomes = await self.archive.outcomes_between(start, start + timedelta(days=1))
                for place in range(0, len(outcomes), LINES_PER_NOTE):
                    number = place // LINES_PER_NOTE + 1
                    part = outcomes[place : place + LINES_PER_NOTE]
                    await self.memory.remember(await self._note(day, number, part))
                await self.archive.mark_told(outcomes)

    async def _note(self, day: date, number: int, outcomes: tuple[Outcome, ...]) -> MemoryNote:
        lines = [self.phrases.say("reflection.outcomes_title", day=day)]
        symbols: dict[str, None] = {}
        for outcome in outcomes:
            leg = await self.archive.leg(outcome.record_id)
            if leg is not None:
                symbols[leg.record.symbol] = None
                lines.append(self._line(leg, outcome))
        return MemoryNote(
            kind=NOTE_KIND,
            text="\n".join(lines),
            day=day,
            source=f"outcomes:{day}:{number}",
            symbols=tuple(symbols),
            created_at=self.clock.now(),
        )

    def _line(self, leg: LegRecord, outcome: Outcome) -> str:
        say, record = self.phrases.say, leg.record
        symbol = Symbol(record.symbol)
        after = outcome.after_won
        key = "hypothetical" if outcome.is_hypothetical else "filled"
        return say(
            f"reflection.outcome_{key}",
            day=record.at.astimezone(KST).date(),
            name=name_and_code(symbol, self.market.instrument(symbol)),
            side=say(f"cycle.side_{record.action}"),
            quantity=outcome.quantity,
            days=outcome.days,
            until=outcome.exit_session,
            percent=outcome.rate * 100,
            pnl=outcome.pnl_won,
            after=say("reflection.unknown") if after is None else say("reflection.won", won=after),
            reason=" ".join(record.justification.split()),
        )


class _Paths:
    """Closes by symbol and sessions, each read once a round; a source that fails is left alone."""

    def __init__(self, market: MarketReader, calendar: TradingCalendar) -> None:
        self._market = market
        self._calendar = calendar
        self._known: dict[tuple[Symbol, date, date], Path | Unmeasured] = {}
        self._failed: set[Symbol] = set()

    async def between(self, symbol: Symbol, first: date, last: date) -> Path | Unmeasured:
        """Return the closes from `first` to `last`, or that one of the two is not to be had."""
        if symbol in self._failed:
            return Unmeasured.SOURCE_FAILED
        key = (symbol, first, last)
        if key not in self._known:
            try:
                self._known[key] = await self._read(symbol, first, last)
            except BrokerError as error:
                _LOG.warning("no bars for an outcome", symbol=symbol, error=str(error))
                self._failed.add(symbol)
                return Unmeasured.SOURCE_FAILED
        return self._known[key]

    async def _read(self, symbol: Symbol, first: date, last: date) -> Path | Unmeasured:
        count = sum(1 for _ in _sessions(self._calendar, first, last))
        raw = await self._market.bars(symbol, count, last, adjusted=False)
        adjusted = await self._market.bars(symbol, count, last, adjusted=True)
        found = closes_of(raw.bars, adjusted.bars)
        path = tuple(item for item in found if first <= item.session <= last)
        if not path or (path[0].session, path[-1].session) != (first, last):
            return Unmeasured.BARS_MISSING
        return path


def _sessions(calendar: TradingCalendar, first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        if calendar.known_hours(day) is not None:
            yield day
        day += timedelta(days=1)
