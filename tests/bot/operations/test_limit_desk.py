from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.operations.limit_desk import LimitDesk
from core.domain.limits import LIMIT_TERMS, LimitOutcome
from core.domain.risk import RiskLimits
from core.runtime.limit_book import LimitBook
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.fakes.desk_kit import at
from tests.fakes.hand_clock import HandClock


async def test_lines_join_the_book_and_what_is_used(database_file: Path) -> None:
    async def used() -> Mapping[str, int]:
        return {"day_count": 3}

    database = await open_database(f"sqlite:///{database_file}", migrate=False)
    book = LimitBook(RiskLimits(), SqlLedger(database), HandClock(at(10)))
    await book.load()
    desk = LimitDesk(book, used)
    answer = await desk.tighten("day_count", 4, actor="11")
    lines = {line.name: line for line in await desk.lines()}
    await database.close()
    assert answer.outcome is LimitOutcome.TIGHTENED
    assert list(lines) == list(LIMIT_TERMS)
    line = lines["day_count"]
    assert (line.hard, line.in_force, line.next_start, line.used, line.left) == (10, 4, 4, 3, 1)
    # What nobody counted is not called unused.
    assert (lines["capital_won"].used, lines["capital_won"].left) == (None, None)
