"""Violations as sentences: each names the limit, the value and the unit."""

from __future__ import annotations

from collections.abc import Sequence

from core.domain.risk import Violation
from core.ports.desk import MarketReader
from core.ports.phrases import Phrases


def explain(violations: Sequence[Violation], phrases: Phrases, market: MarketReader) -> str:
    """Return one line per violation, in the language of `phrases`."""
    return "\n".join(sentence(item, phrases, market) for item in violations)


def sentence(item: Violation, phrases: Phrases, market: MarketReader) -> str:
    """Return the sentence of one violation."""
    if item.note is not None:
        return phrases.say("risk.day_stopped", reason=item.note or "-")
    return phrases.say(
        f"risk.{item.rule.value}",
        symbol=_label(item.symbol, market),
        limit=_amount(item.limit, item.unit, phrases),
        value=_amount(item.value, item.unit, phrases),
        unit=item.unit,
    )


def _label(symbol: str, market: MarketReader) -> str:
    for instrument in market.instruments():
        if instrument.symbol == symbol:
            return f"{instrument.name}({symbol})"
    return symbol


def _amount(number: int | None, unit: str, phrases: Phrases) -> str:
    if number is None:
        return "-"
    return phrases.say(f"risk.unit_{unit}", number=number) if unit else f"{number:,}"
