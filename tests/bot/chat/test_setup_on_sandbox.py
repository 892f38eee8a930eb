"""/system setup over the wire."""

from __future__ import annotations

import pytest

from core.domain.instrument import Symbol
from core.domain.setup import SetupPart, SetupRefusal
from sandbox.discord import bits
from sandbox.discord.state import APPLICATION_ID, GUILD_ID
from tests.bot.chat.conftest import running, settings_for
from tests.bot.chat.test_chat_on_sandbox import last_ephemeral, told
from tests.fakes.fake_chat_services import FakeChat


@pytest.fixture
async def kept(house):
    """What stands behind a bot whose owner is the owner, and nobody else."""
    return FakeChat(settings_for(house, owner_ids=frozenset({house.discord.users["owner"]})))


@pytest.fixture
async def owned(house, kept):
    async with running(house, kept) as bot:
        yield bot


async def shown(house, locale: str = "ko"):
    desk = house.discord
    return await desk.settled(await desk.slash("owner", "매매", "system setup", locale=locale))


def texts(message) -> dict[str, str]:
    return {one["name"]: one["value"] for one in message["embeds"][0]["fields"]}


async def test_only_an_owner_sees_and_uses_it(house, owned):
    desk = house.discord
    refused = await desk.slash("approver", "매매", "system setup")
    assert "소유자만" in refused.message["content"]
    found = texts(await shown(house))
    assert found["매매 채널"] == f"<#{desk.channel('매매')['id']}>"
    assert found["알림 채널"] == f"<#{desk.channel('알림')['id']}>"
    owner = desk.users["owner"]
    assert found["승인자"] == f"<@{owner}>\n소유자는 언제나 승인할 수 있습니다: <@{owner}>"
    assert found["사지 않을 종목"] == "3종목 가운데 3종목을 삽니다"
    assert "하루 주문 수: 8건 · 조임(설정 10건)" in found["한도"]
    english = texts(await shown(house, "en-US"))
    assert english["Not bought"] == "3 of 3 instruments are bought"


async def test_its_first_sentence_promises_no_more_than_is_kept(house, owned):
    [embed] = (await shown(house))["embeds"]
    assert "한도는 .env 보다 느슨해지지 않고" in embed["description"]
    assert "실전에서는 승인자도 .env 에 있는 사람 가운데서만" in embed["description"]
    [english] = (await shown(house, "en-US"))["embeds"]
    assert "with real orders only approvers in .env" in english["description"]


async def test_a_channel_is_taken_at_once_told_to_all_and_acted_in(house, owned, kept):
    desk = house.discord
    other = desk.channel("알림")["id"]
    message = await shown(house)
    await desk.select("owner", message["id"], "s1:main", [other])
    main = desk.channel("매매")["id"]
    text = f"매매 채널: <#{main}> → <#{other}> · 지금부터 적용됩니다"
    await last_ephemeral(house, "owner", "매매", text)
    told_to_all = await last_ephemeral(house, "approver", "알림", text)
    assert told_to_all["content"] == f"⚙️ {text} (주인)"
    assert owned.services.settings.main_channel_id == int(other)
    assert owned.access.settings.main_channel_id == int(other)
    edited = desk.messages("매매", "owner")
    assert any("여기서 고른 값입니다" in str(one["embeds"]) for one in edited)
    assert kept.setup.actors == [str(desk.users["owner"])]


async def test_a_channel_where_the_bot_may_not_speak_is_refused_in_words(house, owned, kept):
    desk = house.discord
    state = desk._state
    for role in state.member_roles[APPLICATION_ID]:
        state.roles[role]["permissions"] = "0"
    missing = bits.EMBED_LINKS | bits.ATTACH_FILES
    state.roles[GUILD_ID]["permissions"] = str(bits.EVERYONE & ~missing)
    guild = owned.get_guild(int(GUILD_ID))
    for role in guild.roles:
        role._permissions = int(state.roles[str(role.id)]["permissions"])
    other = desk.channel("알림")["id"]
    message = await shown(house)
    answer = await desk.select("owner", message["id"], "s1:main", [other])
    assert "링크 첨부(임베드), 파일 첨부" in await told(house, answer)
    assert kept.setup.chosen == {}


async def test_people_are_taken_and_bots_are_not(house, owned):
    desk = house.discord
    message = await shown(house)
    answer = await desk.select("owner", message["id"], "s1:people", [APPLICATION_ID])
    assert "봇은 승인자가 될 수 없습니다" in await told(house, answer)
    approver = str(desk.users["approver"])
    await desk.select("owner", message["id"], "s1:people", [approver])
    owner = desk.users["owner"]
    text = f"승인자: <@{owner}> → <@{approver}> · 지금부터 적용됩니다"
    # Whoever was not chosen is no approver any more, except an owner.
    text += f" · 소유자는 언제나 승인할 수 있습니다: <@{owner}>"
    await last_ephemeral(house, "owner", "매매", text)
    told_to_all = await last_ephemeral(house, "approver", "매매", text)
    assert told_to_all["content"] == f"⚙️ {text} (주인)"
    looked = await desk.slash("approver", "매매", "orders")
    assert "등록된" not in str((await desk.settled(looked))["content"])
    assert owned.access.settings.approver_ids == {int(approver)}


async def test_what_is_not_chosen_is_left_out_from_the_next_start(house, owned, kept):
    desk = house.discord
    message = await shown(house)
    lists = await desk.press("owner", message["id"], "s1:universe")
    (select,) = lists.message["components"][0]["components"]
    assert [one["value"] for one in select["options"]] == ["0080G0", "069500", "102110"]
    assert all(one["default"] for one in select["options"])
    await desk.select("owner", lists.message["id"], "s1:universe:0", ["069500"])
    text = "사지 않을 종목: 없음 → KODEX 방산TOP10(0080G0), TIGER 200(102110) · 봇을 다시 시작하면"
    await last_ephemeral(house, "owner", "매매", text)
    assert kept.setup.current.left_out == {Symbol("0080G0"), Symbol("102110")}
    assert "3종목 가운데 1종목을 삽니다" in texts(await shown(house))["사지 않을 종목"]


async def test_limits_are_tightened_in_a_form_and_what_is_no_number_is_said(house, owned, kept):
    desk = house.discord
    message = await shown(house)
    form = await desk.press("owner", message["id"], "s1:limits")
    answer = await desk.submit_modal("owner", form, {"day_count": "5건"})
    assert "하루 주문 수: 지금부터 5건입니다." in await told(house, answer)
    assert kept.limits.now["day_count"] == 5
    await last_ephemeral(house, "stranger", "매매", "하루 주문 수: 지금부터 5건입니다. (주인)")
    form = await desk.press("owner", message["id"], "s1:limits")
    answer = await desk.submit_modal("owner", form, {"day_count": "many"})
    assert await told(house, answer) == "하루 주문 수: 숫자만 적어 주세요. 바꾸지 않았습니다."
    form = await desk.press("owner", message["id"], "s1:limits")
    answer = await desk.submit_modal("owner", form, {})
    assert await told(house, answer) == "달라진 한도가 없습니다."


async def test_going_back_tells_what_it_changed(house, owned, kept):
    desk = house.discord
    message = await shown(house)
    await desk.press("owner", message["id"], "s1:forget")
    await last_ephemeral(house, "owner", "매매", "여기서 고른 것이 없습니다")
    kept.setup.chosen[SetupPart.ALERT_CHANNEL] = frozenset({desk.channel("매매")["id"]})
    await desk.press("owner", message["id"], "s1:forget")
    alert = desk.channel("알림")["id"]
    await last_ephemeral(house, "stranger", "매매", f"→ <#{alert}> · 지금부터")
    assert kept.setup.chosen == {}


@pytest.mark.parametrize("refusal", list(SetupRefusal))
async def test_every_refusal_is_said(house, owned, kept, refusal):
    desk = house.discord
    kept.setup.refuses = refusal
    message = await shown(house)
    await desk.select("owner", message["id"], "s1:alert", [desk.channel("매매")["id"]])
    await last_ephemeral(house, "owner", "매매", "바꾸지 않았습니다")
    assert owned.services.settings.alert_channel_id == int(desk.channel("알림")["id"])


async def test_a_choice_that_is_not_stored_is_not_told_as_one(house, owned, kept):
    desk = house.discord
    kept.setup.fails = True
    message = await shown(house)
    await desk.select("owner", message["id"], "s1:alert", [desk.channel("매매")["id"]])
    await last_ephemeral(house, "owner", "매매", owned.services.public.say("chat.failed"))
    assert owned.services.settings.alert_channel_id == int(desk.channel("알림")["id"])


async def test_the_controls_work_after_a_restart_and_only_for_owners(house, owned):
    desk = house.discord
    message = await shown(house)
    await owned.close()
    later = FakeChat(settings_for(house, owner_ids=frozenset({desk.users["owner"]})))
    async with running(house, later):
        await desk.select("owner", message["id"], "s1:alert", [desk.channel("매매")["id"]])
        await last_ephemeral(house, "owner", "매매", "알림 채널: ")
    nobody = FakeChat(settings_for(house))
    async with running(house, nobody):
        for control, values in (
            ("s1:main", [desk.channel("알림")["id"]]),
            ("s1:people", [str(desk.users["approver"])]),
        ):
            answer = await desk.select("owner", message["id"], control, values)
            assert "소유자만" in await told(house, answer)
        for control in ("s1:limits", "s1:universe", "s1:forget"):
            answer = await desk.press("owner", message["id"], control)
            assert "소유자만" in await told(house, answer)
        assert nobody.setup.chosen == {}
