"""Symbols as people type them: a code, a name, or initial consonants."""

from __future__ import annotations

from collections.abc import Collection

from discord import app_commands

from bot.chat.text import label
from core.domain.instrument import Symbol, symbol
from core.ports.desk import MarketReader

CHOICES_MAX = 25


def chosen_symbol(market: MarketReader, text: str) -> Symbol | None:
    """Return the symbol of the universe that `text` names best, or None."""
    try:
        known = market.instrument(symbol(text))
    except ValueError:
        known = None
    if known is not None:
        return known.symbol
    found = market.search(text, 1) if text.strip() else ()
    return found[0].symbol if found else None


def instrument_choices(
    market: MarketReader, current: str, among: Collection[Symbol] | None = None
) -> list[app_commands.Choice[str]]:
    """Return the choices for half-typed text, best first; `among` narrows them."""
    universe = market.instruments()
    found = market.search(current, len(universe)) if current.strip() else universe
    kept = [item for item in found if among is None or item.symbol in among]
    return [
        app_commands.Choice(name=label(f"{item.name} ({item.symbol})", 100), value=item.symbol)
        for item in kept[:CHOICES_MAX]
    ]
