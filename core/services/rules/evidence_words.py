"""What the past says of a rule, told to people: the figures, how many they rest on, and what is not known."""

from __future__ import annotations

from collections.abc import Iterator

from core.domain.rule_evidence import (
    OUTCOMES_MIN,
    HalfYear,
    Missing,
    RecordFigures,
    ReplayFigures,
    RuleEvidence,
)
from core.domain.rule_held import Held
from core.domain.rule_proposals import Decided, ProposalKind
from core.domain.rule_reach import PURCHASES_MIN, Reach
from core.ports.phrases import Phrases
from core.services.rules.desk import Switched


def evidence_lines(evidence: RuleEvidence, phrases: Phrases) -> tuple[str, ...]:
    """Return the evidence line by line, the verdict first."""
    return (
        phrases.say(f"rules.verdict_{_verdict(evidence)}", least=OUTCOMES_MIN),
        *_records(evidence.records, phrases),
        *_replay(evidence.replay, phrases),
    )


def reach_lines(evidence: RuleEvidence, kind: ProposalKind, phrases: Phrases) -> Iterator[str]:
    """Yield how far the rule reaches; nothing of evidence from before that was counted.

    Of a rule that is to end, what comes back.
    """
    reach, replay = evidence.reach, evidence.replay
    held = replay if isinstance(replay, Missing) else replay.held
    if kind is ProposalKind.RETIRE:
        if reach is not None:
            key = f"rules.reach_ends_{reach.basis.value}"
            yield phrases.say(key, now=reach.left_percent, then=reach.before_percent)
        return
    if reach is not None:
        yield reach_words(reach, phrases)
    # Why there is none is told with the other figures of the replay.
    if isinstance(held, Held):
        yield held_words(held, phrases)


def reach_words(reach: Reach, phrases: Phrases) -> str:
    """Return what the rule leaves of the purchases beside those that stand, a warning first."""
    said = phrases.say(
        f"rules.reach_{reach.basis.value}",
        first=reach.first_day,
        last=reach.last_day,
        least=PURCHASES_MIN,
        purchases=reach.purchases,
        stopped=reach.stopped,
        smaller=reach.smaller,
        left=reach.left_percent,
        before=reach.before_percent,
    )
    if reach.recent_percent is not None:
        recent = phrases.say(
            "rules.reach_recent",
            left=reach.recent_percent,
            before=reach.recent_before_percent,
        )
        said = f"{said} {recent}"
    return f"{phrases.say('rules.reach_heavy')} {said}" if reach.is_heavy else said


def held_words(held: Held | Missing, phrases: Phrases) -> str:
    """Return what stays held under all the rules against none, a warning first."""
    if isinstance(held, Missing):
        return phrases.say("rules.held_unknown", why=_missing(held, phrases))
    whole, recent = held.whole, held.recent
    said = phrases.say(
        "rules.held",
        bare=round(whole.bare_bps / 100),
        before=round(whole.before_bps / 100),
        after=round(whole.after_bps / 100),
    )
    if recent is not None:
        said = f"{said} " + phrases.say(
            "rules.held_recent",
            bare=round(recent.bare_bps / 100),
            before=round(recent.before_bps / 100),
            after=round(recent.after_bps / 100),
        )
    return f"{phrases.say('rules.held_heavy')} {said}" if held.is_heavy else said


def left_words(done: Decided | Switched, phrases: Phrases) -> Iterator[str]:
    """Yield what is left now that a rule begins to be kept: of the purchases, and of what is held."""
    if done.reach is not None:
        yield reach_words(done.reach, phrases)
    if done.held is not None:
        yield held_words(done.held, phrases)


def _verdict(evidence: RuleEvidence) -> str:
    if evidence.is_short:
        return "short"
    return "for" if evidence.speaks_for_it else "against"


def _records(part: RecordFigures | Missing, phrases: Phrases) -> Iterator[str]:
    say = phrases.say
    if isinstance(part, Missing):
        yield say("rules.no_records_part", why=_missing(part, phrases))
        return
    yield say(
        "rules.records",
        first=part.first_day,
        last=part.last_day,
        purchases=part.purchases,
        acted=part.outcomes,
        without=part.without_won,
        with_it=part.with_won,
        difference=part.with_won - part.without_won,
    )
    yield _acted(part, phrases)
    if part.rest_mean_30_bps is not None:
        yield say("rules.records_rest", mean=_percent(part.rest_mean_30_bps))
    if part.unknown:
        yield say("rules.records_unknown", count=part.unknown)


def _replay(part: ReplayFigures | Missing, phrases: Phrases) -> Iterator[str]:
    say = phrases.say
    if isinstance(part, Missing):
        yield say("rules.no_replay_part", why=_missing(part, phrases))
        return
    yield say(
        "rules.replay",
        first=part.first_day,
        last=part.last_day,
        without=_percent(part.without_bps),
        with_it=_percent(part.with_bps),
        difference=_percent(part.with_bps - part.without_bps),
    )
    yield say(
        "rules.replay_way",
        down_without=_percent(part.drawdown_without_bps),
        down_with=_percent(part.drawdown_with_bps),
        orders_without=part.orders_without,
        orders_with=part.orders_with,
    )
    yield _acted(part, phrases)
    if part.unknown:
        yield say("rules.replay_unknown", count=part.unknown)
    # In the others nothing was held either way, and there is nothing to tell of them.
    held = [item for item in part.windows if item.without_bps or item.with_bps]
    if held:
        yield say(
            "rules.windows",
            count=len(held),
            improved=part.improved,
            worsened=part.worsened,
            each=" · ".join(_window(item) for item in held),
        )


def _acted(part: RecordFigures | ReplayFigures, phrases: Phrases) -> str:
    """Return what became of what the rule acted on."""
    if part.acted_mean_30_bps is None:
        return phrases.say("rules.acted_none")
    week = part.acted_mean_7_bps
    return phrases.say(
        "rules.acted",
        count=part.outcomes,
        week=phrases.say("rules.unknown") if week is None else _percent(week),
        month=_percent(part.acted_mean_30_bps),
        rose=part.acted_rose_percent,
    )


def _missing(part: Missing, phrases: Phrases) -> str:
    facts = ", ".join(phrases.say(f"rules.fact_{fact.value}") for fact in part.facts)
    return phrases.say(f"rules.unshown_{part.why.value}", facts=facts)


def _window(item: HalfYear) -> str:
    return f"{item.name} {_percent(item.without_bps)}→{_percent(item.with_bps)}"


def _percent(bps: int) -> str:
    return f"{bps / 100:+.2f}%"
