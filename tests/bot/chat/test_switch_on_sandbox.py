"""/stopentry, /halt, /resume and /risk flatten over the wire."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.books import SymbolHold
from core.domain.breakers import Breaker, Trip
from core.domain.instrument import Symbol
from core.domain.modes import TradingState
from core.domain.orders import OrderState, Side
from core.domain.outbox import OutboxMessage
from core.domain.risk import Denied, Rule, Violation
from core.errors import BrokerUnavailable, StorageError
from core.services.orders.flattening import CancelFate, CancelResult, Exposure, Flattened
from core.services.orders.values import ClickOutcome
from tests.bot.chat.conftest import running, settings_for
from tests.bot.chat.test_chat_on_sandbox import last_ephemeral
from tests.fakes.fake_chat_services import (
    NOW,
    FakeChat,
    make_order,
    make_portfolio,
    make_ticket,
)

STREAK = Trip(
    breaker=Breaker.LOSING_STREAK,
    effect=TradingState.HALTED,
    at=NOW,
    until=None,
    reason="세 번 이어서 잃었습니다",
)
ERRORS = replace(STREAK, breaker=Breaker.BROKER_ERRORS, reason="증권사 오류가 잦습니다")
LOSS = replace(
    STREAK,
    breaker=Breaker.DAY_LOSS,
    effect=TradingState.REDUCE_ONLY,
    until=NOW.date() + timedelta(days=1),
    reason="하루 손실 한도",
)


def buttons(message) -> list[str]:
    return [one["custom_id"] for row in message["components"] for one in row["components"]]


async def public(house, words: str):
    """What everybody sees, not only the person who pressed."""
    return await last_ephemeral(house, "stranger", "매매", words)


async def embed_with(house, user: str, words: str):
    desk = house.discord

    def look():
        found = [m for m in desk.messages("매매", user) if words in str(m["embeds"])]
        return found[-1] if found else None

    return await desk.wait_for(look)


async def test_halt_asks_first_once_and_can_cancel_too(house, bot, chat) -> None:
    desk = house.discord
    asked = await desk.slash("owner", "매매", "halt")
    assert chat.switch.actors == []
    assert buttons(asked.message) == ["h1:HALTED", "h1:HALTED_CANCEL"]
    chat.exits.results = (
        CancelResult(order=make_order(OrderState.CANCEL_PENDING), fate=CancelFate.REQUESTED),
        CancelResult(
            order=make_order(OrderState.BLOCKED, ticket_id="WAITING1"), fate=CancelFate.DROPPED
        ),
        CancelResult(
            order=make_order(OrderState.UNKNOWN, ticket_id="DOUBTFUL"), fate=CancelFate.IN_DOUBT
        ),
    )
    await desk.press("owner", asked.message["id"], "h1:HALTED_CANCEL")
    await public(house, "매매 정지 상태입니다")
    assert chat.switch.now is TradingState.HALTED
    told_all = await embed_with(house, "stranger", "미체결 주문 취소")
    embed = told_all["embeds"][0]
    assert "취소 요청은 취소가 아닙니다" in embed["description"]
    fields = {one["name"]: one["value"] for one in embed["fields"]}
    assert "4F9KQ2ZD-1" in fields["취소 요청(아직 취소 아님)"]
    assert "WAITING1-1" in fields["보내지 않기로 함"]
    assert "DOUBTFUL-1" in fields["미확인이라 취소를 요청할 수 없음"]
    assert chat.exits.cancelled == [frozenset(Side)]
    refused = await desk.slash("stranger", "매매", "halt")
    assert "승인자만" in refused.message["content"]


async def test_a_halt_alone_still_offers_the_cancel_afterwards(house, chat) -> None:
    desk = house.discord
    async with running(house, chat):
        asked = await desk.slash("owner", "매매", "halt")
    # The confirmation outlives a restart.
    async with running(house, chat):
        await desk.press("owner", asked.message["id"], "h1:HALTED")
        await desk.wait_for(
            lambda: buttons(desk.message(asked.message["id"])) == ["h1:CANCEL"] or None
        )
        await desk.press("owner", asked.message["id"], "h1:CANCEL")
        await embed_with(house, "stranger", "열려 있는 주문이 없습니다")
    assert chat.switch.actors == [str(desk.users["owner"])]
    assert chat.exits.cancelled == [frozenset(Side)]


async def test_stopentry_allows_sales_and_can_cancel_the_buys(house, bot, chat) -> None:
    desk = house.discord
    asked = await desk.slash("owner", "매매", "stopentry")
    assert buttons(asked.message) == ["h1:REDUCE_ONLY"]
    await desk.press("owner", asked.message["id"], "h1:REDUCE_ONLY")
    await public(house, "매도만 허용합니다")
    assert chat.switch.now is TradingState.REDUCE_ONLY
    chat.exits.results = ClickOutcome.NOT_ALLOWED
    await desk.press("owner", asked.message["id"], "h1:CANCEL_BUYS")
    await last_ephemeral(house, "owner", "매매", "승인자만")
    assert chat.exits.cancelled == [frozenset({Side.BUY})]


async def test_resume_shows_every_open_point_and_how_it_is_settled(house, bot, chat) -> None:
    desk = house.discord
    chat.switch.now = TradingState.HALTED
    chat.switch.outside = TradingState.HALTED
    chat.switch.stopped = "3 시세 조회: 증권사 응답 없음"
    chat.switch.trips = (STREAK, ERRORS, LOSS)
    chat.resumption.doubtful = (
        make_order(OrderState.UNKNOWN),
        make_order(OrderState.SUBMITTING, ticket_id="SENDING1"),
        make_order(OrderState.OPERATOR_HOLD, ticket_id="HOLDING1"),
    )
    chat.resumption.holds = (SymbolHold(symbol=Symbol("102110"), since=NOW, reason="3주와 5주"),)
    chat.resumption.undelivered = (
        OutboxMessage(key="k", title="결과를 확인하지 못한 주문", text="x", created_at=NOW),
    )
    message = await desk.settled(await desk.slash("owner", "매매", "resume"))
    # Nothing has changed yet: the person has only looked.
    assert chat.resumption.pressed == []
    assert buttons(message) == ["h1:ACTIVE", "r1:ask:4F9KQ2ZD-1", "r1:ask:HOLDING1-1"]
    embed = message["embeds"][0]
    description = embed["description"]
    assert "매매 정지 상태입니다" in description
    assert "3 시세 조회: 증권사 응답 없음" in description
    assert "정지 파일(HALT)" in description
    assert "세 번 이어서 잃었습니다 — 소유자가 /재개(resume)로 풀어야" in description
    assert "증권사 오류가 잦습니다 — 원인이 사라지면" in description
    assert "하루 손실 한도 — 2023-03-03에 풀립니다" in description
    fields = {one["name"]: one["value"] for one in embed["fields"]}
    doubtful = fields["결과를 확인하지 못한 주문 3건"]
    assert "나갔을 수도, 아닐 수도" in doubtful
    assert "`4F9KQ2ZD-1` 매수 069500 · 미확인" in doubtful
    assert "102110: 3주와 5주" in fields["증권사와 수량이 다른 종목 1개"]
    assert "결과를 확인하지 못한 주문" in fields["아직 전하지 못한 알림 1건"]
    await desk.press("owner", message["id"], "h1:ACTIVE")
    said = (await public(house, "원인이 사라지면"))["content"]
    assert "소유자가 /재개(resume)를 실행해야 풀립니다" in said
    assert "세 번 이어서 잃었습니다" in said
    assert chat.resumption.pressed == [(desk.users["owner"], False)]


async def test_an_owner_releases_the_breakers(house) -> None:
    desk = house.discord
    settings = settings_for(house, owner_ids=frozenset({desk.users["owner"]}))
    chat = FakeChat(settings)
    chat.switch.trips = (STREAK,)
    async with running(house, chat):
        message = await desk.settled(await desk.slash("owner", "매매", "resume"))
        await desk.press("owner", message["id"], "h1:ACTIVE")
        said = (await public(house, "안전장치를 풀었습니다"))["content"]
    assert said.startswith("매매 가능 상태입니다")
    assert "세 번 이어서 잃었습니다" in said
    assert "소유자가" not in said


async def test_before_the_start_is_over_nothing_is_offered(house, bot, chat) -> None:
    chat.switch.now = TradingState.HALTED
    chat.resumption.not_ready = "증권사의 주문 목록을 끝까지 읽지 못해 매매를 켜지 못했습니다."
    message = await house.discord.settled(await house.discord.slash("owner", "매매", "resume"))
    assert buttons(message) == []
    (field,) = message["embeds"][0]["fields"]
    assert field["name"] == "시작이 끝나지 않았습니다"
    assert "주문 목록을 끝까지 읽지 못해" in field["value"]


async def test_nothing_open_offers_no_button(house, bot, chat) -> None:
    message = await house.discord.settled(await house.discord.slash("owner", "매매", "resume"))
    assert buttons(message) == []
    assert "남은 문제가 없습니다" in str(message["embeds"][0]["fields"])


async def test_a_stopped_day_is_said_by_status_until_it_is_lifted(house, bot, chat) -> None:
    desk = house.discord
    chat.switch.stopped = "3 시세 조회: 증권사 응답 없음"
    status = await desk.settled(await desk.slash("owner", "매매", "status"))
    headline = status["embeds"][0]["description"]
    assert "오늘 정지 상태입니다" in headline
    assert "3 시세 조회: 증권사 응답 없음" in headline
    assert "매매 가능" not in headline
    message = await desk.settled(await desk.slash("owner", "매매", "resume"))
    await desk.press("owner", message["id"], "h1:ACTIVE")
    await public(house, "매매 가능 상태입니다")
    assert chat.switch.stopped is None


@pytest.mark.parametrize(
    ("command", "button", "words"),
    [
        ("halt", "h1:HALTED", "정지하지 못했습니다"),
        ("halt", "h1:HALTED_CANCEL", "취소도 요청하지 않았습니다"),
        ("stopentry", "h1:REDUCE_ONLY", "바꾸지 못했습니다"),
        ("resume", "h1:ACTIVE", "다시 시작하지 못했습니다"),
    ],
)
async def test_a_switch_that_fails_says_so(house, bot, chat, command, button, words) -> None:
    desk = house.discord
    chat.switch.now = TradingState.HALTED
    asked = await desk.slash("owner", "매매", command)
    message = asked.message if command != "resume" else await desk.settled(asked)

    async def broken(state, *, actor, reason):
        raise StorageError("disk full")

    chat.switch.set_state = broken
    await desk.press("owner", message["id"], button)
    await last_ephemeral(house, "owner", "매매", words)
    assert chat.exits.cancelled == []


async def test_a_cancel_that_fails_after_the_halt_does_not_deny_the_halt(house, bot, chat) -> None:
    desk = house.discord
    asked = await desk.slash("owner", "매매", "halt")
    chat.exits.fault = StorageError("disk full")
    await desk.press("owner", asked.message["id"], "h1:HALTED_CANCEL")
    await last_ephemeral(house, "owner", "매매", "취소를 다 요청하지 못했습니다")
    assert chat.switch.now is TradingState.HALTED
    await public(house, "매매 정지 상태입니다")


async def test_a_stranger_presses_nothing_here(house, bot, chat) -> None:
    desk = house.discord
    chat.resumption.refused = ClickOutcome.NOT_ALLOWED
    chat.switch.now = TradingState.HALTED
    message = await desk.settled(await desk.slash("owner", "매매", "resume"))
    await desk.press("owner", message["id"], "h1:ACTIVE")
    await last_ephemeral(house, "owner", "매매", "등록된 승인자만")
    assert chat.switch.now is TradingState.HALTED
    for command in ("stopentry", "resume", "risk flatten"):
        refused = await desk.slash("stranger", "매매", command)
        assert "승인자만" in refused.message["content"]


async def test_flatten_shows_first_and_offers_an_ordinary_ticket(house, bot, chat) -> None:
    desk = house.discord
    chat.exits.found = Exposure(
        sellable=make_portfolio().account.positions,
        stuck=(replace(make_portfolio().account.positions[0], symbol=Symbol("102110")),),
        open_buys=(make_order(OrderState.WORKING),),
    )
    message = await desk.settled(await desk.slash("owner", "매매", "risk flatten"))
    assert buttons(message) == ["h1:CANCEL_BUYS", "f1:sell"]
    fields = {one["name"]: one["value"] for one in message["embeds"][0]["fields"]}
    assert "KODEX 200(069500) 3주" in fields["팔 수 있는 종목"]
    assert any(name.startswith("지금은 팔 수 없는") for name in fields)
    assert any(name.startswith("아직 살아 있는 매수") for name in fields)
    left = Violation(rule=Rule.INSTRUMENT_HALTED, symbol="102110")
    chat.exits.offered = Flattened(ticket=make_ticket("EX1TT1CK"), left_out=(left,))
    await desk.press("owner", message["id"], "f1:sell")
    said = (await last_ephemeral(house, "owner", "매매", "제안 번호 EX1TT1CK"))["content"]
    assert "✅를 눌러야 팝니다" in said
    assert "TIGER 200(102110): 거래가 정지된 종목입니다" in said
    # Pressed again: the same ticket still waits.
    chat.exits.offered = Flattened(ticket=make_ticket("EX1TT1CK"), left_out=(), is_new=False)
    await desk.press("owner", message["id"], "f1:sell")
    await last_ephemeral(house, "owner", "매매", "이미 올라간 매도 제안")


async def test_flatten_is_refused_in_words(house, bot, chat) -> None:
    desk = house.discord

    async def pressed(words: str) -> None:
        await desk.press("owner", message["id"], "f1:sell")
        await last_ephemeral(house, "owner", "매매", words)

    message = await desk.settled(await desk.slash("owner", "매매", "risk flatten"))
    await pressed("지금 팔 수 있는 종목이 없습니다")
    chat.exits.offered = Denied(violations=(Violation(rule=Rule.SESSION_CLOSED),))
    await pressed("주문을 받을 수 없는 시간입니다")
    chat.exits.fault = BrokerUnavailable("no")
    await pressed("보유 종목을 읽지 못해")
    chat.exits.fault = StorageError("no")
    await pressed("끝까지 확인하지 못했습니다")
    assert len(chat.exits.flattened) == 2
    # Halted or empty-handed there is no button to press in the first place.
    chat.switch.now = TradingState.HALTED
    halted = await desk.settled(await desk.slash("owner", "매매", "risk flatten"))
    assert buttons(halted) == []
    assert "먼저 /재개(resume)" in halted["embeds"][0]["description"]
    chat.switch.now = TradingState.ACTIVE
    chat.exits.found = Exposure(sellable=(), stuck=(), open_buys=())
    empty = await desk.settled(await desk.slash("owner", "매매", "risk flatten"))
    assert buttons(empty) == []
    assert "팔 수 있는 종목이 없습니다" in empty["embeds"][0]["description"]


@pytest.mark.parametrize(
    "route",
    [
        "POST /interactions/*/*/callback",
        "PATCH /webhooks/*/*/messages/@original",
        "POST /webhooks/*/*",
    ],
)
async def test_a_stop_does_not_depend_on_discord_taking_the_answers(
    house, bot, chat, route
) -> None:
    desk = house.discord
    asked = await desk.slash("owner", "매매", "halt")
    desk.deadline(0.2)
    desk.fault(route, "cut")
    await desk.press("owner", asked.message["id"], "h1:HALTED_CANCEL")
    async with asyncio.timeout(10):
        while not chat.exits.cancelled:  # noqa: ASYNC110 - nothing is told on the wire
            await asyncio.sleep(0.005)
    assert chat.switch.now is TradingState.HALTED
    assert chat.exits.cancelled == [frozenset(Side)]


async def test_a_resume_that_discord_did_not_acknowledge_does_nothing(house, bot, chat) -> None:
    desk = house.discord
    chat.switch.now = TradingState.HALTED
    message = await desk.settled(await desk.slash("owner", "매매", "resume"))
    desk.deadline(0.2)
    desk.fault("POST /interactions/*/*/callback", "cut")
    result = await desk.press("owner", message["id"], "h1:ACTIVE")
    assert result.failed
    assert chat.resumption.pressed == []


async def test_status_in_english_has_no_korean_lines(house, bot) -> None:
    desk = house.discord
    status = await desk.settled(await desk.slash("owner", "매매", "status", locale="en-US"))
    names = [one["name"] for one in status["embeds"][0]["fields"]]
    assert names == ["Broker", "Account"]
