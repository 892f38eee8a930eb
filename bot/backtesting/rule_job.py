"""What goes to the process that replays a rule: the rules by what decides, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from core.domain.rule_facts import Fact
from core.domain.rules import (
    CATEGORY_ACTIONS,
    Comparison,
    RuleAction,
    RuleOperator,
    RuleTerms,
)


class ComparedJob(BaseModel):
    """One comparison of a condition."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fact: Fact
    operator: RuleOperator
    number: int


class ToldRule(BaseModel):
    """One rule without its words, which decide nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    condition: tuple[ComparedJob, ...]
    action: RuleAction


class PastJob(BaseModel):
    """The wish for what the strategy would have bought without any rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    wants: Literal["purchases"] = "purchases"


class RuleJob(BaseModel):
    """The rule that is tried, and those that stand beside it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    wants: Literal["replay"] = "replay"

    tried: ToldRule
    standing: tuple[ToldRule, ...]


ANY_JOB: TypeAdapter[RuleJob | PastJob] = TypeAdapter(
    Annotated[RuleJob | PastJob, Field(discriminator="wants")]
)


def job_of(tried: RuleTerms, standing: Sequence[RuleTerms]) -> RuleJob:
    """Return what the replaying process has to know."""
    return RuleJob(tried=_told(tried), standing=tuple(_told(terms) for terms in standing))


def terms_of(told: ToldRule) -> RuleTerms:
    """Return terms that decide as those that were told."""
    return RuleTerms(
        category=next(kind for kind, fit in CATEGORY_ACTIONS.items() if told.action in fit),
        text="",
        condition=tuple(
            Comparison(item.fact, item.operator, item.number) for item in told.condition
        ),
        action=told.action,
        priority=1,
        rationale="",
        falsifier=(),
        expires_on=date.max,
    )


def _told(terms: RuleTerms) -> ToldRule:
    return ToldRule(
        condition=tuple(
            ComparedJob(fact=item.fact, operator=item.operator, number=item.number)
            for item in terms.condition
        ),
        action=terms.action,
    )
