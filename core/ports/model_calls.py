"""Where calls of the language model are written down."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from core.domain.model_calls import ModelBudget, ModelCall, UsageLine
from core.errors import ModelFault


class ModelCallReader(Protocol):
    """What /report why, /report cost and `python -m bot replay` read."""

    async def call(self, call_id: str) -> ModelCall | None:
        """Return one call."""

    async def calls_of_ticket(self, ticket_id: str) -> tuple[ModelCall, ...]:
        """Return the calls whose reply became the ticket, oldest first."""

    async def usage(self, first: date, last: date) -> tuple[UsageLine, ...]:
        """Return what the days cost, both ends included, the dearest line first."""


class CallLinks(Protocol):
    """Where it is noted what a call led to."""

    async def link_ticket(self, call_id: str, ticket_id: str) -> None:
        """Note which ticket the reply of a call became."""


class CallTexts(Protocol):
    """Where the texts of old calls are dropped."""

    async def drop_texts(self, before: date, limit: int) -> int:
        """Empty what was asked and answered in calls of the days before, and return of how many.

        At most `limit` at once. A call that became a ticket, or that looked at the plan of a day,
        is part of an order's story and stays whole; of the others what they cost stays.
        """


class ModelCallArchive(ModelCallReader, CallLinks, Protocol):
    """Stores calls and keeps their cost within the budget."""

    async def begin(self, call: ModelCall, budget: ModelBudget) -> ModelFault | None:
        """Store an open call with the most it may cost, or return which limit that would pass.

        Look and store are one transaction. Raises StorageError: then the call is not made.
        """

    async def finish(self, call: ModelCall) -> None:
        """Replace the stored call."""
