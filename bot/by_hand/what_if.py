"""`python -m bot whatif`: what else could have been done, from what is stored. Reads only."""

from __future__ import annotations

import json
from collections.abc import Iterator

from bot import locales
from bot.by_hand.loading import loaded
from bot.files.strategy import load_strategy
from bot.wiring.what_if import what_if_reader
from core.domain.bootstrap import WonBand
from core.domain.calendar import TradingCalendar
from core.domain.instrument import Symbol, name_and_code
from core.domain.what_if_verdict import WhatIf
from core.errors import DataError
from core.ports.phrases import Phrases
from core.runtime.clock import SystemClock
from core.services.reflection.what_if_words import (
    course_name,
    course_text,
    model_sentence,
    notes_of,
    span_sentence,
    title_of,
)
from storage.bars import SqlBarArchive
from storage.engine import Database
from storage.migrations import check_revision
from storage.opening import has_database
from storage.stored_market import StoredMarket


async def what_if(*, as_json: bool) -> str:
    """Return the courses as a table or as JSON. Runs beside the bot.

    Raises DataError without a database or anything to compare, StorageError, ConfigurationError.
    """
    settings = loaded()
    phrases = locales.load(settings.locale)
    if not await has_database(settings.database):
        raise DataError(phrases.say("console.no_database"))
    database = Database(settings.database, read_only=True)
    try:
        await check_revision(database)
        market = StoredMarket(SqlBarArchive(database), load_strategy(settings.data_dir).universe)
        reader = what_if_reader(
            settings, database, market=market, calendar=TradingCalendar(), clock=SystemClock()
        )
        found = await reader.what_if()
    finally:
        await database.close()
    if found is None:
        raise DataError(phrases.say("whatif.no_answer"))
    if as_json:
        return json.dumps(_json(found, phrases), ensure_ascii=False, indent=2)
    return "\n".join(_lines(found, phrases, market))


def _lines(found: WhatIf, phrases: Phrases, market: StoredMarket) -> Iterator[str]:
    def named(symbol: Symbol) -> str:
        return name_and_code(symbol, market.instrument(symbol))

    yield title_of(found, phrases)
    yield span_sentence(found, phrases)
    for line in found.lines:
        yield f"  {course_name(line.course, phrases)}: {course_text(found, line, phrases)}"
    yield model_sentence(found, phrases)
    yield from notes_of(found, phrases, named)


def _json(found: WhatIf, phrases: Phrases) -> dict[str, object]:
    ledger, model = found.ledger, found.model
    return {
        "start_day": ledger.start_day.isoformat(),
        "last_day": found.last_day.isoformat(),
        "sessions": found.sessions,
        "start_won": ledger.start_won,
        "courses": {
            line.course.value: {
                "made_won": line.made_won,
                "more_won": line.more_won,
                "more_band_won": _band(line.more_band),
            }
            for line in found.lines
        },
        "model": {
            "worth": model.worth.value,
            "more_won": model.more_won,
            "more_band_won": _band(model.more_band),
            "cost_won": model.cost_won,
            "looks": model.looks,
            "changes": model.changes,
            "sentence": model_sentence(found, phrases),
        },
        "missing": dict(ledger.missing),
        "short_shares": {one.value: shares for one, shares in ledger.short_shares.items()},
        "unexplained_won": ledger.unexplained_won,
        "stated": _stated(found),
        "days": [
            {
                "session": day.session.isoformat(),
                **{line.course.value: ledger.profit(day, line.course) for line in found.lines},
            }
            for day in ledger.days
        ],
    }


def _band(band: WonBand | None) -> list[int] | None:
    return None if band is None else [band.low_won, band.high_won]


def _stated(found: WhatIf) -> dict[str, object] | None:
    if found.ledger.stated is None:
        return None
    day, stated, reckoned = found.ledger.stated
    return {"day": day.isoformat(), "stated_won": stated, "reckoned_won": reckoned}
