"""A metered model as the wiring builds it, with what it told and a budget of one's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from core.domain.model_calls import ModelBudget, TokenPrice
from core.errors import ModelFault
from core.ports.clock import Clock, Identifiers
from core.ports.model import ModelClient
from core.ports.model_calls import ModelCallArchive
from core.runtime.metered_model import MeteredModel, ModelTerms
from tests.fakes.session_desk import CountingIdentifiers, FixedClock

PLENTY = ModelBudget(user_won=100_000, day_won=100_000)
PRICE = TokenPrice(input_won=1_900, output_won=15_000)


@dataclass
class RestsTold:
    """Notes when the model was left alone."""

    told: list[tuple[ModelFault, datetime]] = field(default_factory=list)

    async def __call__(self, fault: ModelFault, until: datetime) -> None:
        self.told.append((fault, until))


def metered(
    client: ModelClient,
    archive: ModelCallArchive,
    *,
    clock: Clock | None = None,
    budget: ModelBudget = PLENTY,
    told: RestsTold | None = None,
    identifiers: Identifiers | None = None,
) -> MeteredModel:
    terms = ModelTerms(budget=budget, price=PRICE, flash_price=PRICE, reply_tokens=4_096)
    return MeteredModel(
        client,
        archive,
        clock or FixedClock(),
        identifiers or CountingIdentifiers(),
        terms,
        told or RestsTold(),
    )
