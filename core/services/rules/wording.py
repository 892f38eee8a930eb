"""Rules in words, made from what they compare: what a rule says of itself is shown beside, not instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from core.domain.rule_facts import FACT_TERMS, MEASURED_TERMS, Fact, Measured
from core.domain.rules import Comparison, Rule
from core.ports.phrases import Phrases


def condition_words(condition: Iterable[Comparison[Fact]], phrases: Phrases) -> str:
    """Return a condition in a sentence, from its facts, operators and numbers alone."""
    return _joined(
        (
            phrases.say(
                f"rules.is_{item.operator.name.lower()}",
                fact=phrases.say(f"rules.fact_{item.fact.value}"),
                number=amount(item.number, FACT_TERMS[item.fact].unit, phrases),
            )
            for item in condition
        ),
        phrases,
    )


def falsifier_words(falsifier: Iterable[Comparison[Measured]], phrases: Phrases) -> str:
    """Return what would show a rule wrong in a sentence; "" where nothing is said."""
    return _joined(
        (
            phrases.say(
                f"rules.is_{item.operator.name.lower()}",
                fact=phrases.say(f"rules.fact_{item.fact.value}"),
                number=amount(item.number, MEASURED_TERMS[item.fact].unit, phrases),
            )
            for item in falsifier
        ),
        phrases,
    )


def rule_words(rule: Rule, phrases: Phrases) -> str:
    """Return what a rule does and when, in one sentence."""
    return phrases.say(
        "rules.line",
        condition=condition_words(rule.terms.condition, phrases),
        action=phrases.say(f"rules.action_{rule.terms.action.value}"),
    )


def amount(number: int, unit: str, phrases: Phrases) -> str:
    """Return a number of a fact with its unit; basis points as percent."""
    if unit == "bps":
        whole = f"{number / 100:.2f}".rstrip("0").rstrip(".")
        return phrases.say("rules.unit_percent", number=whole)
    return phrases.say(f"rules.unit_{unit}", number=f"{number:,}")


def value_lines(
    condition: Iterable[Comparison[Fact]],
    values: Mapping[Fact, int | None],
    phrases: Phrases,
) -> tuple[str, ...]:
    """Return each fact of a condition with its value, or that it is not known."""
    lines = []
    for fact in dict.fromkeys(item.fact for item in condition):
        value = values.get(fact)
        said = (
            phrases.say("rules.unknown")
            if value is None
            else amount(value, FACT_TERMS[fact].unit, phrases)
        )
        lines.append(
            phrases.say("rules.value", fact=phrases.say(f"rules.fact_{fact.value}"), value=said)
        )
    return tuple(lines)


def _joined(parts: Iterable[str], phrases: Phrases) -> str:
    return phrases.say("rules.and").join(parts)
