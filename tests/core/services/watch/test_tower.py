from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from bot import locales
from core.domain.alerts import AlertKind, Unit
from core.domain.exit_offers import ExitKind
from core.domain.standing import StandingGap
from core.domain.ticks import Channel, FeedHealth
from core.errors import StorageError
from core.services.watch.sight import Blindness
from core.services.watch.wishes import WishOutcome
from tests.fakes.desk_kit import KODEX, TIGER, at

STOP = 27_900


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 - a loop of ours has to get that far
            await asyncio.sleep(0)


async def test_both_loops_watch_and_a_slow_look_piles_nothing_up(watch) -> None:
    """While the broker is slow, a hundred ticks become one more look."""
    slow, looks = asyncio.Event(), []
    look = watch.tower.look

    async def counted(symbols):
        looks.append(frozenset(symbols))
        if len(looks) == 1:
            await slow.wait()
        await look(symbols)

    watch.tower.look = counted
    task = asyncio.create_task(watch.tower.run())
    watch.feed.put(TIGER, 30_000)
    await until(lambda: looks)
    for number in range(100):
        watch.feed.put(TIGER, 30_000 + 5 * number)
        watch.feed.put(KODEX, 35_000)
        await asyncio.sleep(0)
    assert len(looks) == 1
    slow.set()
    await until(lambda: len(looks) == 2)
    assert looks == [frozenset({TIGER}), frozenset({TIGER, KODEX})]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_the_loops_never_look_at_the_same_time(watch) -> None:
    inside, most = 0, 0
    quote = watch.shelf.quote

    async def slow_quote(symbol):
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0)
        inside -= 1
        return await quote(symbol)

    watch.shelf.quote = slow_quote
    watch.kit.broker.prices[TIGER] = STOP
    watch.feed.put(TIGER, STOP)
    await asyncio.gather(*(watch.tower.look([TIGER]) for _ in range(5)), watch.tower.tend())
    assert most == 1
    assert len(await watch.shown()) == 1


async def test_a_failing_watch_goes_on_and_says_so(watch) -> None:
    failures = 0

    async def broken(symbols):
        nonlocal failures
        failures += 1
        raise StorageError("the disk is full")

    watch.tower.look = broken
    loops = [
        asyncio.create_task(watch.tower.run()),
        asyncio.create_task(watch.tower.tend_forever()),
    ]
    watch.feed.put(TIGER, 30_000)
    await until(lambda: failures > 4)
    for task in loops:
        task.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    assert [title for title, _ in await watch.told()] == ["감시가 되지 않고 있습니다"]


async def test_tending_goes_on_for_ever(watch) -> None:
    task = asyncio.create_task(watch.tower.tend_forever())
    begun = watch.kit.clock.now()
    await until(lambda: (watch.kit.clock.now() - begun).total_seconds() > 60)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_it_follows_holdings_and_what_people_named(watch) -> None:
    assert await watch.tower.wishes.watch(KODEX, by=1) is WishOutcome.ADDED
    await watch.tower.tend()
    [held, named] = watch.feed.wishes["watchtower"]
    assert (held.symbol, named.symbol) == (TIGER, KODEX)
    assert held.channels == {Channel.TRADE, Channel.NAV, Channel.MARKET_STATE}


async def test_holdings_that_cannot_be_seen_are_told_of_once_and_their_end_too(watch) -> None:
    for _ in range(3):
        await watch.later(minutes=1, health=FeedHealth.STALE)
    await watch.later(minutes=1, health=FeedHealth.STALE)
    [(title, text)] = await watch.told()
    assert title == "시세가 보이지 않습니다"
    assert "TIGER 200(102110)" in text
    await watch.later(minutes=1)
    assert (await watch.told())[-1][0] == "손절·익절을 다시 살핍니다"
    await watch.later(minutes=1, health=FeedHealth.OFF)
    await watch.later(minutes=1)
    assert len(await watch.told()) == 2


async def test_a_feed_that_works_and_brings_no_price_is_told_of_too(watch) -> None:
    state = watch.feed.states[TIGER]
    watch.feed.states.clear()
    watch.feed.states[TIGER] = replace(state, tick=None)
    for _ in range(4):
        watch.kit.clock.move(60)
        await watch.tower.tend()
    assert [title for title, _ in await watch.told()] == ["시세가 보이지 않습니다"]


async def test_an_account_that_cannot_be_read_is_told_of_as_that(watch) -> None:
    """Prices come in all the while, so nothing is said of prices."""
    watch.kit.broker.broken = {"account"}
    for _ in range(9):
        await watch.later(minutes=1)
    assert [title for title, _ in await watch.told()] == ["보유 종목을 확인하지 못하고 있습니다"]
    watch.kit.broker.broken = set()
    await watch.later(minutes=1)
    await watch.later(minutes=1)
    assert [title for title, _ in await watch.told()][1:] == ["손절·익절을 다시 살핍니다"]


async def test_after_a_restart_an_account_that_was_never_read_is_told_of(watch) -> None:
    watch.kit.broker.broken = {"account"}
    watch.again()
    for _ in range(4):
        await watch.later(minutes=1)
    assert [title for title, _ in await watch.told()] == ["보유 종목을 확인하지 못하고 있습니다"]


async def test_an_empty_account_that_cannot_be_read_alarms_nobody(watch) -> None:
    watch.kit.broker.holdings.clear()
    await watch.later(minutes=2)
    watch.kit.broker.broken = {"account"}
    for _ in range(9):
        await watch.later(minutes=1)
    assert await watch.told() == []


async def test_what_was_not_seen_at_the_close_is_said_to_be_seen_the_next_day(watch, clock) -> None:
    for _ in range(4):
        await watch.later(minutes=1, health=FeedHealth.STALE)
    clock.set(at(15, 31))
    await watch.tower.tend()
    clock.set(at(10, day=date(2026, 11, 17)))
    await watch.later(minutes=1)
    await watch.later(minutes=1)
    titles = [title for title, _ in await watch.told()]
    assert titles == ["시세가 보이지 않습니다", "손절·익절을 다시 살핍니다"]


async def test_bars_that_do_not_come_keep_no_stop_waiting(watch) -> None:
    asked, never = asyncio.Event(), asyncio.Event()

    async def stuck(*_, **__):
        asked.set()
        await never.wait()

    watch.shelf.bars = stuck
    await watch.tower.wishes.watch(KODEX, by=1)
    tending = asyncio.create_task(watch.tower.tend())
    await until(asked.is_set)
    looking = asyncio.create_task(watch.price(STOP))
    try:
        await until(looking.done)
        assert len(await watch.shown()) == 1
    finally:
        for task in (tending, looking):
            task.cancel()
        await asyncio.gather(tending, looking, return_exceptions=True)


async def test_slow_bars_are_read_a_few_a_round(watch) -> None:
    """A broker that answers after half a minute must not keep holdings from being read."""
    watch.shelf.is_broken = True
    reads = []
    bars = watch.shelf.bars

    async def slow(symbol, *values, **named):
        reads.append(symbol)
        watch.kit.clock.move(30)
        return await bars(symbol, *values, **named)

    watch.shelf.bars = slow
    watch.kit.clock.set(at(10, day=date(2026, 11, 17)))
    await watch.tower.wishes.watch(KODEX, by=1)
    await watch.tower.tend()
    assert reads == [KODEX]
    await watch.tower.tend()
    assert reads == [KODEX, TIGER]


async def test_a_symbol_that_fails_keeps_no_other_from_its_stop(watch) -> None:
    watch.kit.broker.holdings[KODEX] = 2
    watch.kit.broker.costs[KODEX] = 35_000
    await watch.later(minutes=2)
    preview = watch.kit.desk.preview

    async def broken(proposal):
        if proposal.legs[0].symbol == KODEX:
            raise StorageError("this one row")
        return await preview(proposal)

    watch.kit.desk.preview = broken
    for symbol, won in ((KODEX, 30_000), (TIGER, STOP)):
        watch.kit.broker.prices[symbol] = won
        watch.feed.put(symbol, won)
    with pytest.raises(StorageError, match="this one row"):
        await watch.tower.look([KODEX, TIGER])
    [ticket] = await watch.shown()
    assert ticket.legs[0].envelope.symbol == TIGER


async def test_a_look_that_fails_keeps_no_volumes_from_being_read(watch) -> None:
    asked = []
    bars = watch.shelf.bars

    async def counted(symbol, *values, **named):
        asked.append(symbol)
        return await bars(symbol, *values, **named)

    async def broken(_):
        raise StorageError("one look")

    watch.shelf.bars, watch.tower.look = counted, broken
    await watch.tower.wishes.watch(KODEX, by=1)
    with pytest.raises(StorageError, match="one look"):
        await watch.tower.tend()
    assert asked == [KODEX]


async def test_that_prices_are_back_is_said_also_when_it_could_not_be_said_at_once(watch) -> None:
    for _ in range(4):
        await watch.later(minutes=1, health=FeedHealth.STALE)
    sight, outbox = watch.tower._sight, watch.tower._context.outbox
    tell = outbox.tell

    async def broken(*_):
        raise StorageError("the disk is full")

    watch.feed.put(TIGER, 30_000)
    outbox.tell = broken
    with pytest.raises(StorageError):
        await sight.judge(watch.kit.clock.now())
    outbox.tell = tell
    await sight.judge(watch.kit.clock.now())
    assert (await watch.told())[-1][0] == "손절·익절을 다시 살핍니다"


async def test_an_alert_that_fails_keeps_no_stop_waiting(watch) -> None:
    async def broken(*_):
        raise StorageError("alerts only")

    watch.tower._alerting.fire = broken
    with pytest.raises(StorageError, match="alerts only"):
        await watch.price(STOP)
    assert len(await watch.shown()) == 1


async def test_before_the_open_and_after_the_close_nobody_misses_prices(watch, clock) -> None:
    clock._now = at(8, 31)
    for _ in range(4):
        await watch.later(minutes=1, health=FeedHealth.OFF)
    clock.set(at(15, 30))
    await watch.later(minutes=5, health=FeedHealth.OFF)
    assert await watch.told() == []


@pytest.mark.parametrize("locale", ["ko", "en"])
def test_every_member_has_its_words(locale: str) -> None:
    sentences = locales.load(locale).sentences
    keys = [f"{part}_{kind.value}" for kind in AlertKind for part in ("kind", "what")]
    keys += [f"unit_{unit.value}" for unit in Unit]
    keys += [f"outcome_{item.value}" for item in WishOutcome]
    keys += [f"exit_{part}_{kind.value}" for kind in ExitKind for part in ("title", "reason")]
    keys += [f"standing_gap_{gap.value}" for gap in StandingGap if gap is not StandingGap.NONE]
    keys += [f"blind_{what.value}{part}" for what in Blindness for part in ("", "_title")]
    both = {AlertKind.DAY_CHANGE, AlertKind.PREMIUM}
    keys += [f"fired_{kind.value}" for kind in AlertKind if kind not in both]
    keys += [f"fired_{kind.value}_{way}" for kind in both for way in ("up", "down")]
    assert [key for key in keys if f"watch.{key}" not in sentences] == []
