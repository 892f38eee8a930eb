"""/system over the wire: mode, settings, self-check, calendar, a day's rest, the panel."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.chat.system_words import calendar_embed
from bot.locales import load
from core.domain.breakers import Breaker
from core.domain.calendar import TradingCalendar
from core.domain.checkup import Check, Verdict
from core.domain.modes import Mode, TradingState
from tests.bot.chat.conftest import embed_of, running, settings_for
from tests.bot.chat.test_chat_on_sandbox import told
from tests.fakes.fake_chat_services import FakeArming


@pytest.mark.parametrize("mode", list(Mode))
async def test_mode_says_what_it_means_and_changes_nothing(house, bot, chat, mode) -> None:
    chat.installation.mode = mode
    embed = await embed_of(house.discord, "system mode")
    assert "바꾸지 않습니다" in embed["description"]
    assert "kis ****01" in embed["description"]
    assert ("실제 돈이 움직입니다" in embed["description"]) is (mode is Mode.REAL)


async def test_mode_of_a_real_account_tells_what_is_missing(house, chat) -> None:
    chat.installation.mode, chat.arming = Mode.OBSERVE, FakeArming()
    async with running(house, chat):
        embed = await embed_of(house.discord, "system mode", locale="en-US")
    assert embed["title"] == "[Observe] Mode"
    assert "✘ 소유자가 디스코드에서 /risk arm 으로" in embed["description"]


async def test_settings_are_for_owners_and_masked_as_the_reader_gives_them(house, chat) -> None:
    desk = house.discord
    chat.settings = replace(chat.settings, owner_ids=frozenset({desk.users["owner"]}))
    async with running(house, chat):
        message = await desk.settled(await desk.slash("owner", "매매", "system settings"))
        assert message["content"].startswith("설정 2개입니다")
        assert message["attachments"][0]["filename"] == "settings.txt"
        one = await desk.slash("owner", "매매", "system settings", {"name": "LOCALE"})
        assert await told(house, one) == "`LOCALE` = ko"
        choices = await desk.autocomplete("owner", "매매", "system settings", "name", "TOKEN")
        assert choices == [{"name": "DISCORD_TOKEN", "value": "discord_token"}]
        none = await desk.slash("owner", "매매", "system settings", {"name": "없음"})
        assert "그런 설정이 없습니다" in await told(house, none)
        refused = await desk.slash("stranger", "매매", "system settings")
        assert refused.message["content"].startswith("등록된 소유자만")


async def test_an_approver_sees_no_settings(house, chat) -> None:
    async with running(house, chat):
        refused = await house.discord.slash("owner", "매매", "system settings")
    assert refused.message["content"].startswith("등록된 소유자만")


async def test_the_doctor_tells_what_to_mend_first(house, bot, chat) -> None:
    well = Check(name="디스크", verdict=Verdict.GOOD, text="900 MB")
    ill = Check(name="시계", verdict=Verdict.BAD, text="9초", mend="시간 동기화를 켜 주세요.")
    chat.installation.checks = (well, ill)
    embed = await embed_of(house.discord, "system doctor")
    assert embed["description"] == "고칠 것이 1가지 있습니다."
    assert embed["fields"][0] == {
        "name": "✘ 시계",
        "value": "9초\n→ 시간 동기화를 켜 주세요.",
        "inline": False,
    }
    assert embed["fields"][1]["value"] == "✔ 디스크: 900 MB"
    chat.installation.checks = (well,)
    embed = await embed_of(house.discord, "system doctor", locale="en-US")
    assert embed["description"] == "All is well."


async def test_the_calendar_shows_today_the_next_sessions_and_special_days(house, bot) -> None:
    embed = await embed_of(house.discord, "system calendar")
    assert embed["description"] == "오늘 03-02(목) 09:00–15:30"
    sessions = embed["fields"][0]["value"].split("\n")
    assert sessions[0] == "03-03(금) 09:00–15:30"
    assert len(sessions) == 5


def test_the_calendar_tells_special_days_and_its_own_end() -> None:
    phrases = load("en")
    embed = calendar_embed(TradingCalendar(), date(2026, 12, 24), phrases)
    special = {field.name: field.value for field in embed.fields}["Special days within two months"]
    assert special is not None
    assert "12-25(Fri)" in special
    assert "01-04(Mon) 10:00–15:30" in special
    beyond = calendar_embed(TradingCalendar(), date(2090, 1, 2), phrases)
    assert beyond.description == f"Today {phrases.say('status.no_calendar')}"


async def test_a_day_of_rest_stops_buying_until_tomorrow_and_nobody_ends_it(
    house, bot, chat
) -> None:
    desk = house.discord
    asked = await desk.slash("owner", "매매", "system cooling-off")
    assert "아무도 앞당겨 풀 수 없습니다" in asked.message["content"]
    [button] = [one for row in asked.message["components"] for one in row["components"]]
    assert button["label"] == "오늘은 매매 금지"
    assert chat.switch.trips == ()
    await desk.press("owner", asked.message["id"], button["custom_id"])
    await desk.wait_for(lambda: chat.switch.trips)
    [trip] = chat.switch.trips
    assert (trip.breaker, trip.effect) == (Breaker.COOLING_OFF, TradingState.REDUCE_ONLY)
    assert trip.until == date(2023, 3, 3)
    assert "2023-03-03 전에는 새로 사지 않습니다" in trip.reason
    said = await desk.wait_for(
        lambda: [
            m for m in desk.messages("매매", "stranger") if "2023-03-03에 풀립니다" in m["content"]
        ]
    )
    assert "사람이 앞당길 수 없습니다" in said[0]["content"]
    message = await desk.settled(await desk.slash("owner", "매매", "resume"))
    labels = [one["label"] for row in message["components"] for one in row["components"]]
    assert "다시 시작하기" not in labels


async def test_the_panel_is_pinned_and_its_buttons_outlive_the_bot(house, chat) -> None:
    desk = house.discord
    chat.settings = settings_for(house)
    async with running(house, chat):
        done = await told(house, await desk.slash("owner", "매매", "system panel"))
        assert done == "패널을 올리고 고정했습니다."
        [panel] = [one for one in desk.messages("매매") if one["pinned"]]
    buttons = {
        one["custom_id"]: one["label"] for row in panel["components"] for one in row["components"]
    }
    assert buttons["p1:portfolio"] == "잔고"
    assert len(buttons) == 8
    async with running(house, chat):
        pressed = await desk.press("owner", panel["id"], "p1:portfolio")
        assert (await desk.settled(pressed))["embeds"][0]["title"] == "[모의투자] 잔고"
        halting = await desk.press("owner", panel["id"], "p1:halt")
        assert "모든 주문을 정지할까요" in halting.message["content"]
        assert (await desk.press("owner", panel["id"], "p1:trade")).kind == "modal"
        refused = await desk.press("stranger", panel["id"], "p1:halt")
        assert refused.message["content"].startswith("등록된 승인자만")
        chat.portfolio.found = None
        away = await desk.press("owner", panel["id"], "p1:portfolio")
        assert (await desk.settled(away))["content"].startswith("증권사에서 답을 받지")
