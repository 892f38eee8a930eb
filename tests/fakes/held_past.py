"""What stays held under rules that sell, reckoned over days of holding that a test draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from core.domain.rule_evidence import Missing, ReplayFigures, RuleEvidence
from core.domain.rule_facts import Fact
from core.domain.rule_held import Held, Invested
from core.domain.rule_trying import tried_rule
from core.domain.rules import RuleTerms, takes_effect
from tests.core.domain.rule_cases import comparison
from tests.core.domain.test_rule_evidence import RECORDS, REPLAY
from tests.fakes.set_past import SetPast

EXIT: dict[str, Any] = {"category": "exit_criteria", "action": "propose_exit"}
_OF_A_HOLDING = (Fact.GAIN_BPS, Fact.HOLDING_DAYS, Fact.RETURN_5_BPS, Fact.ATR_BPS)


class HeldDays:
    """Days on which the strategy would hold something, each with its facts: what rules leave of them."""

    def __init__(self, seed: int, count: int = 200) -> None:
        dice = Random(seed)
        self._days: list[dict[Fact, int | None]] = [
            {
                Fact.GAIN_BPS: dice.randrange(-1_000, 3_000),
                Fact.HOLDING_DAYS: dice.randrange(1, 200),
                Fact.RETURN_5_BPS: dice.randrange(-600, 600),
                Fact.ATR_BPS: dice.randrange(90, 350),
            }
            for _ in range(count)
        ]

    def bps(self, rules: Sequence[RuleTerms]) -> int:
        """Return the mean share that is held under `rules`."""
        tried = [tried_rule(one) for one in rules if one.action.value == "propose_exit"]
        held = sum(not any(takes_effect(rule, day) for rule in tried) for day in self._days)
        return 9_000 * held // len(self._days)

    def replay(self, tried: RuleTerms, standing: Sequence[RuleTerms]) -> ReplayFigures:
        """Return figures that speak for the rule, whatever it leaves."""
        whole = Invested(self.bps(()), self.bps(standing), self.bps((tried, *standing)))
        return replace(REPLAY, held=Held(whole))


@dataclass
class PastEvidence:
    """Evidence that the records bear out, with what `past` replays of the rules."""

    past: SetPast

    async def of(self, tried: RuleTerms, standing: Sequence[RuleTerms]) -> RuleEvidence:
        """Return it."""
        replay: ReplayFigures | Missing = await self.past.replay(tried, standing)
        return RuleEvidence(records=RECORDS, replay=replay)


def selling(seed: int, count: int = 12) -> list[dict[str, Any]]:
    """Return rules that each sell something, from little to everything."""
    dice = Random(seed)
    found = []
    for _ in range(count):
        fact = dice.choice(_OF_A_HOLDING)
        low, high = {
            Fact.GAIN_BPS: (100, 3_000),
            Fact.HOLDING_DAYS: (1, 200),
            Fact.RETURN_5_BPS: (-600, 600),
            Fact.ATR_BPS: (90, 350),
        }[fact]
        operator = ">=" if fact is Fact.GAIN_BPS else dice.choice([">=", "<="])
        found.append({"condition": [comparison(fact, operator, dice.randrange(low, high))], **EXIT})
    return found
