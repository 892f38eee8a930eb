"""A rotating share of the crash points; `make prove` runs them all (tests/prove/crash_points.py)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from core.services.orders.resolving import Resolver
from tests.prove.crash_points import CrashPoints, opened_theatre, played
from tests.scenarios.crash_life import AFTER, BEFORE, RECEIVED, Fence, points

pytestmark = pytest.mark.untraced

SHARE = 40


@pytest.mark.slow
def test_a_share_of_all_points():
    seed = datetime.now(UTC).toordinal() * SHARE
    outcome = CrashPoints(share=SHARE).run(seed, 0.0)
    assert outcome.failures == (), f"python -m tests.prove --only crash_points --seed {seed}"
    assert outcome.units == SHARE


@pytest.mark.slow
def test_an_order_that_nobody_takes_back_after_a_crash_is_seen(monkeypatch):
    async def nobody(self, tx, order, rows, day):
        """Recognise nothing."""

    monkeypatch.setattr(Resolver, "_judge", nobody)
    with asyncio.Runner() as runner, opened_theatre(runner) as theatre:
        play, faults = played(runner, theatre, Fence(), RECEIVED)
        assert faults == []
        at = play.fence.names.index("net answer order") + 1
        _, faults = played(runner, theatre, Fence(at, BEFORE), RECEIVED)
    assert any("is at the broker and in no book" in fault for fault in faults)


def test_what_counts_as_a_point():
    names = ["sql begin", "sql select", "sql insert", "sql commit", "net quote", "net send order"]
    assert points(names) == [
        (2, BEFORE),
        (3, BEFORE),
        (3, AFTER),
        (4, BEFORE),
        (4, AFTER),
        (5, BEFORE),
        (6, BEFORE),
        (6, AFTER),
    ]
