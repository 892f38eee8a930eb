"""Reading a price file for a command: told in words where it cannot be used, and none of tomorrow's."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path

from bot.files.price_words import in_words
from core.domain.krx import KST
from core.ports.phrases import Phrases
from storage.price_files.price_file import PriceFile
from storage.price_files.reader import Progress, read_prices


def read_price_file(
    path: Path,
    phrases: Phrases,
    *,
    symbols: Collection[str] | None = None,
    end: date = date.max,
    progress: Progress | None = None,
) -> PriceFile:
    """Return the rows of `symbols` (None: of all) until `end`; rows of days to come are refused.

    Raises DataError in words when the file as a whole cannot be read.
    """
    with in_words(phrases):
        found = read_prices(path, symbols=symbols, end=end, progress=progress)
        newest = found.table.sessions()[-1:].tolist()
        # Nothing is newer than the file that holds it, so the clock is seldom asked. A file's own
        # time alone would not do: an archive may have set it to anything.
        if newest and newest[0] > written_at(path).toordinal():
            from core.runtime.clock import SystemClock  # late: a backtest starts without asyncio

            today = SystemClock().now().astimezone(KST).date()
            if newest[0] > today.toordinal():
                found = read_prices(path, symbols=symbols, end=end, today=today, progress=progress)
    return found


def written_at(path: Path) -> datetime:
    """Return when a file was last written: what it says was known no later than that."""
    return datetime.fromtimestamp(path.stat().st_mtime, tz=KST)
