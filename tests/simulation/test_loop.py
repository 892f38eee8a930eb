from __future__ import annotations

import asyncio
import contextvars
import random
import time

import pytest

from tests.simulation.loop import LIFE, Life, Stuck, VirtualLoop


@pytest.fixture
def loop():
    made = VirtualLoop(random.Random(1))
    asyncio.set_event_loop(made)
    yield made
    made.close()
    asyncio.set_event_loop(None)


def test_an_hour_passes_without_waiting(loop):
    began = time.monotonic()
    loop.run_until_complete(asyncio.sleep(3600))
    assert loop.time() == 3600
    assert time.monotonic() - began < 5


def test_timeouts_are_virtual_and_a_cancelled_timer_is_not_waited_for(loop):
    async def main():
        async with asyncio.timeout(1000):
            await asyncio.sleep(1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.sleep(50)

    loop.run_until_complete(main())
    assert loop.time() == 6


def test_timers_keep_their_order_and_ready_callbacks_do_not(loop):
    async def order():
        seen: list[int] = []
        for number in range(20):
            loop.call_later(number, seen.append, number)
        await asyncio.sleep(30)
        timed, seen = seen, []
        for number in range(20):
            loop.call_soon(seen.append, number)
        await asyncio.sleep(1)
        return timed, seen

    timed, seen = loop.run_until_complete(order())
    assert timed == list(range(20))
    assert seen != list(range(20))
    assert sorted(seen) == list(range(20))


def test_the_same_dice_give_the_same_order():
    def run(seed: int) -> list[int]:
        loop = VirtualLoop(random.Random(seed))

        async def main() -> list[int]:
            seen: list[int] = []

            async def one(number: int) -> None:
                await asyncio.sleep(number % 3)
                seen.append(number)

            await asyncio.wait({asyncio.ensure_future(one(number)) for number in range(30)})
            return seen

        try:
            return loop.run_until_complete(main())
        finally:
            loop.close()

    assert run(5) == run(5)
    assert run(5) != run(6)


def test_tasks_are_hashed_by_the_order_of_their_birth(loop):
    async def main():
        tasks = [asyncio.ensure_future(asyncio.sleep(0)) for _ in range(50)]
        numbers = [hash(task) for task in tasks]
        assert numbers == sorted(numbers)
        assert [hash(task) for task in {*tasks}] == numbers
        await asyncio.wait(tasks)

    loop.run_until_complete(main())


def test_cancellation_reaches_a_sleeper(loop):
    async def main():
        task = asyncio.ensure_future(asyncio.sleep(100))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    loop.run_until_complete(main())
    assert loop.time() == 1


def test_a_life_that_is_over_never_goes_on(loop):
    life = Life("one")
    context = contextvars.copy_context()
    context.run(LIFE.set, life)
    seen: list[str] = []

    async def inside():
        try:
            await asyncio.sleep(1)
            seen.append("before")
            await asyncio.sleep(2)
            seen.append("after")
        finally:
            seen.append("finally")

    async def main():
        task = loop.create_task(inside(), context=context)
        await asyncio.sleep(2)
        life.is_over = True
        await asyncio.sleep(10)
        assert not task.done()

    loop.run_until_complete(main())
    assert seen == ["before"]


def test_waiting_for_nothing_is_an_error(loop):
    with pytest.raises(Stuck):
        loop.run_until_complete(loop.create_future())
