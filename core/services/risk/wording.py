"""Violations as sentences: each names the limit, the value and the unit."""

from __future__ import annotations

from collections.abc import Sequence

from core.domain.instrument import Symbol, name_and_code
from core.domain.risk import Rule, Violation
from core.ports.desk import MarketReader
from core.ports.phrases import Phrases

# Where a reason means that a breaker is out.
_BREAKERS = frozenset({Rule.HALTED, Rule.REDUCE_ONLY})


def explain(violations: Sequence[Violation], phrases: Phrases, market: MarketReader) -> str:
    """Return one line per violation, in the language of `phrases`."""
    return "\n".join(sentence(item, phrases, market) for item in violations)


def sentence(item: Violation, phrases: Phrases, market: MarketReader) -> str:
    """Return the sentence of one violation."""
    if item.note is not None:
        return phrases.say("risk.day_stopped", reason=item.note or "-")
    if item.because and item.rule in _BREAKERS:
        return phrases.say(f"risk.tripped_{item.rule.value}", because=item.because)
    if item.because and item.rule is Rule.OBSERVE_ONLY:
        return phrases.say("risk.observe_locked", because=item.because)
    return phrases.say(
        f"risk.{item.rule.value}",
        symbol=name_and_code(item.symbol, market.instrument(Symbol(item.symbol))),
        limit=_amount(item.limit, item.unit, phrases),
        value=_amount(item.value, item.unit, phrases),
        unit=item.unit,
        percent="-" if item.percent is None else item.percent,
        because=_because(item, phrases),
    )


def _because(item: Violation, phrases: Phrases) -> str:
    if item.rule is not Rule.INSTRUMENT_DESIGNATED:
        return item.because
    names = (name for name in item.because.split(",") if name)
    return ", ".join(phrases.say(f"risk.designated_{name}") for name in names)


def _amount(number: int | None, unit: str, phrases: Phrases) -> str:
    if number is None:
        return "-"
    return phrases.say(f"risk.unit_{unit}", number=number) if unit else f"{number:,}"
