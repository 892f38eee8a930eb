"""Every request is told once when its turn comes, and once when it ends."""

from __future__ import annotations

from datetime import datetime

import pytest

from core.domain.krx import KST
from core.errors import BrokerUnavailable, BrokerUnreachable, RateLimited
from core.ports.meters import Unmeasured
from core.runtime.metered_limiter import MeteredLimiter
from core.runtime.rate_limiter import Lane, Pace
from tests.fakes.hand_clock import HandClock

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=KST)


class Meter(Unmeasured):
    def __init__(self):
        self.waits, self.ends = [], []

    def waited(self, lane, seconds):
        assert seconds >= 0
        self.waits.append(lane)

    def took(self, lane, seconds, *, answered):
        assert seconds >= 0
        self.ends.append((lane, answered))


@pytest.fixture
def meter():
    return Meter()


@pytest.fixture
def limiter(meter):
    pace = Pace(start=3, ceiling=3, ledger_start=3, ledger_ceiling=3, timeout_seconds=5)
    return MeteredLimiter(HandClock(NOW), pace, meter)


async def test_an_answer_and_a_silence_are_told_apart(limiter, meter):
    async with limiter.slot(Lane.QUOTE, ledger=False):
        pass
    with pytest.raises(BrokerUnavailable):
        async with limiter.slot(Lane.ORDER, ledger=True):
            raise BrokerUnavailable("silence")
    assert meter.waits == ["QUOTE", "ORDER"]
    assert meter.ends == [("QUOTE", True), ("ORDER", False)]


async def test_what_was_never_sent_took_no_time(limiter, meter):
    with pytest.raises(BrokerUnreachable):
        async with limiter.slot(Lane.QUOTE, ledger=False):
            raise BrokerUnreachable("refused")
    assert (meter.waits, meter.ends) == (["QUOTE"], [])


async def test_each_page_of_a_call_is_a_request(limiter, meter):
    async with limiter.slot(Lane.RESOLVE, ledger=True) as slot:
        await slot.next_request()
        await slot.next_request()
    assert meter.waits == ["RESOLVE"] * 3
    assert meter.ends == [("RESOLVE", True)] * 3
    # Nothing is remembered of requests that have ended.
    assert limiter._left == {}


async def test_who_gives_up_waiting_is_not_told(limiter, meter):
    async with limiter.slot(Lane.QUOTE, ledger=False) as slot:
        for _ in range(2):
            await slot.next_request()
        with pytest.raises(RateLimited):
            async with limiter.slot(Lane.QUOTE, ledger=False, wait_seconds_max=0):
                raise AssertionError("there was no room")
    assert meter.waits == ["QUOTE"] * 3
    assert limiter._left == {}
