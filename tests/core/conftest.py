"""What several folders here stand in front of: the loopback model."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sandbox.model.server import Running
from tests.fakes.model_kit import loopback_model


@pytest.fixture
async def endpoint() -> AsyncIterator[Running]:
    async with loopback_model() as running:
        yield running
