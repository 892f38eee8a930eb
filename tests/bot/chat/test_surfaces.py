from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import discord
import pytest

from bot.chat.client import TradeBot
from bot.chat.report_embeds import briefing_embed, closing_embed
from bot.chat.surfaces import DiscordAlerts, DiscordReports, DiscordTicketSurface, Undeliverable
from bot.locales import load
from core.domain.books import SymbolHold
from core.domain.briefing import Briefing, ClosingReport, NewsLine
from core.domain.instrument import Symbol
from core.domain.journal import JournalHead
from core.domain.modes import Mode
from core.domain.money import Shares, Won
from core.domain.news_facts import SourceLink, SummaryLine
from core.domain.orders import FillObservation, OrderState, Side
from core.domain.outbox import OutboxMessage
from core.domain.plan import PlannedAction, Ranking, TradingPlan
from core.errors import DeliveryRefused
from tests.bot.chat.conftest import running
from tests.bot.chat.test_ticket_embed import HOSTILE, assert_within_limits
from tests.fakes.fake_chat_services import (
    NOW,
    FakeChat,
    make_order,
    make_portfolio,
    make_ticket,
    make_view,
)

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16


def make_plan(count: int = 2, **changes: object) -> TradingPlan:
    plan = TradingPlan(
        day=NOW.date(),
        decided_on=NOW.date(),
        is_rebalance=True,
        actions=tuple(
            PlannedAction(
                symbol=Symbol("069500"),
                name="KODEX 200",
                side=Side.BUY,
                quantity=3,
                price_won=35_150,
                justification="상위 " + HOSTILE * count,
            )
            for _ in range(count)
        ),
        rankings=tuple(
            Ranking(
                symbol=Symbol("069500"),
                name="KODEX 200",
                score=0.1 - i / 9,
                weight=0.0 if i else 0.374,
                close_won=1,
            )
            for i in range(count)
        ),
        risk_assessment="보통",
        expected_outcome="",
        data_note="한 계열로 둘 다 씁니다",
    )
    return replace(plan, **changes)  # type: ignore[arg-type]


def make_briefing(count: int = 2, **changes: object) -> Briefing:
    briefing = Briefing(
        day=NOW.date(),
        mode=Mode.SIM,
        account="50****-01",
        portfolio=make_portfolio(count),
        plan=make_plan(count),
        ticket_id="4F9KQ2ZD",
        refusals=("현금 부족",) * count,
        news=(NewsLine(source="연합", title=HOSTILE, published_at=None),) * count,
        comment=HOSTILE * count,
        warnings=("뉴스를 읽지 못했습니다",) * count,
        created_at=NOW,
    )
    return replace(briefing, **changes)  # type: ignore[arg-type]


def make_closing(**changes: object) -> ClosingReport:
    order = make_order(OrderState.FILLED, filled=7, average_price_won=Decimal("35120.6"))
    fill = FillObservation(
        order_id=order.order_id,
        quantity=Shares(7),
        price_won=Won(35_120),
        cumulative=7,
        observed_at=NOW,
    )
    report = ClosingReport(
        day=NOW.date(),
        mode=Mode.SIM,
        account="50****-01",
        portfolio=make_portfolio(),
        orders=(order, make_order(OrderState.BLOCKED, 2, reason="늦음")),
        fills=(fill,),
        fees_won=36,
        taxes_won=0,
        nav_before_won=990_000,
        warnings=(),
        created_at=NOW,
    )
    return replace(report, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("locale", ["ko", "en"])
@pytest.mark.parametrize("count", [0, 2, 60])
def test_reports_stay_within_discords_limits(locale: str, count: int) -> None:
    phrases = load(locale)
    assert_within_limits(briefing_embed(make_briefing(count), phrases))
    orders = make_closing().orders * count
    closing = make_closing(orders=orders, warnings=("경고 " * 300,) * count)
    assert_within_limits(closing_embed(closing, phrases))


def test_a_briefing_says_why_nothing_is_bought() -> None:
    phrases = load("ko")
    plan = make_plan(0, why_nothing="양수인 점수가 없습니다.")
    text = briefing_embed(make_briefing(plan=plan, ticket_id=None), phrases).description
    assert text == "오늘은 주문하지 않습니다: 양수인 점수가 없습니다."
    failed = briefing_embed(make_briefing(plan=None, portfolio=None), phrases).description
    assert failed is not None
    assert failed.startswith("오늘 계획을 만들지 못했습니다")
    refused = briefing_embed(make_briefing(ticket_id=None), phrases).description
    assert refused is not None
    assert "위험 점검에서 막혀" in refused


def test_only_what_is_bought_has_a_weight() -> None:
    fields = briefing_embed(make_briefing(), load("ko")).fields
    (momentum,) = [str(one.value) for one in fields if one.name == "모멘텀 순위(12-1)"]
    assert momentum.splitlines() == [
        "🔺 KODEX 200(069500) +10.0% · 종가 1원 · 비중 37%",
        "🔻 KODEX 200(069500) -1.1% · 종가 1원",
    ]


def test_a_closing_report_counts_orders_and_change() -> None:
    phrases = load("ko")
    embed = closing_embed(make_closing(), phrases)
    assert "주문 2건: 체결 1건 · " in str(embed.description)
    assert "🔺 순자산 995,450원 (+5,450원)" in str(embed.description)
    assert "체결 7/7주, 평균 35,121원" in str(embed.fields[0].value)
    head = JournalHead(lines=1_234, line_hash="0123456789abcdef" * 4)
    assert "1,234" in str(closing_embed(make_closing(journal=head), phrases).description)
    assert "0123456789ab" in str(closing_embed(make_closing(journal=head), phrases).description)
    quiet = closing_embed(make_closing(orders=(), fills=(), nav_before_won=None), phrases)
    assert str(quiet.description).splitlines() == [
        "오늘은 주문이 없었습니다.",
        "보유 수량을 증권사와 비교했습니다. 멈춰 둔 종목이 없습니다.",
    ]
    hold = SymbolHold(symbol=Symbol("069500"), since=NOW, reason="장부 7주, 증권사 5주")
    closing = make_closing(holds=(hold,), cash_moved_won=-50_000)
    differs = closing_embed(closing, phrases, {"069500": "KODEX 200"})
    assert "멈춰 둔 종목이 없습니다" not in str(differs.description)
    assert "예수금 변화: -50,000원" in str(differs.description)
    assert (differs.fields[0].name, differs.fields[0].value) == (
        "주문을 멈춘 종목 1개",
        "KODEX 200(069500) — 장부 7주, 증권사 5주",
    )


async def test_reports_are_posted_with_their_picture(house, bot: TradeBot) -> None:
    reports = DiscordReports(bot)
    await reports.show_briefing(make_briefing(), PNG)
    await reports.show_closing(make_closing(), None)
    first, second = house.discord.messages("매매")
    assert house.discord.files(first["id"]) == {"briefing-20230302.png": PNG}
    assert "[시뮬레이션] 마감 보고 2023-03-02" in second["embeds"][0]["title"]


def alarm(key: str, title: str, text: str) -> OutboxMessage:
    return OutboxMessage(key=key, title=title, text=text, created_at=make_view().ticket.created_at)


async def test_alarms_are_posted_and_never_raise(house, bot: TradeBot) -> None:
    alerts = DiscordAlerts(bot)
    first = alarm("doubt:4F9KQ2ZD-1:0", "미확인 주문", HOSTILE)
    assert await alerts.post(first) is True
    # The answer was lost, or the process died before it was stored: it is posted again.
    assert await alerts.post(first) is True
    (message,) = house.discord.messages("알림")
    assert message["embeds"][0]["title"] == "[모의투자] 🚨 미확인 주문"
    house.discord.fault("POST /channels/*/messages", "503")
    assert await alerts.post(alarm("k2", "둘째", "x" * 9000)) is False
    assert await alerts.post(alarm("k2", "둘째", "x" * 9000)) is True
    titles = [item["embeds"][0]["title"] for item in house.discord.messages("알림")]
    assert titles == ["[모의투자] 🚨 미확인 주문", "[모의투자] 🚨 둘째"]


async def test_a_deleted_ticket_message_is_sent_anew(house, bot: TradeBot) -> None:
    surface = DiscordTicketSurface(bot)
    channel_id, message_id = await surface.show_ticket(make_view())
    await bot.get_partial_messageable(channel_id).get_partial_message(message_id).delete()
    ticket = make_ticket(channel_id=channel_id, message_id=message_id, version=2)
    again = await surface.show_ticket(make_view(ticket))
    assert again[0] == channel_id
    assert again[1] != message_id


async def test_deleted_messages_and_threads_are_told_to_the_desk(
    house, bot: TradeBot, chat: FakeChat
) -> None:
    async def told(what: tuple[int, int | None]) -> None:
        async with asyncio.timeout(30):
            while what not in chat.tickets.vanished:  # noqa: ASYNC110 - no event tells it
                await asyncio.sleep(0.005)

    channel = bot.get_channel(bot.services.settings.main_channel_id)
    assert isinstance(channel, discord.TextChannel)
    channel_id, message_id = await DiscordTicketSurface(bot).show_ticket(make_view())
    await channel.get_partial_message(message_id).delete()
    await told((channel_id, message_id))
    thread = await channel.create_thread(name="대화", type=discord.ChannelType.public_thread)
    await thread.delete()
    await told((thread.id, None))


async def test_what_was_deleted_while_the_bot_was_off_is_told_at_its_start(house, chat) -> None:
    async with running(house, chat) as one:
        kept = await DiscordTicketSurface(one).show_ticket(make_view())
        gone = await DiscordTicketSurface(one).show_ticket(make_view(make_ticket("G0NE0000")))
        unsure = await DiscordTicketSurface(one).show_ticket(make_view(make_ticket("UNSURE00")))
        await one.get_partial_messageable(gone[0]).get_partial_message(gone[1]).delete()
    chat.tickets.vanished.clear()
    chat.tickets.waiting = [unsure, kept, gone]
    house.discord.fault("GET /channels/*/messages/*", "cut")
    async with running(house, chat), asyncio.timeout(30):
        while not chat.tickets.vanished:  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.005)
    assert chat.tickets.vanished == [gone]


@pytest.mark.parametrize("fault", ["429", "500", "502", "503", "504", "cut", "lost"])
async def test_a_fault_of_discord_neither_loses_nor_doubles_a_ticket(
    house, bot: TradeBot, fault: str
) -> None:
    surface = DiscordTicketSurface(bot)
    house.discord.fault("POST /channels/*/messages", fault, retry_after=0.01)
    try:
        shown = await surface.show_ticket(make_view())
    except Undeliverable:
        # What the publisher does: the same ticket again, with the same nonce.
        shown = await surface.show_ticket(make_view())
    (message,) = house.discord.messages("매매")
    assert shown[1] == int(message["id"])
    later = make_view(make_ticket(channel_id=shown[0], message_id=shown[1], version=2))
    house.discord.fault("PATCH /channels/*/messages/*", fault, retry_after=0.01)
    try:
        again = await surface.show_ticket(later)
    except Undeliverable:
        again = await surface.show_ticket(later)
    assert again == shown
    assert len(house.discord.messages("매매")) == 1


@pytest.mark.parametrize("chart", [PNG, None])
async def test_a_report_whose_answer_was_lost_shows_once(house, bot: TradeBot, chart) -> None:
    reports = DiscordReports(bot)
    for show in (
        lambda: reports.show_briefing(make_briefing(), chart),
        lambda: reports.show_closing(make_closing(), chart),
    ):
        house.discord.fault("POST /channels/*/messages", "lost")
        with pytest.raises(Undeliverable):
            await show()
        await show()
    assert len(house.discord.messages("매매")) == 2


async def test_a_repeated_send_gives_the_same_message(house, bot: TradeBot) -> None:
    surface = DiscordTicketSurface(bot)
    assert await surface.show_ticket(make_view()) == await surface.show_ticket(make_view())
    assert len(house.discord.messages("매매")) == 1


async def test_an_archived_thread_is_opened_for_an_edit(house, bot: TradeBot) -> None:
    surface = DiscordTicketSurface(bot)
    channel = bot.get_channel(bot.services.settings.main_channel_id)
    assert isinstance(channel, discord.TextChannel)
    thread = await channel.create_thread(name="대화", type=discord.ChannelType.public_thread)
    ticket = make_ticket(channel_id=thread.id)
    where = await surface.show_ticket(make_view(ticket))
    assert where[0] == thread.id
    await thread.edit(archived=True)
    ticket = replace(ticket, message_id=where[1], version=2)
    assert await surface.show_ticket(make_view(ticket)) == where
    await thread.delete()
    moved = await surface.show_ticket(make_view(ticket))
    assert moved[0] == bot.services.settings.main_channel_id


async def test_what_discord_refuses_is_not_taken_for_an_outage(house, bot: TradeBot) -> None:
    surface = DiscordTicketSurface(bot)
    shown = await surface.show_ticket(make_view())
    later = make_view(make_ticket(channel_id=shown[0], message_id=shown[1], version=2))
    assert bot.user is not None
    house.discord.overwrite("매매", bot.user.id, deny=discord.Permissions(view_channel=True).value)
    with pytest.raises(DeliveryRefused):
        await surface.show_ticket(later)
    house.discord.overwrite("매매", bot.user.id)
    assert await surface.show_ticket(later) == shown


async def test_no_connection_is_undeliverable(chat: FakeChat) -> None:
    bot = TradeBot(chat.services())
    with pytest.raises(Undeliverable):
        await DiscordTicketSurface(bot).show_ticket(make_view())
    await bot.close()


def test_a_summary_links_its_sources_and_says_who_read_the_news() -> None:
    lines = (
        SummaryLine(
            text=HOSTILE,
            sources=(
                SourceLink(name="한경", link="https://www.hankyung.com/1"),
                SourceLink(name="[연합](x)", link=""),
                SourceLink(name="긴", link="https://www.yna.co.kr/" + "1" * 200),
            ),
        ),
    )
    briefing = make_briefing(
        news_summary=lines,
        news_facts=(HOSTILE, "KODEX 200: 상승"),
        news_note="규칙으로 골랐습니다.",
    )
    embed = briefing_embed(briefing, load("ko"))
    assert_within_limits(embed)
    fields = {field.name: str(field.value) for field in embed.fields}
    summary, facts = fields["뉴스 요약"], fields["뉴스에서 뽑은 사실"]
    assert summary.count("](") == 1 + summary.count("\\](")
    assert "[한경](https://www.hankyung.com/1)" in summary
    assert "yna" not in summary
    assert "KODEX 200: 상승" in facts
    assert facts.endswith("규칙으로 골랐습니다.")
    assert "@everyone" not in summary + facts
    plain = briefing_embed(replace(briefing, news_summary=(), news_facts=()), load("ko"))
    assert "뉴스 요약" not in {field.name for field in plain.fields}


def test_a_briefing_says_how_much_it_leaves_out_for_a_phone() -> None:
    titles = tuple(
        NewsLine(title=f"{'길게 ' * 30}{n}", source="한경", published_at=None) for n in range(12)
    )
    facts = tuple(f"사실 {n}" for n in range(6))
    said = SummaryLine(text="요약", sources=())
    briefing = make_briefing(
        12, news=titles, news_facts=facts, news_summary=(said,), news_note="규칙으로"
    )

    def told(one: Briefing) -> dict[str | None, list[str]]:
        return {
            field.name: str(field.value).splitlines()
            for field in briefing_embed(one, load("ko")).fields
        }

    shown = told(briefing)
    assert (len(shown["모멘텀 순위(12-1)"]), shown["모멘텀 순위(12-1)"][-1]) == (6, "…외 7건")
    assert shown["뉴스에서 뽑은 사실"][3:] == ["• 사실 3", "…외 2건", "규칙으로"]
    assert (len(shown["뉴스: 기사 제목(인용)"]), shown["뉴스: 기사 제목(인용)"][-1]) == (
        4,
        "…외 9건",
    )
    # Without a summary as many as there is room for, and the rest is counted all the same.
    alone = told(replace(briefing, news_summary=()))["뉴스: 기사 제목(인용)"]
    assert 3 < len(alone) - 1 < 12
    assert alone[-1] == f"…외 {12 - (len(alone) - 1)}건"
