"""The ledger of a week that can be reckoned by hand, out of a real file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from bot.locales import load
from core.domain.account import Position
from core.domain.calendar import CalendarUnknown
from core.domain.cycle import StepState
from core.domain.instrument import Symbol
from core.domain.model_calls import Purpose
from core.domain.money import Won
from core.domain.orders import Side
from core.domain.plan_review import ReviewState
from core.domain.tickets import TicketState
from core.domain.what_if import Course
from core.domain.what_if_verdict import ModelWorth, WhatIf
from core.errors import BrokerUnavailable, StorageError
from core.flows.values import MarketState, encoded
from core.services.reflection.what_if_words import (
    course_text,
    model_sentence,
    notes_of,
    span_sentence,
    title_of,
)
from storage.opening import open_database
from tests.core.services.reflection.what_if_world import (
    BOND,
    DAY,
    KODEX,
    WhatIfWorld,
    at,
    later,
    written,
)
from tests.fakes.fake_cycle_desk import portfolio_of
from tests.storage.conftest import address_of

KOREAN = load("ko")


@pytest.fixture
async def world(database_file):
    database = await open_database(address_of(database_file), migrate=False)
    yield WhatIfWorld.of(database)
    await database.close()


async def asked(world: WhatIfWorld) -> WhatIf:
    found = await world.reader().what_if()
    assert found is not None
    return found


def made(found: WhatIf) -> dict[Course, int | None]:
    return {line.course: line.made_won for line in found.lines}


async def test_a_week_by_hand(world):
    await written(world)
    found = await asked(world)
    assert (found.ledger.start_day, found.last_day, found.sessions) == (DAY, date(2023, 3, 8), 5)
    by = made(found)
    # Twenty bought at 10,002 (fee 30) and worth 10,040 (fee 30).
    assert by[Course.DONE] == 20 * 38 - 30 - 30
    # And four bonds at 20,000 (12), worth 19,600 (11); five more KODEX on Monday at 10,010 (7);
    # of these 25 the same half, 12, at 10,030 (18) on Tuesday, and no tax, for both are at a loss or exempt.
    amounts = 12 * 10_030 + 13 * 10_040 - 20 * 10_002 - 5 * 10_010 + 4 * (19_600 - 20_000)
    assert by[Course.ALL] == amounts - 30 - 7 - 12 - 18 - 19 - 11
    assert by[Course.NOTHING] == 0
    # Plans are done at the closes that they were made on; the exit sells the same half.
    kodex = 10 * 30 + 10 * 40 - 30 - 15 - 15
    assert by[Course.STRATEGY] == kodex + 10 * -400 - 30 - 29
    assert by[Course.FOLLOWED] == kodex + 4 * -400 - 12 - 11
    # 99 shares at 10,000 (148), ten more for Monday's 100,000 at 10,020 (15), worth 10,040 (164).
    assert by[Course.INDEX] == 99 * 40 + 10 * 20 - 148 - 15 - 164
    # 100 won a day for six days, and ten for two of the new money, less 15.4 %.
    assert by[Course.DEPOSIT] == 620 - 95
    assert found.ledger.stated == (date(2023, 3, 8), 1_100_730, 1_100_730)
    assert found.ledger.missing == ()


async def test_the_sentence_about_the_model_by_hand(world):
    await written(world)
    found = await asked(world)
    model = found.model
    assert (model.worth, model.looks, model.changes) == (ModelWorth.TOO_EARLY, 1, 1)
    # Six bonds less: 2,400 won of loss and 36 of fees. What conversations cost is not in it.
    assert (model.more_won, model.cost_won) == (6 * 400 + 18 + 18, 2)
    assert model_sentence(found, KOREAN) == (
        "모델이 값을 했는지 말하기에는 아직 이릅니다(5/60거래일). 지금까지 모델이 고친 계획은 "
        "전략 그대로보다 +2,436원, 모델에 쓴 돈은 2원입니다. 계획 1번을 보고 1번 고쳤습니다."
    )
    assert title_of(found, KOREAN) == "만약에 · 2023-03-02 ~ 2023-03-08 (5거래일)"
    assert span_sentence(found, KOREAN).startswith("아직 이릅니다: 60거래일이")
    (_, all_line, *_) = found.lines
    assert course_text(found, all_line, KOREAN).startswith("-907원 (-0.09%) · 실제보다 -1,607원")
    (note,) = notes_of(found, KOREAN, str)
    assert note == "2023-03-08 순자산은 증권사 기록 1,100,730원, 다시 셈한 것은 그보다 +0원입니다."


async def test_from_sixty_sessions_on_there_are_bands(world):
    await written(world)
    world.clock.at = later(85)
    found = await asked(world)
    assert found.sessions >= 60
    assert found.model.worth is ModelWorth.EARNED
    assert "[" in model_sentence(found, KOREAN)
    assert "90%" in span_sentence(found, KOREAN)
    text = course_text(found, found.lines[1], load("en"))
    assert "beside what was done [" in text


async def test_a_day_counts_once_it_has_closed(world):
    await written(world)
    world.clock.at = at(8, 15)
    assert (await asked(world)).last_day == date(2023, 3, 7)


async def test_before_an_account_or_a_session_there_is_nothing_to_compare(world):
    assert await world.reader().what_if() is None
    await world.account(at(8, 15, 45), 1_000_000)
    assert await world.reader().what_if() is None
    world.clock.at = later(1)
    assert (await asked(world)).sessions == 1


async def test_an_account_of_a_closed_day_stood_at_the_session_before(world):
    await world.account(at(4, 12), 1_000_000, (KODEX, 10, "9000.5", 10_010))
    found = await asked(world)
    assert found.ledger.start_day == date(2023, 3, 3)
    # Exempt: only the fee of 15 is taken off at the start, and given back while it is held.
    assert found.ledger.start_won == 1_100_100 - 15
    assert made(found)[Course.NOTHING] == 300 + 15 - 15


async def test_what_a_person_bought_by_hand_is_nobody_s_advice(world):
    await world.account(at(2, 8), 1_000_000)
    await world.by_others(at(2, 10), KODEX, 10, 10_000)
    by = made(await asked(world))
    assert by[Course.DONE] == by[Course.ALL] == by[Course.NOTHING] == 400 - 15 - 15
    assert by[Course.STRATEGY] == 0


async def test_what_came_before_the_first_account_is_in_it(world):
    await world.shown("AAAAAAA1", at(2, 8), Side.BUY, KODEX, 5, 10_000)
    await world.filled("AAAAAAA1", at(2, 9, 5), Side.BUY, KODEX, 5, "10000")
    await world.paid_in(at(2, 9), 70_000)
    await world.planned(at(2, 8), (KODEX, Side.BUY, 10_000, 5, 5))
    await world.account(at(2, 12), 1_000_000, (KODEX, 5, "10000", 10_000))
    found = await asked(world)
    by = made(found)
    assert by[Course.DONE] == by[Course.NOTHING] == by[Course.STRATEGY] == 200
    assert found.ledger.days[-1].points[Course.DONE].paid_in_won == 0


async def test_a_proposal_without_a_price_and_one_of_tomorrow_are_left_out(world):
    await world.account(at(2, 8), 1_000_000)
    gone = TicketState.EXPIRED
    await world.shown("AAAAAAA1", at(3, 10), Side.BUY, KODEX, 5, None, state=gone)
    await world.shown("AAAAAAA2", at(8, 16), Side.BUY, KODEX, 5, 10_000, state=gone)
    await world.paid_in(at(8, 23), 5)
    world.clock.at = at(8, 23, 30)
    by = made(await asked(world))
    assert by[Course.ALL] == 0
    await world.paid_in(at(11, 9), 7)
    world.clock.at = at(11, 12)
    found = await asked(world)
    assert found.ledger.days[-1].points[Course.DONE].paid_in_won == 5


async def test_a_source_that_fails_is_named_and_the_rest_goes_on(world):
    await written(world)
    del world.market.raw_bars[BOND]
    found = await asked(world)
    # What never had it is known; of the others nothing is claimed.
    assert made(found)[Course.ALL] is None
    assert made(found)[Course.DONE] == 20 * 38 - 60
    names = list(notes_of(found, KOREAN, lambda symbol: f"<{symbol}>"))
    assert names[0] == f"<{BOND}>: 종가가 없는 거래일 5일은 그 종목을 가진 줄을 비웠습니다."
    assert course_text(found, found.lines[1], KOREAN) == "알 수 없음"
    world.market.failure = BrokerUnavailable("down")
    assert await world.reader().what_if() is None


async def test_what_could_not_be_paid_and_what_was_lacking_is_said(world):
    await world.account(at(2, 8), 30_000)
    await world.planned(at(2, 8, 1), (KODEX, Side.BUY, 10_000, 5, 5), state=ReviewState.OFFLINE)
    await world.shown("AAAAAAA1", at(2, 8, 2), Side.BUY, KODEX, 5, 10_000)
    await world.filled("AAAAAAA1", at(3, 9, 5), Side.BUY, KODEX, 5, "10000")
    found = await asked(world)
    notes = list(notes_of(found, KOREAN, str))
    assert "실제 매수에 기록보다 20,007원이 더 들어, 모든 줄에 같이 넣었습니다." in notes
    assert "전략 그대로: 현금이 모자라 3주를 사지 못한 것으로 셈했습니다." in notes
    assert model_sentence(found, KOREAN).startswith("이 기간에는 모델이 검토한 계획이 없어")


async def test_without_money_at_the_start_there_is_no_percent(world):
    await world.account(at(2, 8), 0)
    await world.paid_in(at(3, 9), 100_000)
    found = await asked(world)
    assert course_text(found, found.lines[0], KOREAN) == "+0원"


async def test_the_first_morning_comes_before_the_first_stored_account(world):
    held = Position(
        symbol=BOND,
        name="KODEX 국고채3년",
        quantity=2,
        sellable=2,
        average_cost_won=Decimal("20000.5"),
        price_won=Won(20_000),
    )
    portfolio = portfolio_of(at(2, 8), 1_000_000, held)
    state = MarketState(
        portfolio=portfolio, decided_on=DAY, closes=(), regime="", data_note="", analysis=None
    )
    await world.morning(at(2, 8), encoded(state))
    # What the first day bought is in the account after its close, and no part of the start.
    await world.shown("AAAAAAA1", at(2, 8, 2), Side.BUY, KODEX, 20, 10_000)
    await world.filled("AAAAAAA1", at(2, 9, 5), Side.BUY, KODEX, 20, "10000")
    stored = ((BOND, 2, "20000.5", 20_000), (KODEX, 20, "10000", 10_000))
    await world.account(at(2, 15, 45), 799_970, *stored)
    found = await asked(world)
    assert found.ledger.start_won == 1_000_000 + 40_000 - 6
    assert found.ledger.days[0].session == DAY
    by = made(found)
    # Both hold two bonds that fall by 400 and cost no more to sell than at the start: 6, then 5.
    assert by[Course.NOTHING] == 2 * -400 + 6 - 5
    assert by[Course.DONE] == 2 * -400 + 6 - 5 + 800 - 30 - 30
    # A cycle of later that day, or one that failed, says nothing of the morning.
    for when, name in ((at(2, 16), StepState.DONE), (at(2, 8), StepState.FAILED)):
        late = replace(portfolio, account=replace(portfolio.account, taken_at=when))
        await world.morning(at(2, 8), encoded(replace(state, portfolio=late)), name)
        assert (await asked(world)).ledger.days[0].session == date(2023, 3, 3)


@pytest.mark.parametrize("text", ["{", "[]", '{"portfolio": {"account": {"deposit_won": "x"}}}'])
async def test_a_morning_that_cannot_be_read_is_told_of(world, text):
    await world.account(at(2, 15, 45), 1_000_000)
    await world.morning(at(2, 8), text)
    with pytest.raises(StorageError, match="2023-03-02"):
        await world.reader().what_if()


@pytest.mark.parametrize("text", ["{", "[]", '{"rankings": [{}], "is_rebalance": true}'])
async def test_a_plan_that_cannot_be_read_is_no_empty_plan(world, text):
    await written(world)
    await world.planned(at(3, 8), text=text)
    with pytest.raises(StorageError, match="2023-03-03"):
        await world.reader().what_if()


async def test_an_account_outside_the_calendar_is_refused(world):
    await world.account(at(2, 8) - timedelta(days=20 * 365), 1)
    with pytest.raises(CalendarUnknown):
        await world.reader().what_if()


async def test_the_bars_that_it_wants_are_read_and_nothing_is_reckoned(world):
    await written(world)
    await world.reader().keep()
    assert world.market.reads == 2 * 2


async def test_the_index_is_exempt_also_where_the_universe_does_not_list_it(world):
    await world.account(at(2, 8), 1_000_000)
    before = made(await asked(world))
    world.market.universe = ()
    assert made(await asked(world)) == before
    await world.by_others(at(2, 10), Symbol("114260"), 1, 19_000)
    taxed = made(await asked(world))
    # 600 won of gain; what is not known to be exempt is taxed.
    assert taxed[Course.DONE] == 600 - 2 - 2 - 92


async def test_the_cost_of_a_conversation_is_not_the_plan_s(world):
    await written(world)
    await world.model_cost(4, at(8, 9), Purpose.REFLECT, 5_000)
    assert (await asked(world)).model.cost_won == 7
