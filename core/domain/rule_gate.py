"""Whether a new rule may be taken on: tighter than what stands, and not one more than can be read.

Pure: the same answer for a person's rule and for a model's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from core.domain.rule_facts import FACT_TERMS, Fact
from core.domain.rule_held import Held
from core.domain.rule_reach import Situation, reach_of
from core.domain.rule_reading import bounds_of
from core.domain.rule_trying import tried_rule
from core.domain.rules import Comparison, Rule, RuleAction, RuleTerms

# Rules beside the shipped ones that may be active at once. A person has to be able to read them.
RULES_MAX = 12
# A profit or loss nearer to zero than this is noise of a day, not a reason to sell.
GAIN_BPS_MIN = 100


class GateFault(Enum):
    """Why a rule is not taken on. The locale files hold a sentence per member (``rules.gate_…``)."""

    NOT_TIGHTER = "not_tighter"
    ADDS_NOTHING = "adds_nothing"
    BLOCKS_ALL = "blocks_all"
    HOLDS_NOTHING = "holds_nothing"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingBounds:
    """What the settings enforce already; a rule has to be tighter.

    `stop_bps` is below zero. `weight_bps` is the wide position cap, `order_won` the most of one
    order.
    """

    stop_bps: int
    weight_bps: int
    order_won: int


def gate_faults(
    terms: RuleTerms,
    active: Iterable[Rule],
    bounds: StandingBounds,
    past: Sequence[Situation] = (),
    held: Held | None = None,
) -> tuple[GateFault, ...]:
    """Return why a rule of `terms` may not stand beside the `active` ones; empty lets it.

    `past` are the purchases that were measured; without them the usual ranges are looked at. `held`
    is what the same rules leave of what is held, None where that was not counted.
    """
    standing = [rule for rule in active if rule.is_obeyed]
    obeyed = [rule.terms for rule in standing]
    found = []
    if not all(_is_tighter(item, terms.action, bounds) for item in terms.condition):
        found.append(GateFault.NOT_TIGHTER)
    if any(_covers(other, terms) for other in obeyed):
        found.append(GateFault.ADDS_NOTHING)
    if reach_of(tried_rule(terms), standing, past).stops_trading:
        found.append(GateFault.BLOCKS_ALL)
    if held is not None and held.stops_holding:
        found.append(GateFault.HOLDS_NOTHING)
    if len(obeyed) >= RULES_MAX:
        found.append(GateFault.TOO_MANY)
    return tuple(found)


def _is_tighter(item: Comparison[Fact], action: RuleAction, bounds: StandingBounds) -> bool:
    """Whether a comparison asks for more than the settings do; other facts have no setting."""
    if item.fact is Fact.WEIGHT_AFTER_BPS:
        return item.number < bounds.weight_bps
    if item.fact is Fact.ORDER_AMOUNT_WON:
        return item.number < bounds.order_won
    if item.fact is Fact.GAIN_BPS and action is RuleAction.PROPOSE_EXIT:
        if item.operator.is_upward:
            return item.number >= GAIN_BPS_MIN
        return bounds.stop_bps < item.number <= -GAIN_BPS_MIN
    return True


def _covers(standing: RuleTerms, new: RuleTerms) -> bool:
    """Whether `standing` acts at least as strongly wherever `new` would act."""
    if not _is_as_strong(standing.action, new.action):
        return False
    return all(
        _within(_bounds(new, fact), _bounds(standing, fact))
        for fact in {item.fact for item in standing.condition}
    )


def _is_as_strong(standing: RuleAction, new: RuleAction) -> bool:
    if standing.use is not new.use:
        return False
    if standing in (new, RuleAction.BLOCK_ENTRY):
        return True
    return 0 < standing.percent < new.percent


def _bounds(terms: RuleTerms, fact: Fact) -> tuple[int, int]:
    term = FACT_TERMS[fact]
    return bounds_of(terms.condition, fact, term.lowest, term.highest)


def _within(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]
