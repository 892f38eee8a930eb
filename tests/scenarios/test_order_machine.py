"""A short run of the machine; `make prove` runs it for longer. And the machine sees a defect."""

from __future__ import annotations

import pytest

from core.domain.orders import Unresolved
from core.services.orders.execution import Executor
from tests.prove.machine import Machine

pytestmark = pytest.mark.untraced


@pytest.mark.slow
def test_books_and_broker_agree_after_every_step():
    outcome = Machine(examples=12, steps=50).run(2026, 0.0)
    assert outcome.failures == ()
    assert outcome.passed == 12


@pytest.mark.slow
def test_a_second_post_after_silence_is_seen(monkeypatch):
    send = Executor._send

    async def twice(self, armed):
        noted = await send(self, armed)
        if noted.state.value == "UNKNOWN":
            outcome = await self._context.broker.place_order(armed.request)
            assert outcome != Unresolved(reason="")
        return noted

    monkeypatch.setattr(Executor, "_send", twice)
    (failure,) = Machine(examples=12, steps=50).run(2026, 0.0).failures
    assert "posted" in failure.text
