"""A rotating share of the crash points; `make prove` runs them all (tests/prove/crash_points.py)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.services.orders.resolving import Resolver
from tests.prove.catalogue import PROOFS
from tests.prove.crash_points import CrashPoints, opened_theatre, played
from tests.scenarios.crash_broker import RECEIVED
from tests.scenarios.crash_fence import AFTER, BEFORE, Fence
from tests.scenarios.crash_life import AT_THE_PORT, BROKERS, Play, points

pytestmark = pytest.mark.untraced

# Points a day: where a wire is between, a point takes twice as long.
SHARES = {broker: 40 if broker == AT_THE_PORT else 8 for broker in BROKERS}


@pytest.mark.slow
@pytest.mark.parametrize("broker", BROKERS)
def test_a_share_of_all_points(broker):
    (proof,) = (item for item in PROOFS if isinstance(item, CrashPoints) and item.broker == broker)
    share = SHARES[broker]
    seed = datetime.now(UTC).toordinal() * share
    outcome = replace(proof, share=share).run(seed, 0.0)
    assert outcome.failures == (), f"python -m tests.prove --only {proof.name} --seed {seed}"
    assert outcome.units == share


@pytest.mark.slow
@pytest.mark.parametrize("broker", BROKERS)
def test_an_order_that_nobody_takes_back_after_a_crash_is_seen(broker, monkeypatch):
    async def nobody(self, tx, order, rows, day):
        """Recognise nothing."""

    monkeypatch.setattr(Resolver, "_judge", nobody)
    with asyncio.Runner() as runner, opened_theatre(runner) as theatre:
        play, faults = played(runner, Play(theatre, Fence(), RECEIVED, broker))
        assert faults == []
        at = play.fence.names.index("net answer order") + 1
        _, faults = played(runner, Play(theatre, Fence(at, BEFORE), RECEIVED, broker))
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
