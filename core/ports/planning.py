"""Who looks at the strategy's plan before it is proposed, and where both plans are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from core.domain.plan import TradingPlan
from core.domain.plan_review import PlanRecord, PlanReview, ReviewState
from core.errors import ModelFault


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMaterial:
    """What a planner is shown: the plan, and untrusted text by kind (portfolio, market, news …)."""

    plan: TradingPlan
    sections: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannerReply:
    """What came of asking. `review` is None where it failed, and `fault` says of what.

    `prompt_hash` is the SHA-256 of the decision prompt in force, in hex; empty where it is unreadable.
    """

    state: ReviewState
    review: PlanReview | None = None
    fault: ModelFault | None = None
    call_id: str = ""
    prompt_hash: str = ""


class Planner(Protocol):
    """Looks at a plan. Whatever it says is bounded by `core.domain.plan_review` afterwards."""

    @property
    def name(self) -> str:
        """Name of the planner, for the record."""

    async def review(self, material: PlanMaterial) -> PlannerReply:
        """Return an opinion on the plan. Never raises for a model that fails: that is a reply."""


class PlanArchive(Protocol):
    """The plan of each day, with and without the model."""

    async def save_plan(self, record: PlanRecord) -> None:
        """Store the plan of a day, in place of an earlier one of that day."""

    async def plan_of(self, day: date) -> PlanRecord | None:
        """Return the plan of a day."""

    async def link_plan(self, day: date, ticket_id: str) -> None:
        """Note which ticket the plan of a day became."""
