"""`python -m bot reflect`: a week's numbers, and what the bot made of them. Reads only."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from enum import Enum

from bot import locales
from bot.build_id import build_id
from bot.by_hand.loading import loaded
from bot.files.strategy import load_strategy
from bot.week_words import number_lines, report_lines
from core.domain.calendar import TradingCalendar
from core.domain.reflection import Week, last_week
from core.domain.rule_wishes import RuleNote
from core.errors import DataError
from core.flows.week_nodes import stored_report
from core.ports.ledger import BooksReader
from core.runtime.clock import SystemClock
from core.services.reflection.weekly import WeekReader
from storage.bars import SqlBarArchive
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.migrations import check_revision
from storage.opening import has_database
from storage.outcomes import SqlOutcomeArchive
from storage.stored_market import StoredMarket
from storage.trade_history import SqlTradeHistory
from storage.weeks import SqlNodeArchive


async def reflect(week: Week | None, *, as_json: bool) -> str:
    """Return `week` (None: the last one) as a table or as JSON: numbers, and the stored rest.

    The numbers are computed anew; factors, rules and prompt are those of the bot's own reflection,
    the proposals of rules as they stand now.

    Runs beside the bot. Raises DataError without a database, StorageError, or ConfigurationError.
    """
    settings = loaded()
    phrases = locales.load(settings.locale)
    if not await has_database(settings.database):
        raise DataError(phrases.say("console.no_database"))
    database = Database(settings.database, read_only=True)
    try:
        await check_revision(database)
        reader = WeekReader(
            archive=SqlOutcomeArchive(database),
            history=SqlTradeHistory(database),
            market=StoredMarket(SqlBarArchive(database), load_strategy(settings.data_dir).universe),
            calendar=TradingCalendar(),
            costs=settings.costs,
        )
        chosen = week or last_week(SystemClock().now())
        numbers = await reader.numbers(chosen)
        report = await stored_report(SqlNodeArchive(database), chosen)
        if report is not None and report.rules is not None:
            rules = await _as_now(report.rules, SqlLedger(database, build_id()))
            report = replace(report, rules=rules)
    finally:
        await database.close()
    if as_json:
        told = {
            **asdict(numbers),
            "factors": asdict(report.factors) if report and report.factors else None,
            "rules": asdict(report.rules) if report and report.rules else None,
            "prompt": asdict(report.prompt) if report and report.prompt else None,
        }
        return json.dumps(told, ensure_ascii=False, indent=2, default=_plain)
    lines = list(number_lines(numbers, phrases))
    if report is None:
        return "\n".join([*lines, phrases.say("weeks.not_reflected")])
    return "\n".join([*lines, *report_lines(report, phrases)])


async def _as_now(note: RuleNote, books: BooksReader) -> RuleNote:
    """Return the note with its proposals as they stand: what lapsed asks for no answer."""
    async with books.reading() as tx:
        found = [
            replace(item, proposal=await tx.rule_proposal(item.proposal.number) or item.proposal)
            for item in note.rules
        ]
    return replace(note, rules=tuple(found))


def _plain(value: object) -> object:
    return value.value if isinstance(value, Enum) else str(value)
