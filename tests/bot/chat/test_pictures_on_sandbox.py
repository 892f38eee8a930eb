"""Pictures under the answers of commands, and their words for those who hear them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from bot.chat.picture_specs import allocation_alt, allocation_spec, course_alt, life_alt, life_spec
from bot.locales import load
from core.domain.instrument import Symbol
from core.domain.journal import JournalEntry
from core.domain.money import Shares, Won
from core.domain.orders import FillObservation, OrderState, Side
from core.domain.realised import Execution
from core.domain.story import OrderStory, Story
from core.domain.tickets import Approval
from core.ports.pictures import Course
from tests.bot.chat.test_market_on_sandbox import KODEX, make_series
from tests.bot.chat.test_pnl_on_sandbox import NUMBERS
from tests.fakes.fake_chat_services import NOW, make_order, make_portfolio, make_ticket

KO = load("ko")
DAYS = (date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18))
COURSE = Course(days=DAYS, account=(0.0, 2.0, -1.06), benchmark=(0.0, None, 0.5))


async def pictured(desk, command: str, **options):
    message = await desk.settled(await desk.slash("owner", "매매", command, options))
    # Discord shows the file in the embed, and not once more below it.
    assert message["attachments"] == []
    return str(message["embeds"][0]["image"]["url"]).rpartition("/")[2].partition("?")[0]


async def test_the_portfolio_shows_what_the_account_is_made_of(house, bot, chat) -> None:
    assert await pictured(house.discord, "portfolio") == "allocation.png"
    [spec] = chat.painter.specs
    assert allocation_alt(spec, KO) == "자산 구성: 예수금(D+2) 89.4%, KODEX 200 10.6%"
    assert [item.is_cash for item in spec.slices][-1]


async def test_profit_and_loss_show_the_way_there(house, bot, chat) -> None:
    chat.performance.found, chat.performance.way = NUMBERS, COURSE
    assert await pictured(house.discord, "report pnl", period="month") == "course.png"
    assert course_alt(COURSE, KO) == (
        "2026-11-16 ~ 2026-11-18 내 계좌 -1.1%, KODEX 200 +0.5%, 고점 대비 가장 깊게 -3.0%"
    )
    assert "KODEX 200 모름" in course_alt(replace(COURSE, benchmark=()), KO)


async def test_a_failing_painter_and_nothing_to_draw_leave_the_figures(house, bot, chat) -> None:
    chat.performance.found = NUMBERS
    chat.painter.fails = True
    for command in ("portfolio", "report pnl"):
        message = await house.discord.settled(await house.discord.slash("owner", "매매", command))
        assert message["embeds"]
        assert message["attachments"] == []
    account = replace(make_portfolio().account, positions=())
    assert allocation_spec(account, KO) is None


async def test_the_chart_marks_the_days_of_own_trades(house, bot, chat) -> None:
    desk = house.discord
    chat.market.series[KODEX] = make_series()
    await desk.settled(await desk.slash("owner", "매매", "chart", {"symbol": "069500"}))
    [series] = chat.painter.specs[0].series
    at = NOW.replace(year=series.bars[-1].session.year)
    day = series.bars[-1].session
    trade = Execution(
        order_id="x-1",
        symbol=Symbol("069500"),
        side=Side.SELL,
        quantity=1,
        price_won=Decimal("35000.5"),
        at=at.replace(month=day.month, day=day.day),
    )
    chat.performance.trades = (trade, replace(trade, at=at - timedelta(days=900)))
    await desk.settled(await desk.slash("owner", "매매", "chart", {"symbol": "069500"}))
    [mark] = chat.painter.specs[1].marks
    assert (mark.session, mark.price_won, mark.is_buy) == (day, 35_001, False)
    assert "세모" in chat.painter.specs[1].subtitle


def story(*kinds: str) -> Story:
    order = make_order(OrderState.FILLED)
    lines = tuple(
        JournalEntry(
            at=NOW + timedelta(seconds=5 * place), kind=kind, actor="a", subject="s", facts={}
        )
        for place, kind in enumerate(kinds, 2)
    )
    fill = FillObservation(
        order_id=order.order_id,
        quantity=Shares(3),
        price_won=Won(35_150),
        cumulative=3,
        observed_at=NOW + timedelta(seconds=17),
    )
    own = OrderStory(order=order, attempt=None, fills=(fill,), record=None, lines=lines)
    approval = Approval(
        ticket_id="4F9KQ2ZD",
        actor_id=1,
        actor_name="주인",
        interaction_id=1,
        message_id=1,
        clicked_at=NOW + timedelta(seconds=4),
        payload_hash="t1:",
    )
    return Story(
        subject=order.order_id,
        ticket=make_ticket(),
        approval=approval,
        orders=(own,),
        records=(),
        lines=(),
    )


async def test_the_newest_orders_life_is_drawn(house, bot, chat) -> None:
    chat.orders.today = (make_order(OrderState.FILLED),)
    chat.audit.stories = {"4F9KQ2ZD-1": story("order.submitting", "order.working", "order.filled")}
    assert await pictured(house.discord, "orders") == "life.png"
    assert "승인: 주인" in life_alt(chat.painter.specs[0], KO)


def test_a_life_is_told_in_the_order_of_time_and_ends_where_it_stands() -> None:
    spec = life_spec(story("order.submitting", "order.partial", "order.filled"), KO)
    assert spec is not None
    words = ["제안", "승인: 주인", "전송 중", "체결 3주 × 35,150원", "체결"]
    assert [step.words for step in spec.life] == words
    assert [step.is_end for step in spec.life] == [False] * 4 + [True]


def test_the_end_of_an_order_comes_after_its_last_fill_of_the_same_second() -> None:
    told = story("order.submitting", "order.working", "order.filled")
    [own] = told.orders
    # The journal's line was written a moment before the fill was.
    late = replace(own.fills[0], observed_at=own.lines[-1].at + timedelta(milliseconds=3))
    spec = life_spec(replace(told, orders=(replace(own, fills=(late,)),)), KO)
    assert spec is not None
    assert [step.words for step in spec.life][-2:] == ["체결 3주 × 35,150원", "체결"]
    assert spec.life[-1].is_end


@pytest.mark.parametrize("found", [None, replace(story(), orders=())])
def test_without_one_order_there_is_no_life(found: Story | None) -> None:
    assert life_spec(found, KO) is None
