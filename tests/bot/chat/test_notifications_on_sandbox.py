"""/system notifications over the wire, and whom the messages of the bot call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.chat.surfaces import DiscordAlerts, DiscordReports, DiscordTicketSurface
from core.domain.modes import Mode
from core.domain.notices import Loudness, NoticeKind
from core.domain.outbox import OutboxMessage
from core.domain.quiet_hours import quiet_hours
from core.runtime.notice_book import NoticeBook
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.bot.chat.conftest import embed_of, running, settings_for
from tests.bot.chat.test_chat_on_sandbox import told
from tests.bot.chat.test_surfaces import PNG, make_briefing, make_closing
from tests.fakes.fake_chat_services import NOW, make_ticket, make_view

SUPPRESS_NOTIFICATIONS = 1 << 12
ALWAYS = "긴급 알림은 무엇으로도 꺼지지 않고 바로 올라옵니다."


@pytest.fixture
async def book(database_file, chat):
    database = await open_database(f"sqlite:///{database_file}", migrate=False)
    made = NoticeBook(SqlLedger(database), chat.clock, lambda: chat.settings.approver_ids)
    await made.load()
    yield made
    await database.close()


@pytest.fixture
async def bot(house, chat, book):
    chat.notices = book
    viewers = frozenset({house.discord.users["stranger"]})
    chat.settings = replace(chat.settings, viewer_ids=viewers)
    async with running(house, chat) as one:
        yield one


async def said(house, name, options=None, user="owner", locale="ko"):
    return await told(house, await house.discord.slash(user, "매매", name, options, locale=locale))


def alarm(key: str) -> OutboxMessage:
    return OutboxMessage(key=key, title="제목", text="글", created_at=NOW)


def rings_for(message) -> set[int]:
    """Return whom a message calls; one that calls nobody must say so to every phone."""
    called = {int(one["id"]) for one in message["mentions"]}
    assert bool(called) is not bool(message["flags"] & SUPPRESS_NOTIFICATIONS)
    return called


async def test_the_list_shows_every_kind_my_hours_and_what_is_never_off(house, bot, book) -> None:
    owner = house.discord.users["owner"]
    await book.set_quiet(quiet_hours("22:00-07:00"), by=owner)
    await book.keep(NoticeKind.BRIEFING, "x", "브리핑")
    embed = await embed_of(house.discord, "system notifications list")
    fields = {one["name"]: one["value"] for one in embed["fields"]}
    assert fields["종류마다"].splitlines() == [
        "주문 결과(모두 체결·취소·거부로 끝났을 때): 🔔 부릅니다",
        "곧 만료되는 제안: 🔔 부릅니다",
        "가격·거래량·손익 알림: 🔔 부릅니다",
        "아침 브리핑: 🔕 소리 없이 올립니다",
        "마감 보고: 🔕 소리 없이 올립니다",
        "주간 돌아보기: 🔕 소리 없이 올립니다",
        "한 달의 편지: 🔕 소리 없이 올립니다",
        "살림(백업·디스크·시트·보고의 실패처럼 밤에는 기다려도 되는 일): 🔔 부릅니다",
    ]
    assert fields["내 조용한 시간"] == "매일 22:00-07:00"
    assert "매일 16:00에" in fields["모아 보기"]
    assert "지금 모아 둔 것 1건" in fields["모아 보기"]
    assert fields["끌 수 없는 것"].endswith(ALWAYS)
    english = await embed_of(
        house.discord, "system notifications list", user="stranger", locale="en-US"
    )
    fields = {one["name"]: one["value"] for one in english["fields"]}
    assert fields["My quiet hours"] == "None"
    assert "Weekly reflection: 🔕 posted without a sound" in fields["By kind"]


async def test_a_choice_says_what_it_does_and_what_it_never_touches(house, bot, book) -> None:
    name = "system notifications set"
    kinds = await house.discord.autocomplete("owner", "매매", name, "kind", "만료")
    assert kinds == [{"name": "곧 만료되는 제안", "value": "reminder"}]
    for how, words in (
        ("off", "이제 올리지 않고, 매일 16:00의 모아 보기에"),
        ("silent", "이제 소리 없이 올립니다."),
        ("on", "이제 부릅니다. 조용한 시간인 사람은"),
    ):
        text = await said(house, name, {"kind": "reminder", "loudness": how})
        assert text.startswith(f"곧 만료되는 제안: {words}")
        assert text.endswith(ALWAYS)
        assert book.current.loudness(NoticeKind.REMINDER) is Loudness(how)
    text = await said(house, name, {"kind": "tickets", "loudness": "off"})
    assert text.startswith("tickets: 소리를 정할 수 있는 종류가 아닙니다.")
    assert text.endswith(ALWAYS)


async def test_quiet_hours_are_set_and_ended_by_each_for_themselves(house, bot, book) -> None:
    name, owner = "system notifications quiet", house.discord.users["owner"]
    text = await said(house, name, {"begins": "9:30", "ends": "10:30"})
    assert text.startswith("매일 09:30-10:30에는 나를 부르지 않습니다.")
    assert text.endswith(ALWAYS)
    assert str(book.current.hours_of(owner)) == "09:30-10:30"
    assert book.all_asleep()
    for wrong in (
        {"begins": "22:00"},
        {"begins": "x", "ends": "8:00"},
        {"begins": "1:00", "ends": "1:00"},
    ):
        assert "09:30처럼" in await said(house, name, wrong)
    assert book.all_asleep()
    assert (await said(house, name)).startswith("내 조용한 시간을 없앴습니다.")
    assert book.current.hours_of(owner) is None


async def test_a_viewer_reads_and_changes_nothing(house, bot, book) -> None:
    for name, options in (
        ("system notifications set", {"kind": "watch", "loudness": "off"}),
        ("system notifications quiet", {}),
    ):
        assert "승인자만" in await said(house, name, options, user="stranger")
    assert book.current.chosen == {}
    assert book.current.own_hours == {}


async def test_what_cannot_be_stored_says_so(house, chat) -> None:
    chat.notices.fails = True
    async with running(house, chat):
        text = await said(house, "system notifications set", {"kind": "watch", "loudness": "off"})
    assert "소리 없이" not in text
    assert "올리지 않고" not in text
    assert chat.notices.current.chosen == {}


async def test_an_alarm_calls_by_its_kind_and_an_emergency_everybody_at_any_hour(
    house, bot, book
) -> None:
    owner, alerts = house.discord.users["owner"], DiscordAlerts(bot)
    await book.choose(NoticeKind.RESULT, Loudness.SILENT, by=owner)
    keys = (
        "reminder:70:901",
        "result:70:901:4F9KQ2ZD",
        "watch:rule:info:day_change:069500:x",
        "doubt:4F9KQ2ZD-1:0",
        "watch:urgent:exit:4F9KQ2ZD",
        "digest:on:reminder:1:2",
        "digest:silent:report:closing:x",
    )
    expected = [{owner}, set(), {owner}, {owner}, {owner}, {owner}, set()]
    for key in keys:
        assert await alerts.post(alarm(key))
    assert [rings_for(one) for one in house.discord.messages("알림")] == expected
    await book.set_quiet(quiet_hours("09:00-11:00"), by=owner)
    for key in keys:
        assert await alerts.post(alarm(f"{key}:night"))
    night = house.discord.messages("알림")[len(keys) :]
    assert [rings_for(one) for one in night] == [
        set(),
        set(),
        set(),
        {owner},
        {owner},
        set(),
        set(),
    ]


async def test_a_reminder_and_a_result_lead_to_their_ticket(house, bot) -> None:
    alerts = DiscordAlerts(bot)
    for key in ("reminder:70:901", "result:70:902:4F9KQ2ZD", "watch:urgent:exit:4F9KQ2ZD"):
        assert await alerts.post(alarm(key))
    reminder, result, other = house.discord.messages("알림")
    links = [one["components"][0]["components"][0]["url"] for one in (reminder, result)]
    guild = house.discord.guild_id
    assert links == [
        f"https://discord.com/channels/{guild}/70/901",
        f"https://discord.com/channels/{guild}/70/902",
    ]
    assert other["components"] == []
    assert "🔔" in result["embeds"][0]["title"]


async def test_people_are_called_and_nobody_whom_a_text_names(house, bot) -> None:
    stranger = house.discord.users["stranger"]
    named = replace(alarm("doubt:x"), title=f"<@{stranger}> @everyone", text=f"<@{stranger}>")
    assert await DiscordAlerts(bot).post(named)
    [message] = house.discord.messages("알림")
    assert rings_for(message) == {house.discord.users["owner"]}
    assert not message["mention_everyone"]


async def test_reports_are_silent_called_or_only_in_the_digest(house, bot, book) -> None:
    owner, reports = house.discord.users["owner"], DiscordReports(bot)
    await reports.show_briefing(make_briefing(), PNG)
    await book.choose(NoticeKind.CLOSING, Loudness.ON, by=owner)
    await reports.show_closing(make_closing(), None)
    assert [rings_for(one) for one in house.discord.messages("매매")] == [set(), {owner}]
    await book.choose(NoticeKind.CLOSING, Loudness.OFF, by=owner)
    await reports.show_closing(make_closing(), PNG)
    assert len(house.discord.messages("매매")) == 2
    assert await book.waiting() == 1


async def test_a_ticket_is_never_off_and_calls_who_is_awake(house, bot, book) -> None:
    owner, surface = house.discord.users["owner"], DiscordTicketSurface(bot)
    for kind in NoticeKind:
        await book.choose(kind, Loudness.OFF, by=owner)
    await surface.show_ticket(make_view())
    await book.set_quiet(quiet_hours("09:00-11:00"), by=owner)
    await surface.show_ticket(make_view(make_ticket("N1GHT000")))
    assert [rings_for(one) for one in house.discord.messages("매매")] == [{owner}, set()]


async def test_an_alarm_with_nobody_to_call_is_not_posted_without_a_sound(house, chat) -> None:
    chat.settings = settings_for(house, approver_ids=frozenset(), owner_ids=frozenset())
    chat.installation.mode = Mode.SIM
    async with running(house, chat) as bot:
        assert await DiscordAlerts(bot).post(alarm("doubt:x"))
    [message] = house.discord.messages("알림")
    assert message["mentions"] == []
    assert not message["flags"] & SUPPRESS_NOTIFICATIONS
