from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from core.domain.alerts import AlertDefaults, AlertKind, AlertRule, Repeat
from core.domain.ticks import FeedHealth, Priority
from core.services.watch.wishes import RuleDraft
from tests.fakes.desk_kit import KODEX, TIGER, at

NEXT_DAY = date(2026, 11, 17)


def draft(kind: AlertKind, value: str, **changes: object) -> RuleDraft:
    made = RuleDraft(kind=kind, value=Decimal(value), symbol=KODEX)
    return replace(made, **changes)  # type: ignore[arg-type]


async def titles(watch) -> list[str]:
    return [title for title, _ in await watch.told()]


async def test_five_percent_a_day_is_told_once_a_session_and_direction(watch) -> None:
    for won in (28_500, 28_000, 28_500, 31_500, 31_600):
        await watch.price(won, base_won=30_000)
    assert await titles(watch) == [
        "TIGER 200(102110) 오늘 5% 내렸습니다",
        "TIGER 200(102110) 오늘 5% 올랐습니다",
    ]
    _, text = watch.kit.surface.alerts[0]
    assert text == "현재가 28,500원(-5.00%) · 거래량 0주(20일 평균의 0.0배) · 내 손익 -5.00%"
    watch.kit.clock.set(at(10, day=NEXT_DAY))
    await watch.tower.tend()
    await watch.price(28_500, base_won=30_000)
    assert len(await titles(watch)) == 3


async def test_a_restart_neither_forgets_nor_tells_again(watch) -> None:
    await watch.price(28_500, base_won=30_000)
    assert len(await titles(watch)) == 1
    watch.again()
    await watch.tower.tend()
    await watch.price(28_400, base_won=30_000)
    assert len(await titles(watch)) == 1
    assert len(await watch.tower.wishes.fired_today()) == 1


async def test_what_is_stale_old_or_out_of_hours_tells_nothing(watch) -> None:
    clock = watch.kit.clock
    await watch.price(28_500, base_won=30_000, health=FeedHealth.STALE)
    await watch.price(28_500, base_won=30_000, health=FeedHealth.OFF)
    await watch.price(28_500, base_won=30_000, traded_at=clock.now() - timedelta(days=1))
    clock.set(at(15, 30))
    await watch.price(28_500, base_won=30_000)
    clock.set(at(8, day=NEXT_DAY))
    await watch.price(28_500, base_won=30_000)
    clock.set(at(12, day=date(2026, 11, 21)))
    await watch.price(28_500, base_won=30_000)
    clock.set(at(12, day=date(2038, 11, 23)))
    await watch.price(28_500, base_won=30_000)
    await watch.tower.tend()
    assert await watch.tower.wishes.fired_today() == ()
    assert await watch.shown() == []


async def test_a_surge_is_more_than_three_times_the_mean_of_twenty_sessions(watch) -> None:
    await watch.price(30_000, volume=3_000)
    assert await titles(watch) == []
    await watch.price(30_000, volume=3_150)
    assert await titles(watch) == ["TIGER 200(102110) 거래량이 20일 평균의 3.15배"]
    assert watch.shelf.reads == 1
    await watch.tower.tend()
    assert watch.shelf.reads == 1


async def test_without_twenty_sessions_there_is_no_surge(watch) -> None:
    watch.kit.clock.set(at(10, day=NEXT_DAY))
    watch.shelf.is_broken = True
    await watch.tower.tend()
    await watch.price(30_000, volume=99_000)
    await watch.tower.tend()
    assert watch.shelf.reads == 2
    watch.shelf.is_broken, watch.shelf.sessions = False, 19
    await watch.later(minutes=10, volume=99_000)
    assert watch.shelf.reads == 3
    await watch.price(30_000, volume=99_000)
    assert await titles(watch) == []


async def test_shares_and_premium_are_told_where_they_are_wanted(watch) -> None:
    watch.defaults = AlertDefaults(volume_shares=1_000_000, volume_hundredths=0)
    watch.again()
    await watch.tower.tend()
    await watch.price(30_000, volume=1_000_001, nav="29400.50")
    assert await titles(watch) == [
        "TIGER 200(102110) 거래량 1,000,001주, 1,000,000주를 넘었습니다",
        "TIGER 200(102110) 가격이 iNAV보다 2.03% 높습니다",
    ]
    assert "iNAV 29,400.50원(괴리 +2.03%)" in watch.kit.surface.alerts[1][1]
    await watch.price(28_000, nav="30000", base_won=28_000)
    assert "낮습니다" in (await titles(watch))[-1]


async def test_an_old_inav_is_no_inav(watch) -> None:
    watch.feed.put(TIGER, 30_000, nav="28000")
    nav = watch.feed.states[TIGER].nav
    watch.kit.clock.move(61)
    watch.feed.put(TIGER, 30_000)
    watch.feed.states[TIGER] = replace(watch.feed.states[TIGER], nav=nav)
    await watch.tower.look([TIGER])
    watch.feed.put(TIGER, 30_000, nav="0")
    await watch.tower.look([TIGER])
    assert await titles(watch) == []


async def test_a_rule_of_a_person_speaks_for_its_symbol_alone(watch) -> None:
    wishes = watch.tower.wishes
    made = await wishes.add_rule(draft(AlertKind.PRICE_BELOW, "34000"), by=1)
    assert isinstance(made, AlertRule)
    await watch.tower.tend()
    # Not held, not on the list: its own rule alone counts, and the defaults do not.
    await watch.price(33_900, KODEX, base_won=36_000)
    assert await titles(watch) == ["KODEX 200(069500) 34,000원 이하: 지금 33,900원"]
    assert {wish.symbol: wish.priority for wish in watch.feed.wishes["watchtower"]} == {
        TIGER: Priority.HOLDING,
        KODEX: Priority.WATCHLIST,
    }


async def test_a_watched_symbol_has_the_defaults_until_its_own_rule_replaces_one(watch) -> None:
    wishes = watch.tower.wishes
    await wishes.watch(KODEX, by=1)
    await wishes.add_rule(draft(AlertKind.DAY_CHANGE, "8", symbol=None), by=1)
    await watch.price(33_000, KODEX, base_won=35_000)
    assert await titles(watch) == []
    await watch.price(32_000, KODEX, base_won=35_000)
    assert await titles(watch) == ["KODEX 200(069500) 오늘 8.57% 내렸습니다"]


async def test_a_rule_that_speaks_once_never_speaks_again(watch) -> None:
    once = draft(AlertKind.PROFIT, "10", symbol=TIGER, repeat=Repeat.ONCE)
    await watch.tower.wishes.add_rule(once, by=1)
    await watch.price(33_000)
    watch.kit.clock.set(at(10, day=NEXT_DAY))
    await watch.tower.tend()
    await watch.price(33_100)
    assert await titles(watch) == ["TIGER 200(102110) 평가손익 10%: 알림 기준 10%"]


async def test_a_condition_on_the_profit_needs_the_holding(watch) -> None:
    loss = draft(AlertKind.LOSS, "3", symbol=TIGER)
    held = draft(AlertKind.PRICE_BELOW, "40000", profit_min_percent=Decimal(5))
    await watch.tower.wishes.add_rule(loss, by=1)
    await watch.tower.wishes.add_rule(held, by=1)
    await watch.price(35_000, KODEX)
    await watch.price(29_000)
    assert await titles(watch) == ["TIGER 200(102110) 평가손익 -3.33%: 알림 기준 -3%"]


@pytest.mark.parametrize("rule", ["all", "day_change"])
async def test_a_mute_ends_and_what_is_reached_then_is_told(watch, rule) -> None:
    await watch.tower.wishes.mute(rule, 1, by=1)
    await watch.price(28_500, base_won=30_000)
    assert await titles(watch) == []
    await watch.later(minutes=61, base_won=30_000)
    assert await titles(watch) == ["TIGER 200(102110) 오늘 5% 내렸습니다"]
