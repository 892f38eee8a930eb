"""What the language model has cost, and which calls led to what: for /report cost and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.domain.krx import KST
from core.domain.model_calls import ModelBudget, ModelCall, ModelCosts, TokenPrice
from core.ports.clock import Clock
from core.ports.model_calls import ModelCallReader


class RestingModel(Protocol):
    """What is asked of the metered model (core.runtime.metered_model)."""

    @property
    def name(self) -> str:
        """Name of the model."""

    @property
    def resting_until(self) -> datetime | None:
        """Until when the model is not asked (safe mode), or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelBooks:
    """Implements the chat's ModelReader. `model` is None when there is no key."""

    archive: ModelCallReader
    clock: Clock
    budget: ModelBudget
    price: TokenPrice
    flash_price: TokenPrice
    model: RestingModel | None

    async def costs(self) -> ModelCosts:
        """Read what today and this month (KST) have cost."""
        day = self.clock.now().astimezone(KST).date()
        return ModelCosts(
            day=day,
            today=await self.archive.usage(day, day),
            month=await self.archive.usage(day.replace(day=1), day),
            budget=self.budget,
            price=self.price,
            flash_price=self.flash_price,
            model=self.model.name if self.model else "",
            resting_until=self.model.resting_until if self.model else None,
        )

    async def calls_about(self, subject: str) -> tuple[ModelCall, ...]:
        """Return the calls that led to a ticket or order, or the one call of that id."""
        return await calls_about(self.archive, subject)


async def calls_about(archive: ModelCallReader, subject: str) -> tuple[ModelCall, ...]:
    """Return the calls that led to a ticket or order, or the one call of that id."""
    found = await archive.calls_of_ticket(subject.partition("-")[0])
    if found:
        return found
    one = await archive.call(subject)
    return (one,) if one else ()
