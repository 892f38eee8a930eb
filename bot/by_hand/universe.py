"""`python -m bot data universe`: what a list of instruments says, and what to check in it."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot import locales
from bot.by_hand.loading import loaded
from bot.files.strategy import load_strategy
from bot.files.universe import Universe, read_universe
from bot.settings import data_dir
from core.ports.phrases import Phrases

_COLUMNS = ("symbol", "name", "asset_class", "multiple", "tax_type", "fee", "index")


def show(path: Path | None) -> bool:
    """Print the universe of `path`, or the one in force; return whether nothing is in doubt.

    Raises ConfigurationError with file, place and reason.
    """
    phrases = locales.load(loaded().locale)
    found = read_universe(path) if path else load_strategy(data_dir()).listed
    console = Console(highlight=False)
    console.print(_table(found, phrases))
    heading = phrases.say(
        "universe.heading",
        path=found.path,
        count=len(found.plain),
        excluded=len(found.excluded),
    )
    console.print(heading, markup=False, soft_wrap=True)
    if found.doubts:
        names = {item.symbol: item.name for item in found.instruments}
        console.print(phrases.say("universe.doubts", count=len(found.doubts)))
        for symbol, doubt in found.doubts:
            what = phrases.say(f"universe.doubt_{doubt.value}")
            line = phrases.say("universe.line", symbol=symbol, name=names[symbol], what=what)
            console.print(line, markup=False, soft_wrap=True)
    return not found.doubts


def _table(found: Universe, phrases: Phrases) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in _COLUMNS:
        table.add_column(
            phrases.say(f"universe.column_{name}"),
            justify="right" if name in {"multiple", "fee"} else "left",
            no_wrap=name in {"symbol", "multiple", "fee"},
            overflow="fold",
        )
    for item in found.instruments:
        left_out = "" if item.is_plain else f" ({phrases.say('universe.left_out')})"
        table.add_row(
            item.symbol,
            item.name,
            item.asset_class,
            f"{item.multiple}{left_out}",
            item.tax_type.value,
            f"{item.fee_bps / 100:.2f}%",
            item.index,
        )
    return table
