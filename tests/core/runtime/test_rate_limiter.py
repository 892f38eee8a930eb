import asyncio
from datetime import datetime, timedelta

import pytest

from core.domain.krx import KST
from core.domain.modes import Mode
from core.errors import BrokerUnavailable, BrokerUnreachable, LedgerLimited, RateLimited
from core.runtime.clock import SteppedClock
from core.runtime.rate_limiter import Lane, Pace, RateLimiter, pace_for

START = datetime(2026, 11, 20, 9, 30, tzinfo=KST)


def pace(
    rate: int, *, ledger: int | None = None, ceiling: int | None = None, queue_max: int = 500
) -> Pace:
    ledger = ledger or rate
    return Pace(
        start=rate,
        ceiling=ceiling or rate,
        ledger_start=ledger,
        ledger_ceiling=ledger,
        timeout_seconds=7,
        queue_max=queue_max,
    )


@pytest.fixture
def clock():
    return SteppedClock(START, rate=0)


async def settle() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


def most_in_any_second(instants: list[datetime]) -> int:
    return max(
        sum(first <= other < first + timedelta(seconds=1) for other in instants)
        for first in instants
    )


@pytest.mark.parametrize("rate", [1, 3, 20])
async def test_no_sliding_second_holds_more_than_the_rate(rate):
    clock = SteppedClock(START, rate=50)
    limiter = RateLimiter(clock, pace(rate))
    hits = []

    async def call(number) -> None:
        async with limiter.slot(Lane.QUOTE, ledger=False):
            await clock.sleep(0.013 * (number % 4))  # the way there
            hits.append(clock.now())
            await clock.sleep(0.011 * (number % 3))  # the way back

    calls = rate * 4
    await asyncio.wait_for(asyncio.gather(*(call(number) for number in range(calls))), 30)
    assert len(hits) == calls
    assert most_in_any_second(hits) <= rate
    assert limiter.waiting == 0


async def test_lanes_go_first_and_nobody_overtakes_inside_one(clock):
    limiter = RateLimiter(clock, pace(1))
    went = []

    async def call(lane, name) -> None:
        async with limiter.slot(lane, ledger=lane is not Lane.QUOTE):
            went.append(name)

    async with limiter.slot(Lane.CHART, ledger=False):
        tasks = [
            asyncio.create_task(call(lane, name))
            for lane, name in (
                (Lane.CHART, "chart"),
                (Lane.QUOTE, "quote1"),
                (Lane.QUOTE, "quote2"),
                (Lane.ORDER, "order"),
                (Lane.RESOLVE, "resolve"),
                (Lane.CANCEL, "cancel"),
            )
        ]
        await settle()
    for second in range(1, 8):
        clock.set(START + timedelta(seconds=1.01 * second))
        await settle()
        assert len(went) == min(second, 6)
    await asyncio.gather(*tasks)
    assert went == ["cancel", "resolve", "order", "quote1", "quote2", "chart"]


async def test_ledger_calls_have_a_bucket_of_their_own(clock):
    limiter = RateLimiter(clock, pace(3, ledger=1))
    went = []

    async def call(name, *, ledger) -> None:
        async with limiter.slot(Lane.QUOTE, ledger=ledger):
            went.append(name)

    tasks = [asyncio.create_task(call("ledger", ledger=True)) for _ in range(3)]
    tasks.append(asyncio.create_task(call("quote", ledger=False)))
    await settle()
    assert went == ["ledger", "quote"]  # one slot is kept for the ledger call that waits
    clock.set(START + timedelta(seconds=1))
    await settle()
    assert went == ["ledger", "quote", "ledger"]
    clock.set(START + timedelta(seconds=2))
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("fault", [BrokerUnavailable("silence"), asyncio.CancelledError()])
async def test_a_request_without_an_answer_keeps_its_slot(clock, fault):
    limiter = RateLimiter(clock, pace(1))

    async def unanswered() -> None:
        async with limiter.slot(Lane.ORDER, ledger=False):
            clock.set(START + timedelta(seconds=2))
            raise fault

    with pytest.raises(type(fault)):
        await unanswered()
    clock.set(START + timedelta(seconds=7.9))
    with pytest.raises(RateLimited, match="in time"):
        async with limiter.slot(Lane.ORDER, ledger=False, wait_seconds_max=0):
            pytest.fail("the slot must be taken")
    clock.set(START + timedelta(seconds=8))
    async with limiter.slot(Lane.ORDER, ledger=False, wait_seconds_max=0):
        pass


async def test_what_was_never_sent_costs_nothing(clock):
    limiter = RateLimiter(clock, pace(1))
    with pytest.raises(BrokerUnreachable):
        async with limiter.slot(Lane.ORDER, ledger=True):
            raise BrokerUnreachable("refused")
    async with limiter.slot(Lane.ORDER, ledger=True, wait_seconds_max=0) as slot:
        slot.not_sent()
    async with limiter.slot(Lane.ORDER, ledger=True, wait_seconds_max=0):
        pass


async def test_pages_of_one_call_are_paced_one_by_one(clock):
    limiter = RateLimiter(clock, pace(1))
    pages = []

    async def call() -> None:
        async with limiter.slot(Lane.CHART, ledger=True) as slot:
            pages.append(1)
            await slot.next_request()
            pages.append(2)

    task = asyncio.create_task(call())
    await settle()
    assert pages == [1]
    clock.set(START + timedelta(seconds=1))
    await asyncio.wait_for(task, 30)
    assert pages == [1, 2]


async def test_a_page_that_finds_no_room_gives_nothing_back_twice(clock):
    limiter = RateLimiter(clock, pace(2, queue_max=1))

    async def call() -> None:
        async with limiter.slot(Lane.CHART, ledger=False) as slot:
            await slot.next_request()

    async with limiter.slot(Lane.QUOTE, ledger=False):
        first = asyncio.create_task(call())
        await settle()
        second = asyncio.create_task(call())
        await settle()
        with pytest.raises(RateLimited, match="too many"):
            await second
        assert limiter.waiting == 1
    clock.set(START + timedelta(seconds=1))
    await asyncio.wait_for(first, 30)
    assert limiter.rate == 2


async def test_cancelled_waiters_leave_the_queue(clock):
    limiter = RateLimiter(clock, pace(1))
    async with limiter.slot(Lane.QUOTE, ledger=False):
        waiter = asyncio.create_task(limiter.take(Lane.QUOTE, ledger=False))
        await settle()
        waiter.cancel()
        await settle()
        assert limiter.waiting == 0


async def test_a_waiter_cancelled_just_as_it_is_served_gives_its_slot_back(clock):
    limiter = RateLimiter(clock, pace(2))
    held = [await limiter.take(Lane.QUOTE, ledger=False) for _ in range(2)]
    first = asyncio.create_task(limiter.take(Lane.QUOTE, ledger=False))
    second = asyncio.create_task(limiter.take(Lane.QUOTE, ledger=False))
    await settle()
    for waiter in held:
        limiter.give_back(waiter, answered=True)
    clock.set(START + timedelta(seconds=1))
    await asyncio.sleep(0)  # the first wakes and serves both ...
    second.cancel()  # ... and the second is cancelled before it could run
    with pytest.raises(asyncio.CancelledError):
        await second
    await first
    async with limiter.slot(Lane.QUOTE, ledger=False, wait_seconds_max=0):
        pass


async def test_a_refusal_for_speed_halves_once_per_burst(clock):
    limiter = RateLimiter(clock, pace(8, ledger=4))

    async def refused() -> None:
        async with limiter.slot(Lane.QUOTE, ledger=True):
            await asyncio.sleep(0)
            raise RateLimited("EGW00201")

    await asyncio.gather(*(refused() for _ in range(4)), return_exceptions=True)
    assert (limiter.rate, limiter.ledger_rate) == (4, 2)
    for second in (2, 4, 6):
        clock.set(START + timedelta(seconds=second))
        await asyncio.gather(refused(), return_exceptions=True)
    assert (limiter.rate, limiter.ledger_rate) == (1, 1)


async def test_a_refusal_of_the_ledger_leaves_the_rate_of_quotes(clock):
    limiter = RateLimiter(clock, pace(8, ledger=4))
    for ledger, rates in ((True, (8, 2)), (False, (4, 2))):
        with pytest.raises(LedgerLimited):
            async with limiter.slot(Lane.QUOTE, ledger=ledger):
                raise LedgerLimited("EGW00215")
        # What needed no slot of the ledger was counted by the other limit alone.
        assert (limiter.rate, limiter.ledger_rate) == rates


async def test_the_rate_rises_after_a_clean_day_up_to_its_ceiling(clock):
    limiter = RateLimiter(clock, pace(3, ledger=1, ceiling=18))
    rates = []
    for day in range(5):
        clock.set(START + timedelta(days=day))
        async with limiter.slot(Lane.QUOTE, ledger=False) as slot:
            if day == 3:
                slot.too_fast()
        rates.append(limiter.rate)
    assert rates == [3, 6, 12, 9, 9]


def test_paces_follow_the_flow_policy():
    assert (pace_for(Mode.REAL).start, pace_for(Mode.REAL).ceiling) == (3, 18)
    assert pace_for(Mode.OBSERVE) == pace_for(Mode.REAL)
    assert (pace_for(Mode.VTS).start, pace_for(Mode.VTS).ceiling) == (1, 1)
    assert pace_for(Mode.SIM).start > 18
    with pytest.raises(ValueError, match="ceiling"):
        pace(5, ceiling=4)


async def test_a_speed_refusal_of_what_was_given_back_changes_nothing(clock):
    limiter = RateLimiter(clock, pace(8))
    waiter = await limiter.take(Lane.QUOTE, ledger=False)
    limiter.give_back(waiter, answered=True)
    limiter.slow_down(waiter)
    assert limiter.rate == 8
