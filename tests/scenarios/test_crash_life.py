"""A rotating share of the crash points; `make prove` runs them all (tests/prove/crash_points.py)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.services.orders import approving
from core.services.orders.resolving import Resolver
from tests.prove.catalogue import PROOFS
from tests.prove.crash_points import CrashPoints, opened_theatre, played
from tests.scenarios.crash_broker import RECEIVED
from tests.scenarios.crash_fence import AFTER, BEFORE, Fence
from tests.scenarios.crash_life import BROKERS, Play, points
from tests.scenarios.crash_stop import StopPlay

pytestmark = pytest.mark.untraced

KINDS = [item for item in PROOFS if isinstance(item, CrashPoints)]


@pytest.mark.slow
@pytest.mark.parametrize("proof", KINDS, ids=lambda proof: proof.name)
def test_a_share_of_all_points(proof):
    # Points a day: where a wire or a watchtower is between, a point takes twice as long.
    share = 40 if proof.name == "crash_points" else 8
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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("grant_stops", "stops: [(<StandingState.OFFERED"),
        ("use_stops", "stops: [(<StandingState.GRANTED"),
    ],
)
def test_a_stop_that_is_not_granted_or_not_used_up_is_seen(broken, said, monkeypatch):
    async def nothing(tx, stops, ticket_or_click, now):
        """Write nothing down."""

    monkeypatch.setattr(approving, broken, nothing)
    with asyncio.Runner() as runner, opened_theatre(runner) as theatre:
        _, faults = played(runner, StopPlay(theatre, Fence(), RECEIVED))
    assert any(said in fault for fault in faults), faults


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
