"""/report why over the wire, and the words of a story."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from bot.chat.cogs.why import as_text, story_embed
from bot.chat.story_words import sections
from bot.locales import load
from core.domain.journal import JournalEntry, JournalLine, TradeRecord
from core.domain.money import Shares, Won
from core.domain.orders import Attempt, BrokerOrderRef, FillObservation, OrderState
from core.domain.story import OrderStory, Story
from core.domain.tickets import Approval, TicketState
from tests.bot.chat.hostile import corpus
from tests.bot.chat.test_chat_on_sandbox import told
from tests.bot.chat.test_ticket_embed import assert_within_limits
from tests.bot.chat.test_truthful_embeds import assert_is_only_text
from tests.fakes.fake_chat_services import NOW, make_order, make_ticket

KO = load("ko")
ID = "4F9KQ2ZD"


def line(kind: str, actor: str, subject: str = ID, seconds: int = 0, **facts: object):
    at = NOW + timedelta(seconds=seconds)
    return JournalEntry(
        at=at, kind=kind, actor=actor, subject=subject, facts=facts, build="0.3.0 abc123"
    )


def make_story(steps: int = 0) -> Story:
    order = make_order(
        OrderState.FILLED, filled=7, ref=BrokerOrderRef(number="0000012345"), reason="이유 있음"
    )
    record = TradeRecord(
        record_id=f"{ID}-1",
        at=NOW,
        symbol="069500",
        action="buy",
        quantity=3,
        justification="모멘텀",
        market=json.dumps({"last_won": 35_150, "best_ask_won": 35_155, "received_at": "10:00"}),
        portfolio_before=json.dumps(
            {"nav_won": 1_000_000, "positions": {"102110": {"quantity": 5}}}
        ),
    )
    sent = line(
        "order.working",
        "broker",
        f"{ID}-1",
        3,
        request='{"PDNO":"069500"}',
        answer='{"rt_cd":"0"}',
        number="0000012345",
    )
    polls = [line("order.waiting", "desk", f"{ID}-1", n, reason="시세" * 30) for n in range(steps)]
    return Story(
        subject=ID,
        ticket=make_ticket(state=TicketState.APPROVED, notes=("수량 조정 5 → 3",)),
        approval=Approval(
            ticket_id=ID,
            actor_id=7,
            actor_name="주인",
            interaction_id=1,
            message_id=2,
            clicked_at=NOW,
            payload_hash="t1:abc",
        ),
        orders=(
            OrderStory(
                order=order,
                attempt=Attempt(
                    order_id=order.order_id,
                    signature="069500:buy:7:35155",
                    session=NOW.date(),
                    armed_at=NOW,
                    known_numbers=frozenset(),
                ),
                fills=(
                    FillObservation(
                        order_id=order.order_id,
                        quantity=Shares(7),
                        price_won=Won(35_150),
                        cumulative=7,
                        observed_at=NOW,
                    ),
                ),
                record=record,
                lines=(line("order.gated", "desk", f"{ID}-1", 2, last_won=35_150), sent, *polls),
            ),
        ),
        records=(),
        lines=(
            line("ticket.presented", "model"),
            line("ticket.approved", "7", seconds=1, name="주인"),
        ),
    )


def told_text(story: Story) -> str:
    return as_text(ID, sections(story, KO), KO).decode()


def test_a_story_tells_who_why_when_and_on_what() -> None:
    text = told_text(make_story())
    for words in (
        "03-02 10:00:00 사용자 · 모의투자",
        "모멘텀 상위",
        "매수 KODEX 200(069500) 3주 × 35,150원 = 105,450원 · 승인 범위: 최대 7주",
        "수량 조정 5 → 3",
        "069500: 현재가 35,150원 · 매도호가 35,155원 · 매수호가 -원",
        "순자산 1,000,000원 · 보유: 102110 5",
        "주인 (7) · 승인한 내용 t1:abc",
        "상태 체결 · 체결 7/7주",
        "보낸 조건: 069500:buy:7:35155 · 03-02 10:00:00 · 증권사 주문번호 0000012345",
        '보낸 내용: {"PDNO":"069500"}',
        '받은 답: {"rt_cd":"0"}',
        "체결 7주 × 35,150원 (누적 7주)",
        "03-02 10:00:00 제안을 보임 · AI",
        "03-02 10:00:01 승인 · 주인 (7)",
        "03-02 10:00:02 점검 완료 · 봇 · last_won=35150",
        "프로그램: 0.3.0 abc123",
    ):
        assert words in text, words
    # The order of the steps is the order of time.
    assert text.index("제안을 보임") < text.index("승인 · 주인") < text.index("점검 완료 · 봇")


def test_what_is_not_stored_is_not_told() -> None:
    story = make_story()
    assert story.approval is not None
    assert story.orders[0].record is not None
    bare = replace(story.orders[0], attempt=None, fills=(), record=None, lines=())
    policy = replace(story.approval, actor_id=0)
    text = told_text(replace(story, orders=(bare,), approval=policy, lines=()))
    assert "보낸 기록이 없습니다" in text
    assert "자동 승인 정책" in text
    assert "그때의 시장" not in text
    assert "받은 답" not in text
    assert "승인 기록이 없습니다" in told_text(replace(story, approval=None))
    broken = replace(story.orders[0].record, market="{", portfolio_before="[]")
    odd = replace(story, orders=(replace(story.orders[0], record=broken),))
    assert "그때의" not in told_text(odd)
    nothing = replace(broken, portfolio_before='{"nav_won": 5}')
    empty = replace(story, orders=(replace(story.orders[0], record=nothing),))
    assert "순자산 5원 · 보유: 없음" in told_text(empty)
    unknown = Story(
        subject="everything",
        ticket=None,
        approval=None,
        orders=(),
        records=(),
        lines=(line("something.new", "who"), line("orders.flatten", "99"), line("x", "")),
    )
    text = told_text(unknown)
    assert "something.new · who" in text
    assert "orders.flatten · 사용자 99" in text


def test_long_stories_are_shortened_within_the_limits() -> None:
    for steps in (0, 40, 900):
        embed, is_whole = story_embed(ID, sections(make_story(steps), KO), KO)
        assert_within_limits(embed)
        assert is_whole == (steps == 0)


def test_foreign_text_in_a_story_is_only_text() -> None:
    for text in corpus():
        story = make_story()
        assert story.ticket is not None
        told_ticket = replace(story.ticket, reason=text, notes=(text,))
        odd = replace(story, ticket=told_ticket, lines=(line("x", "y", fact=text, name=text),))
        embed, _ = story_embed(ID, sections(odd, KO), KO)
        for field in embed.fields:
            assert_is_only_text(str(field.value))


async def test_why_is_asked_with_help_and_answered_to_the_person(house, bot, chat) -> None:
    desk = house.discord
    chat.audit.stories = {ID: make_story()}
    chat.orders.today = (make_order(OrderState.FILLED, filled=7),)
    entries = (line("ticket.presented", "model"), line("switch.set", "7", "trading"))
    chat.audit.lines = tuple(
        JournalLine(number=n, entry=entry, line_hash="h") for n, entry in enumerate(entries)
    )
    choices = await desk.autocomplete("owner", "매매", "report why", "subject", "")
    assert [(one["name"], one["value"]) for one in choices] == [
        (f"{ID}-1 · 매수 KODEX 200 · 체결", f"{ID}-1"),
        (f"{ID} · 03-02 10:00", ID),
    ]
    found = await desk.autocomplete("owner", "매매", "report why", "subject", "kodex")
    assert [one["value"] for one in found] == [f"{ID}-1"]
    message = await desk.settled(
        await desk.slash("owner", "매매", "report why", {"subject": ID.lower()})
    )
    assert message["embeds"][0]["title"] == f"[모의투자] 왜? {ID}"
    assert desk.files(message["id"]) == {}
    chat.audit.stories = {ID: make_story(200)}
    message = await desk.settled(await desk.slash("owner", "매매", "report why", {"subject": ID}))
    file = desk.files(message["id"])[f"why-{ID}.txt"].decode()
    assert file.count("기다림") == 200
    assert "붙인 파일" in message["embeds"][0]["description"]
    for odd in ("NOTHERE1", "../../etc", "@everyone"):
        result = await desk.slash("owner", "매매", "report why", {"subject": odd})
        assert "기록이 없습니다" in await told(house, result)
    refused = await desk.slash("stranger", "매매", "report why", {"subject": ID})
    assert "등록된 사용자만" in refused.message["content"]
