"""Streams that share one loop, and somebody else who wants a turn of it."""

from __future__ import annotations

import asyncio
import itertools
import time

from core.llm.fair_turns import FairTurns


async def greedy(turns: FairTurns, pieces: int, done: list[int], number: int) -> None:
    for _ in range(pieces):
        await turns.mine()
        # One piece takes longer than a whole slice.
        until = time.perf_counter() + 0.002
        while time.perf_counter() < until:
            pass
        done.append(number)


async def test_pieces_that_are_ready_at_once_leave_every_other_turn_to_somebody_else():
    turns = FairTurns(0.001)
    done: list[int] = []
    seen: list[int] = []

    async def somebody() -> None:
        while len(done) < 40:
            seen.append(len(done))
            await asyncio.sleep(0)

    await asyncio.gather(somebody(), *(greedy(turns, 5, done, number) for number in range(8)))
    # Between two looks of somebody else at most one piece of all eight streams was read.
    steps = [after - before for before, after in itertools.pairwise(seen)]
    assert max(steps) == 1
    # Nobody reads on while another has read nothing.
    counts = [[done[:end].count(number) for number in range(8)] for end in range(41)]
    assert max(max(one) - min(one) for one in counts) <= 2


async def test_while_there_is_room_nobody_waits():
    turns = FairTurns(3_600.0)
    order: list[int] = []

    async def reader(number: int) -> None:
        for _ in range(3):
            await turns.mine()
            order.append(number)

    await asyncio.gather(reader(1), reader(2))
    assert order == [1, 1, 1, 2, 2, 2]


async def test_who_is_cancelled_while_waiting_keeps_nobody_from_a_turn():
    turns = FairTurns(0.001)
    done: list[int] = []
    readers = [asyncio.ensure_future(greedy(turns, 2, done, number)) for number in range(4)]
    await asyncio.sleep(0)
    readers[1].cancel()
    await asyncio.wait(readers)
    assert readers[1].cancelled()
    assert sorted(done) == [0, 0, 2, 2, 3, 3]
    # And the next stream begins as if nobody had been there.
    await asyncio.wait_for(greedy(turns, 1, done, 9), 5)
    assert done[-1] == 9
