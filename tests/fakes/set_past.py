"""The past as a test sets it (core.ports.adoption.PastMarket)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from core.domain.bootstrap import split_mix
from core.domain.rule_evidence import Missing, ReplayFigures, Unshown
from core.domain.rule_facts import Fact
from core.domain.rule_reach import Situation
from core.domain.rule_usual import USUAL_RANGES
from core.domain.rules import RuleTerms

FIRST_DAY = date(2021, 1, 29)


_UNMEASURED = Missing(Unshown.NO_BARS)


@dataclass
class SetPast:
    """Answers with `found` and with what `replays` makes of the rules; notes what it was asked.

    `meanwhile` happens while it replays.
    """

    found: tuple[Situation, ...] | Missing = _UNMEASURED
    replays: Callable[[RuleTerms, Sequence[RuleTerms]], ReplayFigures | Missing] | None = None
    meanwhile: Callable[[], Awaitable[object]] | None = None
    asked: int = 0
    replayed: list[tuple[RuleTerms, tuple[RuleTerms, ...]]] = field(default_factory=list)

    async def purchases(self) -> tuple[Situation, ...] | Missing:
        self.asked += 1
        return self.found

    async def replay(
        self, tried: RuleTerms, standing: Sequence[RuleTerms]
    ) -> ReplayFigures | Missing:
        self.replayed.append((tried, tuple(standing)))
        if self.meanwhile is not None:
            await self.meanwhile()
        return _UNMEASURED if self.replays is None else self.replays(tried, standing)


def bought(
    day: date = FIRST_DAY, *, shares: int = 10, price_won: int = 20_000, **known: int | None
) -> Situation:
    """Return a purchase of a fifth of a million won, of which `known` facts (by value) were known."""
    values = {fact.value: 100 for fact in Fact if fact.value not in _SIZES} | known
    return Situation(
        day=day,
        known={Fact(name): value for name, value in values.items()},
        shares=shares,
        price_won=price_won,
        worth_won=1_000_000,
        held_won=0,
        left_won=300_000,
    )


def seeded_past(seed: int, count: int = 60) -> tuple[Situation, ...]:
    """Return a purchase a month, of facts somewhere around what is usual, mostly of busy days."""
    dice = split_mix(seed)

    def near(low: int, _middle: int, high: int) -> int:
        wide = (high - low) // 4
        return low - wide + next(dice) % (high - low + 2 * wide + 1)

    return tuple(
        bought(
            FIRST_DAY + timedelta(days=30 * number),
            shares=1 + next(dice) % 20,
            price_won=5_000 + next(dice) % 50_000,
            **{
                fact.value: near(*span)
                for fact, span in USUAL_RANGES.items()
                if fact.value not in _SIZES
            }
            | {Fact.VOLUME_PERCENT.value: 50 + next(dice) % 350},
        )
        for number in range(count)
    )


_SIZES = frozenset({"order_amount_won", "weight_after_bps", "cash_after_bps"})
