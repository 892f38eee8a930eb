"""The principles of the user's document as rules, made from the settings that enforce them.

Four of the five are enforced by others already: the guard, a breaker, the exit policy. Their rules
take their numbers from the same settings and are only shown, so that there is one truth. The
volume rule has no other home; it ships switched off (docs/rules.md says why).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from core.domain.risk import RiskLimits
from core.domain.rule_facts import FACT_TERMS, Fact
from core.domain.rules import (
    Comparison,
    Rule,
    RuleAction,
    RuleCategory,
    RuleOperator,
    RuleOrigin,
    RuleState,
    RuleTerms,
)
from core.ports.phrases import Phrases
from core.services.rules.wording import amount
from core.strategy.parameters import Parameters

SHIPPED_SINCE = date(2026, 11, 27)
VOLUME_PERCENT = 150


def shipped_rules(
    phrases: Phrases, limits: RiskLimits, parameters: Parameters, day_loss_percent: Decimal
) -> tuple[Rule, ...]:
    """Return S1 to S5: position cap, day's loss, volume, stop, half out.

    `limits` are the guard's, `day_loss_percent` is the breaker's.
    """
    kinds, actions, more, least = RuleCategory, RuleAction, RuleOperator.MORE, RuleOperator.AT_LEAST
    tight = limits.position_cap(limits.capital_won).tight_percent * 100
    loss = int(day_loss_percent * 100)
    stop, half = parameters.stop_loss_percent * 100, parameters.take_profit_percent * 100
    rows = (
        (
            kinds.POSITION_SIZING,
            Comparison(Fact.WEIGHT_AFTER_BPS, more, tight),
            actions.SHRINK_TO_FIT,
            "POSITION_LIMIT_TIGHT_PERCENT",
        ),
        (
            kinds.RISK_MANAGEMENT,
            Comparison(Fact.DAY_LOSS_BPS, least, loss),
            actions.BLOCK_ENTRY,
            "DAY_LOSS_LIMIT_PERCENT",
        ),
        (
            kinds.ENTRY_CRITERIA,
            Comparison(Fact.VOLUME_PERCENT, RuleOperator.LESS, VOLUME_PERCENT),
            actions.BLOCK_ENTRY,
            "",
        ),
        (
            kinds.EXIT_CRITERIA,
            Comparison(Fact.GAIN_BPS, RuleOperator.AT_MOST, stop),
            actions.PROPOSE_EXIT,
            "strategy.toml stop_loss_percent",
        ),
        (
            kinds.EXIT_CRITERIA,
            Comparison(Fact.GAIN_BPS, least, half),
            actions.PROPOSE_HALF_EXIT,
            "strategy.toml take_profit_percent",
        ),
    )
    return tuple(_rule(phrases, number, *row) for number, row in enumerate(rows, start=1))


def _rule(
    phrases: Phrases,
    number: int,
    category: RuleCategory,
    item: Comparison[Fact],
    action: RuleAction,
    enforced_by: str,
) -> Rule:
    # A loss is a number below zero, and "loses 7%" in words.
    number_said = amount(abs(item.number), FACT_TERMS[item.fact].unit, phrases)
    return Rule(
        rule_id=f"{RuleOrigin.SHIPPED.letter}{number}",
        version=1,
        terms=RuleTerms(
            category=category,
            text=phrases.say(f"rules.shipped_{number}", number=number_said),
            condition=(item,),
            action=action,
            priority=9,
            rationale=phrases.say(f"rules.shipped_why_{number}"),
            falsifier=(),
            expires_on=None,
        ),
        origin=RuleOrigin.SHIPPED,
        state=RuleState.ACTIVE if enforced_by else RuleState.DISABLED,
        since=SHIPPED_SINCE,
        enforced_by=enforced_by,
    )
