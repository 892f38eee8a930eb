"""Where a broker counts each kind of request by itself: a pace per name beside the common one."""

import asyncio
from collections import defaultdict
from datetime import datetime, timedelta

import pytest

from core.domain.krx import KST
from core.domain.modes import Mode
from core.errors import BrokerUnavailable, BrokerUnreachable, RateLimited
from core.runtime.clock import SteppedClock
from core.runtime.rate_limiter import Lane, Pace, RateLimiter, pace_for
from tests.core.runtime.test_rate_limiter import most_in_any_second, settle

START = datetime(2026, 11, 20, 9, 30, tzinfo=KST)


def pace(rate=5, queue_max=200):
    return Pace(
        start=rate,
        ceiling=rate,
        ledger_start=rate,
        ledger_ceiling=rate,
        timeout_seconds=7,
        named=1,
        queue_max=queue_max,
    )


async def test_each_name_keeps_its_own_second_and_all_together_theirs():
    clock = SteppedClock(START, rate=50)
    limiter = RateLimiter(clock, pace(3))
    hits = defaultdict(list)

    async def call(number) -> None:
        with limiter.turns(Lane.QUOTE, ledger=number % 2 == 0) as slot:
            for name in ("stock", f"state{number % 3}"):
                await slot.next_request(name)
                await clock.sleep(0.01 * (number % 4))
                hits[name].append(clock.now())

    await asyncio.wait_for(asyncio.gather(*(call(number) for number in range(9))), 30)
    assert len(hits["stock"]) == 9
    for instants in hits.values():
        assert most_in_any_second(instants) == 1
    assert most_in_any_second([at for instants in hits.values() for at in instants]) <= 3
    assert limiter.waiting == 0


async def test_a_name_that_waits_holds_no_other_up():
    clock = SteppedClock(START, rate=0)
    limiter = RateLimiter(clock, pace())
    went = []

    async def call(lane, name) -> None:
        with limiter.turns(lane, ledger=False) as slot:
            await slot.next_request(name)
            went.append(name)

    tasks = [asyncio.create_task(call(Lane.QUOTE, "stock")) for _ in range(3)]
    await settle()
    tasks.append(asyncio.create_task(call(Lane.CHART, "chart")))
    await settle()
    assert went == ["stock", "chart"]
    for second in (1, 2):
        clock.set(START + timedelta(seconds=second))
        await settle()
    assert went == ["stock", "chart", "stock", "stock"]
    await asyncio.gather(*tasks)


async def test_names_do_not_matter_where_the_broker_does_not_count_them():
    clock = SteppedClock(START, rate=0)
    limiter = RateLimiter(clock, pace_for(Mode.SIM))
    for _ in range(20):
        with limiter.turns(Lane.QUOTE, ledger=False) as slot:
            await slot.next_request("stock")
    assert limiter.waiting == 0


@pytest.mark.parametrize(
    ("fault", "seconds"), [(BrokerUnreachable, 0), (ValueError, 1), (BrokerUnavailable, 8)]
)
async def test_how_long_a_name_stays_taken_depends_on_the_answer(fault, seconds):
    clock = SteppedClock(START, rate=0)
    limiter = RateLimiter(clock, pace())

    async def sent_and_lost() -> None:
        with limiter.turns(Lane.QUOTE, ledger=False) as slot:
            await slot.next_request("stock")
            raise fault("x")

    with pytest.raises(fault):
        await sent_and_lost()

    async def again() -> None:
        with limiter.turns(Lane.QUOTE, ledger=False) as slot:
            await slot.next_request("stock")

    task = asyncio.create_task(again())
    clock.set(START + timedelta(seconds=max(seconds - 0.01, 0)))
    await settle()
    assert task.done() == (seconds == 0)
    clock.set(START + timedelta(seconds=seconds))
    await settle()
    assert task.done()


async def test_a_queue_that_is_full_says_nothing_about_the_brokers_pace():
    clock = SteppedClock(START, rate=0)
    limiter = RateLimiter(clock, pace(4, queue_max=1))
    with limiter.turns(Lane.QUOTE, ledger=False) as slot:
        await slot.next_request("stock")
    waits = asyncio.create_task(limiter.take(Lane.QUOTE, ledger=False, name="stock"))
    await settle()
    with pytest.raises(RateLimited), limiter.turns(Lane.QUOTE, ledger=False) as slot:
        await slot.next_request("chart")
    assert limiter.rate == 4
    with pytest.raises(RateLimited), limiter.turns(Lane.QUOTE, ledger=False):
        raise RateLimited("before anything was sent")
    assert limiter.rate == 4
    waits.cancel()


async def test_a_refusal_for_speed_slows_what_was_sent():
    clock = SteppedClock(START, rate=0)
    limiter = RateLimiter(clock, pace(4))

    async def refused() -> None:
        with limiter.turns(Lane.QUOTE, ledger=False) as slot:
            await slot.next_request("stock")
            raise RateLimited("1700")

    with pytest.raises(RateLimited):
        await refused()
    assert limiter.rate == 2


def test_kiwoom_counts_by_name_and_kis_does_not():
    for mode in (Mode.REAL, Mode.OBSERVE, Mode.VTS):
        assert pace_for(mode, "kiwoom").named == 1
        assert pace_for(mode).named == 0
    assert pace_for(Mode.REAL, "kiwoom").ceiling == 5
