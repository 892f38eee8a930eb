"""Who may be bought: from --symbols, or from a universe file (bot.files.universe)."""

from __future__ import annotations

from pathlib import Path

from bot.files import universe as universe_file
from bot.files.strategy import SEED_FILE
from core.domain.instrument import Instrument, Symbol, symbol
from core.errors import ConfigurationError
from core.ports.phrases import Phrases


def symbols_of(text: str, option: str, phrases: Phrases) -> tuple[Symbol, ...]:
    """Return the codes of a comma-separated list; lost leading zeros come back.

    Raises ConfigurationError, naming `option`, for what is no KRX code and for an empty list.
    """
    found: dict[Symbol, None] = {}
    for part in text.split(","):
        code = part.strip()
        if not code:
            continue
        try:
            found[symbol(code.zfill(6) if code.isdecimal() else code)] = None
        except ValueError:
            words = phrases.say("backtest.bad_code", option=option, found=code)
            raise ConfigurationError(words) from None
    if not found:
        raise ConfigurationError(phrases.say("backtest.no_code", option=option))
    return tuple(found)


def known_instruments() -> tuple[Instrument, ...]:
    """Return the universe that the bot ships with: what is known of well-known codes."""
    return read_universe(SEED_FILE)


def read_universe(path: Path) -> tuple[Instrument, ...]:
    """Return the instruments of a file, leveraged and inverse ones included.

    Raises ConfigurationError with file, place and reason.
    """
    return universe_file.read_universe(path).instruments
