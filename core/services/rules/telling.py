"""A rule told to people: in one line, in full, and what it would have done on a day."""

from __future__ import annotations

from collections.abc import Iterable

from core.domain.rule_facts import FACT_TERMS
from core.domain.rules import Judgement, Rule, RuleMove, RuleOrigin, RuleState, missing_facts
from core.ports.phrases import Phrases
from core.services.rules.desk import Switched, Trial
from core.services.rules.evidence_words import left_words
from core.services.rules.wording import falsifier_words, rule_words, value_lines

# The ended and the refused are found by their id; a list of what counts has no room for them.
_LISTED = frozenset({RuleState.ACTIVE, RuleState.DISABLED, RuleState.PROPOSED})


def listed(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules that a list shows."""
    return tuple(rule for rule in rules if rule.state in _LISTED)


def summary(rule: Rule, phrases: Phrases) -> str:
    """Return a rule in one line: id, state, and what it does when."""
    return phrases.say(
        "rules.summary",
        id=rule.rule_id,
        state=phrases.say(f"rules.state_{rule.state.value}"),
        line=rule_words(rule, phrases),
    )


def explained(rule: Rule, phrases: Phrases) -> tuple[str, ...]:
    """Return a rule in full, line by line; what it says of itself stands after what it does."""
    say, terms = phrases.say, rule.terms
    lines = [
        summary(rule, phrases),
        say(
            "rules.about",
            category=say(f"rules.category_{terms.category.value}"),
            priority=terms.priority,
            origin=say(f"rules.origin_{rule.origin.value}"),
        ),
        say("rules.since", version=rule.version, day=rule.since),
    ]
    if rule.origin is RuleOrigin.REFLECTION:
        lines.append(say("rules.model_words"))
    lines.append(say("rules.text", text=terms.text))
    lines.append(say("rules.rationale", rationale=terms.rationale))
    if rule.enforced_by:
        lines.append(say("rules.enforced", setting=rule.enforced_by))
    if terms.falsifier:
        words = falsifier_words(terms.falsifier, phrases)
        lines.append(say("rules.falsifier", falsifier=words))
    if terms.expires_on is not None:
        lines.append(say("rules.expires", day=terms.expires_on))
    return tuple(lines)


def tried(trial: Trial, name: str, phrases: Phrases) -> tuple[str, ...]:
    """Return what a rule would have done to `name` on the day, then what it looked at."""
    rule, say = trial.rule, phrases.say
    first = say(
        _trial_key(trial),
        id=rule.rule_id,
        name=name,
        day=trial.day,
        action=say(f"rules.action_{rule.terms.action.value}"),
    )
    return (first, *value_lines(rule.terms.condition, trial.values, phrases))


def _trial_key(trial: Trial) -> str:
    if trial.found is not Judgement.UNKNOWN:
        return f"rules.test_{trial.found.value}"
    missing = missing_facts(trial.rule.terms.condition, trial.values)
    if any(FACT_TERMS[fact].source != "bars" for fact in missing):
        # The order or the holding tells it, and here is neither.
        return "rules.test_depends"
    return f"rules.test_unknown_{trial.rule.terms.action.use.value}"


def switched(rule_id: str, found: Switched, rules: Iterable[Rule], phrases: Phrases) -> str:
    """Return what came of a wish to switch a rule; `rules` as they stand afterwards.

    Of one that went on, with what is left of purchases and holdings.
    """
    answer = found.answer
    if not isinstance(answer, RuleMove):
        why = " ".join(phrases.say(f"rules.gate_{fault.value}") for fault in answer)
        return phrases.say("rules.not_switched", id=rule_id, why=why)
    state = next((rule.state for rule in rules if rule.rule_id == rule_id), None)
    named = "" if state is None else phrases.say(f"rules.state_{state.value}")
    said = phrases.say(f"rules.moved_{answer.value}", id=rule_id, state=named)
    return " ".join((said, *left_words(found, phrases)))
