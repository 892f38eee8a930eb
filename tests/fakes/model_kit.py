"""The loopback model, and a metered one as the wiring builds it, with a budget of one's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from core.domain.model_calls import ModelBudget, TokenPrice
from core.errors import ModelFault
from core.ports.clock import Clock, Identifiers
from core.ports.model import ModelClient
from core.ports.model_calls import ModelCallArchive
from core.runtime.metered_model import MeteredModel, ModelTerms
from sandbox.model.server import Running, serve
from tests.fakes.session_desk import CountingIdentifiers, FixedClock

PLENTY = ModelBudget(user_won=100_000, day_won=100_000)
PRICE = TokenPrice(input_won=1_900, output_won=15_000)


@asynccontextmanager
async def loopback_model() -> AsyncIterator[Running]:
    running = await serve(None, "127.0.0.1", 0)
    try:
        yield running
    finally:
        await running.close()


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
