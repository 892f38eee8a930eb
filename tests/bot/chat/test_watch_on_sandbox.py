"""/market watch and alerts and their messages over the wire: a real watchtower and ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.chat.surfaces import DiscordAlerts
from bot.chat.watch_embed import alarm_embed
from bot.locales import load
from core.domain.outbox import OutboxMessage
from core.domain.standing import StandingState, StandingStop
from core.services.watch.wishes import RULES_MAX, WATCHED_MAX
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.bot.chat.conftest import embed_of, running, settings_for
from tests.bot.chat.test_chat_on_sandbox import told
from tests.fakes.desk_kit import KODEX, TIGER, Kit, RecordingSurface, at
from tests.fakes.fake_chat_services import FakeChat
from tests.fakes.fake_feed import FakeFeed
from tests.fakes.hand_clock import HandClock
from tests.fakes.scripted_broker import ScriptedBroker
from tests.fakes.watch_kit import WatchKit


@pytest.fixture
async def watch(database_file, tmp_path):
    database = await open_database(f"sqlite:///{database_file}", migrate=False)
    clock = HandClock(at(10))
    broker = ScriptedBroker(
        clock, prices={KODEX: 35_000, TIGER: 30_000}, costs={TIGER: 30_000}, holdings={TIGER: 5}
    )
    kit = Kit(
        ledger=SqlLedger(database),
        clock=clock,
        broker=broker,
        surface=RecordingSurface(),
        halt_file=tmp_path / "HALT",
    )
    await kit.lease.hold(kit.ledger, clock)
    made = WatchKit(kit, FakeFeed(clock))
    made.feed.put(TIGER, 30_000)
    await made.tower.tend()
    yield made
    await database.close()


@pytest.fixture
async def talk(house, chat, watch):
    chat.watching = watch.tower
    chat.settings = replace(chat.settings, viewer_ids=frozenset({house.discord.users["stranger"]}))
    async with running(house, chat):
        yield house.discord


async def said(house, name: str, options=None, user: str = "owner", locale: str = "ko") -> str:
    result = await house.discord.slash(user, "매매", name, options, locale=locale)
    return await told(house, result)


async def test_both_groups_are_described_in_both_languages(house, talk) -> None:
    market = next(one for one in talk.commands() if one["name"] == "market")
    found = {one["name"]: one for one in market["options"]}
    assert "살필" in found["watch"]["description"]
    assert found["alerts"]["description_localizations"]["en-US"].startswith("Alerts on")
    add = {one["name"]: one for one in found["alerts"]["options"]}["add"]
    assert "승인자만" in add["description"]
    kind = next(one for one in add["options"] if one["name"] == "kind")
    assert kind["description_localizations"]["en-GB"] == "What to watch"


async def test_the_watch_list_is_filled_shown_and_emptied(house, talk, watch) -> None:
    empty = await embed_of(talk, "market watch list")
    assert "관심 종목이 없습니다" in empty["fields"][0]["value"]
    choices = await talk.autocomplete("owner", "매매", "market watch add", "symbol", "KODEX 200")
    assert choices[0]["value"] == "069500"
    assert await said(house, "market watch add", {"symbol": "069500"}) == "넣었습니다."
    assert await said(house, "market watch add", {"symbol": "KODEX 200"}) == "이미 있습니다."
    assert "봇이 아는 종목" in await said(house, "market watch add", {"symbol": "999999"})
    watch.feed.put(KODEX, 34_300, base_won=35_000, volume=1_234, nav="34400.12")
    shown = await embed_of(talk, "market watch list", user="stranger")
    assert shown["description"].endswith("(1/20).")
    assert shown["fields"][0]["value"].startswith("KODEX 200(069500): 🔻 현재가 34,300원(-2.00%)")
    listed = await talk.autocomplete("owner", "매매", "market watch remove", "symbol", "")
    assert [one["value"] for one in listed] == ["069500"]
    assert await said(house, "market watch remove", {"symbol": "069500"}) == "뺐습니다."
    assert "그런 것이 없습니다" in await said(house, "market watch remove", {"symbol": "069500"})


async def test_a_viewer_reads_and_changes_nothing(house, talk, watch) -> None:
    for name, options in (
        ("market watch add", {"symbol": "069500"}),
        ("market watch remove", {"symbol": "069500"}),
        ("market alerts add", {"kind": "loss", "value": 7}),
        ("market alerts remove", {"rule": "x"}),
        ("market alerts mute", {"hours": 1}),
        ("market alerts revoke", {"ticket": "4F9KQ2ZD"}),
    ):
        assert "승인자만" in await said(house, name, options, user="stranger")
    assert (await embed_of(talk, "market alerts list", user="stranger"))[
        "title"
    ] == "[모의투자] 알림"
    found = await watch.tower.wishes.load()
    assert found.watched == ()
    assert found.rules == ()


async def test_an_alert_is_added_by_kind_listed_muted_and_removed(house, talk, watch) -> None:
    kinds = await talk.autocomplete("owner", "매매", "market alerts add", "kind", "가격")
    assert [one["value"] for one in kinds] == ["price_above", "price_below"]
    options = {
        "kind": "price_below",
        "value": 33_000,
        "symbol": "069500",
        "repeat": "once",
        "profit_max": -2.5,
    }
    added = await said(house, "market alerts add", options)
    [rule] = watch.tower.wishes.current.rules
    line = "KODEX 200(069500) · 가격 33,000원 이하 · 한 번만 · 손익 -2.5% 이하일 때만"
    assert added == f"알림을 넣었습니다. `{rule.rule_id}` {line}"
    assert await said(house, "market alerts add", options) == "이미 있습니다."
    everything = {"kind": "day_change", "value": 3.25, "profit_min": 1}
    assert "보유·관심 종목 모두 · 하루 ±3.25% 이상" in await said(
        house, "market alerts add", everything
    )
    muted = await talk.autocomplete("owner", "매매", "market alerts mute", "rule", "모든")
    assert [one["value"] for one in muted] == ["all"]
    assert await said(house, "market alerts mute", {"rule": rule.rule_id, "hours": 2}) == (
        "2시간 동안 조용히 합니다. 손절·익절 제안은 그대로 알립니다."
    )
    embed = await embed_of(talk, "market alerts list")
    fields = {one["name"]: one["value"] for one in embed["fields"]}
    assert f"`{rule.rule_id}` {line} · 11-16 12:00까지 조용히" in fields["내가 만든 알림(2/50)"]
    assert "거래량이 20일 평균의 3배 넘음" in fields["기본 알림"]
    assert fields["오늘 울린 알림"] == "없습니다."
    choices = await talk.autocomplete("owner", "매매", "market alerts remove", "rule", "33,000")
    assert [one["value"] for one in choices] == [rule.rule_id]
    assert await said(house, "market alerts remove", {"rule": rule.rule_id}) == "뺐습니다."
    assert "그런 것이 없습니다" in await said(house, "market alerts remove", {"rule": rule.rule_id})


async def test_wrong_input_is_answered_with_what_is_possible(house, talk) -> None:
    low = await said(house, "market alerts add", {"kind": "day_change", "value": 0.01})
    assert low.startswith("하루 등락 ±%: 0.1%부터 60%까지, 0.01% 단위로")
    half = await said(house, "market alerts add", {"kind": "price_above", "value": 33_000.5})
    assert "1원부터 10,000,000원까지, 1원 단위로" in half
    odd = {"kind": "price_above", "value": 5, "symbol": "없는 이름"}
    assert "없는 이름: 봇이 아는 종목" in await said(house, "market alerts add", odd)
    assert "그런 것이 없습니다" in await said(
        house, "market alerts add", {"kind": "odd", "value": 5}
    )
    assert "그런 것이 없습니다" in await said(
        house, "market alerts mute", {"rule": "odd", "hours": 1}
    )
    english = {"kind": "loss", "value": 700}
    text = await said(house, "market alerts add", english, locale="en-US")
    assert text.startswith("unrealised loss of at least %: from 0.1% to 100%")


async def test_a_mute_and_a_full_list_say_so(house, talk, watch) -> None:
    await said(house, "market alerts mute", {"hours": 1})
    embed = await embed_of(talk, "market alerts list")
    assert "`/시스템 알림설정`에서 정합니다" in embed["description"]
    assert "모든 알림이 11-16 11:00까지 조용합니다." in embed["description"]
    assert "다시 알립니다" in await said(house, "market alerts mute", {"hours": 0})
    for number in range(RULES_MAX):
        await said(house, "market alerts add", {"kind": "price_above", "value": 100 + number})
    full = await said(house, "market alerts add", {"kind": "price_above", "value": 99})
    assert full == f"더 넣을 수 없습니다. 많아야 {RULES_MAX}개입니다. 먼저 하나를 빼 주세요."
    embed = await embed_of(talk, "market alerts list")
    assert "외" in embed["fields"][0]["value"].splitlines()[-1]
    assert WATCHED_MAX < RULES_MAX


async def test_a_stop_approved_in_advance_is_listed_and_revoked_at_once(house, talk, chat) -> None:
    nothing = await said(house, "market alerts revoke", {"ticket": "4F9KQ2ZD"})
    assert nothing.startswith("거둘 것이 없습니다.")
    stop = StandingStop(
        ticket_id="4F9KQ2ZD",
        leg=1,
        symbol=KODEX,
        quantity_max=3,
        stop_bps=700,
        floor_bps=1_400,
        until=date(2026, 12, 16),
        state=StandingState.GRANTED,
        actor_id=11,
        actor_name="주인",
        granted_at=at(10),
    )
    chat.tickets.stops = (stop,)
    embed = await embed_of(talk, "market alerts list")
    fields = {one["name"]: one["value"] for one in embed["fields"]}
    assert fields["미리 승인한 손절(상시 승인)"] == (
        "`4F9KQ2ZD` KODEX 200(069500) 최대 3주 · -7%에서 -14%까지 · 2026-12-16까지 · 주인"
    )
    [choice] = await talk.autocomplete("owner", "매매", "market alerts revoke", "ticket", "4f9")
    assert choice["value"] == "4F9KQ2ZD"
    done = await said(house, "market alerts revoke", {"ticket": " 4f9kq2zd"})
    assert done == "미리 한 손절 승인을 거두었습니다. 이제 손절에 닿으면 ✅를 여쭙니다."
    assert chat.tickets.clicks[-1][1].ticket_id == "4F9KQ2ZD"


async def test_what_fired_is_listed_newest_first(house, talk, watch) -> None:
    await watch.price(28_500, base_won=30_000)
    watch.kit.clock.move(60)
    await watch.price(31_500, base_won=30_000)
    embed = await embed_of(talk, "market alerts list", locale="en-US")
    fields = {one["name"]: one["value"] for one in embed["fields"]}
    assert fields["Fired today"].splitlines() == [
        "10:01 TIGER 200(102110) 오늘 5% 올랐습니다",
        "10:00 TIGER 200(102110) 오늘 5% 내렸습니다",
    ]


async def test_the_alert_channel_shows_a_bell_for_alerts_and_an_alarm_for_exits(
    house, watch
) -> None:
    desk = house.discord
    chat = FakeChat(settings_for(house))
    async with running(house, chat) as bot:
        watch.kit.outbox._channel = DiscordAlerts(bot)
        await watch.price(27_900, base_won=30_000)
        assert await watch.kit.outbox.deliver()
        shown = [one["embeds"][0] for one in desk.messages("알림")]
    titles = [one["title"] for one in shown]
    # The exit comes first: it must not wait for what an alert says.
    assert titles == [
        "[모의투자] 🚨 TIGER 200(102110) 손절 기준에 닿았습니다",
        "[모의투자] 🔔 TIGER 200(102110) 오늘 7% 내렸습니다",
    ]
    assert "✅를 누르기 전에는 팔지 않습니다" in shown[0]["description"]


def test_an_alarm_of_others_looks_as_it_did() -> None:
    message = OutboxMessage(key="orders:doubt:1", title="미확인", text="*x*", created_at=at(10))
    embed = alarm_embed(message, load("ko"))
    assert embed.title == "[모드를 모름] 🚨 미확인"
    assert embed.description == r"\*x\*"
    assert alarm_embed(replace(message, key="watch:rule:info:x"), load("ko")).title == (
        "[모드를 모름] 🔔 미확인"
    )
