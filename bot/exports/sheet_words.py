"""Why a spreadsheet was not written, in the reader's words."""

from __future__ import annotations

from bot.exports.google_sheet import SheetFailed
from core.errors import TradingError
from core.flows.fault_words import fault_words
from core.ports.phrases import Phrases


def sheet_fault_words(phrases: Phrases, error: TradingError, writes_as: str) -> str:
    """Return a sentence that says what to do; `writes_as` is whom the spreadsheet is shared with."""
    if isinstance(error, SheetFailed):
        return phrases.say(f"sheets.fault_{error.fault.value}", address=writes_as)
    return fault_words(phrases, error)
