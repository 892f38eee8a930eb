"""`python -m bot rules propose, end, evidence, adopt, decline`: beside a running bot, which hears of it.

Whoever may run this on the machine of the bot is its owner. What is adopted counts in the running
bot before its next order is judged.
"""

from __future__ import annotations

from pathlib import Path

from bot.by_hand.rules import opened_rules
from bot.files.rules import read_rules
from core.domain.rule_proposals import Answer, CannotEnd
from core.domain.rule_reading import UnreadableRule
from core.domain.rules import RuleOrigin
from core.errors import DataError
from core.ports.phrases import Phrases
from core.runtime.clock import SystemClock
from core.services.rules.proposal_words import answered, proposal_lines

ACTOR = "console"


async def propose(path: Path) -> tuple[str, ...]:
    """Propose every rule of a file; return what was kept of each.

    Raises ConfigurationError for what is no such file, and DataError for the first rule that is
    none: those before it are kept.
    """
    told: list[str] = []
    written = read_rules(path)
    async with opened_rules(read_only=False) as stored:
        for number, content in enumerate(written, start=1):
            found = await stored.adoption.propose(
                content,
                origin=RuleOrigin.HAND,
                key=_key(number),
                actor=ACTOR,
            )
            if isinstance(found, UnreadableRule):
                raise DataError(_why(number, found, stored.phrases))
            told += proposal_lines(found, stored.phrases)
    return tuple(told)


async def propose_end(rule_id: str, because: str) -> tuple[str, ...]:
    """Propose to end a rule. Raises DataError for one that cannot be ended, or unusable words."""
    async with opened_rules(read_only=False) as stored:
        found = await stored.adoption.propose_end(
            rule_id,
            origin=RuleOrigin.HAND,
            key=_key(1),
            actor=ACTOR,
            reason=because,
        )
        say = stored.phrases.say
        if isinstance(found, CannotEnd):
            why = say(f"rules.moved_{found.why.value}", id=rule_id, state="")
            raise DataError(why)
        if isinstance(found, UnreadableRule):
            raise DataError(_problems(found, stored.phrases))
        return proposal_lines(found, stored.phrases)


async def evidence(proposal_id: str) -> tuple[str, ...]:
    """Return one proposal in full. Raises DataError for an id that no proposal has."""
    async with opened_rules() as stored:
        found = await stored.adoption.proposal(proposal_id)
        if found is None:
            raise DataError(stored.phrases.say("rules.unknown_proposal", id=proposal_id))
        return proposal_lines(found, stored.phrases)


async def decide(proposal_id: str, *, is_adopted: bool) -> str:
    """Adopt or decline; return what came of it. Raises DataError with why nothing did."""
    async with opened_rules(read_only=False) as stored:
        press = stored.adoption.adopt if is_adopted else stored.adoption.decline
        decided = await press(proposal_id, ACTOR)
        said = answered(decided, proposal_id, stored.phrases)
        if decided.answer not in (Answer.DONE, Answer.ALREADY):
            raise DataError(said)
        return said


def _key(number: int) -> str:
    """Return an occasion of its own: whoever types it again after a refusal means it."""
    return f"hand:{SystemClock().now().isoformat()}:{number}"


def _why(number: int, found: UnreadableRule, phrases: Phrases) -> str:
    return f"[[rule]] {number}: {_problems(found, phrases)}"


def _problems(found: UnreadableRule, phrases: Phrases) -> str:
    return "; ".join(
        f"{item.where}: {phrases.say(f'rules.fault_{item.fault.value}')}" for item in found.problems
    )
