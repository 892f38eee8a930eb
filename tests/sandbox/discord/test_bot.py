"""The sandbox in front of a real discord.py bot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import aiohttp
import discord
import pytest

from sandbox.discord.acting import DeskError
from sandbox.discord.state import OWNER_ID
from tests.sandbox.discord.conftest import alive
from tests.sandbox.discord.probe import PNG, Probe, buttons

T = TypeVar("T")


async def until(look: Callable[[], T]) -> T:
    async with asyncio.timeout(30):
        while not (value := look()):  # noqa: ASYNC110 - discord.py sets no event for these
            await asyncio.sleep(0.005)
    return value


async def test_login_sees_guild_channels_members(start, pointed):
    bot = await start()
    guild = bot.get_guild(pointed.discord.guild_id)
    assert [one.name for one in guild.text_channels] == ["매매", "알림"]
    assert guild.owner_id == int(OWNER_ID)
    assert guild.me.guild_permissions.manage_threads
    assert not guild.me.guild_permissions.administrator
    assert pointed.discord.events()[0].kind == "connected"


async def test_wrong_token_is_refused(pointed):
    bot = Probe(pointed.discord.guild_id)
    with pytest.raises(discord.LoginFailure):
        await bot.start("nonsense")
    await bot.close()


async def test_command_ids_survive_a_second_sync(start, pointed):
    async with alive(pointed, Probe(pointed.discord.guild_id)) as first:
        ids = first.synced
    second = await start()
    assert second.synced == ids
    assert "strategy" in ids


async def test_slash_reply_is_ephemeral_and_edited(start, pointed):
    await start()
    desk = pointed.discord
    result = await desk.slash("owner", "매매", "quote", {"symbol": "069500", "quantity": 3})
    assert result.kind == "message"
    assert result.message["content"] in ("069500 x3", "edited")
    await desk.wait_for(lambda: desk.message(result.message["id"])["content"] == "edited")
    assert desk.messages("매매") == []
    assert len(desk.messages("매매", viewer="owner")) == 1
    assert desk.messages("매매", viewer="stranger") == []


async def test_autocomplete_offers_choices(start, pointed):
    await start()
    found = await pointed.discord.autocomplete("owner", "매매", "quote", "symbol", "KOD")
    assert found == [{"name": "KODEX 200", "value": "KODEX 200"}]


async def test_subcommand_group_and_locale(start, pointed):
    await start()
    desk = pointed.discord
    result = await desk.slash("owner", "매매", "strategy cycle on", {"force": True}, "en-US")
    assert result.message["content"] == "cycle on True en-US"


async def test_what_the_interface_would_not_send_is_refused(start, pointed):
    await start()
    desk = pointed.discord
    for name, options in (
        ("nothing", {}),
        ("strategy cycle", {}),
        ("strategy moon on", {}),
        ("quote", {}),
        ("quote", {"symbol": "x", "quantity": 10}),
        ("quote", {"symbol": "x", "foreign": 1}),
    ):
        with pytest.raises(DeskError):
            await desk.slash("owner", "매매", name, options)


async def test_default_member_permissions_hide_a_command(start, pointed):
    await start()
    desk = pointed.discord
    refused = await desk.slash("stranger", "매매", "halt")
    assert (refused.kind, refused.message) == ("none", None)
    assert "권한" in refused.failed
    assert (await desk.slash("owner", "매매", "halt")).message["content"] == "True"


async def test_defer_then_file_fills_the_waiting_message(start, pointed):
    await start()
    desk = pointed.discord
    result = await desk.slash("owner", "매매", "slow")
    assert result.kind == "defer"
    message = await desk.settled(result)
    assert message["id"] == result.message["id"]
    url = message["embeds"][0]["image"]["url"]
    assert url.startswith(pointed.url)
    assert desk.files(message["id"]) == {"chart.png": PNG}
    assert len(desk.messages("매매")) == 1
    assert "data:image/png;base64," in desk.picture(message["id"])


async def test_cdn_gives_back_what_was_uploaded(start, pointed):
    import io

    bot = await start()
    channel = bot.get_channel(int(pointed.discord.channel("매매")["id"]))
    sent = await channel.send(file=discord.File(io.BytesIO(b"1,2\n"), "표.csv", description="d"))
    assert await sent.attachments[0].read() == b"1,2\n"
    assert pointed.discord.attachment(sent.attachments[0].id) == b"1,2\n"


async def test_modal_thread_message_and_button(start, pointed):
    await start()
    desk = pointed.discord
    opened = await desk.slash("owner", "매매", "trade")
    assert opened.kind == "modal"
    assert opened.modal["title"] == "매매 요청"
    with pytest.raises(DeskError):
        await desk.submit_modal("owner", opened, {"request": "x" * 21})
    with pytest.raises(DeskError):
        await desk.submit_modal("stranger", opened, {"request": "x"})
    answer = await desk.submit_modal("owner", opened, {"request": "3주 사줘", "note": "급함"})
    assert answer.kind == "defer"
    said = await desk.settled(answer)
    (thread,) = desk.threads("매매")
    assert said["content"] == f"<#{thread['id']}>"
    assert said["flags"] & 64
    (posted,) = desk.messages(thread["id"])
    assert posted["embeds"][0]["description"] == "3주 사줘"
    assert posted["embeds"][0]["fields"][0]["value"] == "급함"
    assert desk.attachment(posted["attachments"][0]["id"]) == b"a,b\n"
    pressed = await desk.press("owner", posted["id"], "t1:ok:A7")
    assert pressed.kind == "defer"
    await desk.wait_for(lambda: desk.message(posted["id"])["content"] == "A7 ok by owner")
    with pytest.raises(DeskError):
        await desk.press("owner", posted["id"], "t1:ok:A7")
    kinds = [one.kind for one in desk.events()]
    assert kinds.count("thread_created") == 1
    assert "message_edited" in kinds


async def test_button_works_for_a_new_process(start, pointed):
    desk = pointed.discord
    async with alive(pointed, Probe(desk.guild_id)) as first:
        channel = first.get_channel(int(desk.channel("매매")["id"]))
        assert isinstance(channel, discord.TextChannel)
        sent = await channel.send("제안", view=buttons("B2"))
    assert not desk.connected
    await start()
    await desk.press("stranger", sent.id, "t1:no:B2")
    await desk.wait_for(lambda: desk.message(sent.id)["content"] == "B2 no by stranger")


async def test_select(start, pointed):
    await start()
    desk = pointed.discord
    shown = await desk.slash("owner", "매매", "choose")
    with pytest.raises(DeskError):
        await desk.select("owner", shown.message["id"], "pick", ["3"])
    changed = await desk.select("owner", shown.message["id"], "pick", ["2"])
    assert (changed.kind, changed.message["content"]) == ("message", "picked 2")


async def test_nobody_answers_in_time(start, pointed):
    await start()
    pointed.discord.deadline(0.05)
    result = await pointed.discord.slash("owner", "매매", "mute")
    assert result.kind == "none"
    assert result.failed


async def test_late_answer_is_unknown_interaction(start, pointed):
    bot = await start()
    codes = []

    @bot.tree.error
    async def on_error(interaction, error):
        codes.append(error.original.code)

    pointed.discord.deadline(0.0)
    await pointed.discord.slash("owner", "매매", "halt")
    assert await until(lambda: codes) == [10062]


@pytest.mark.parametrize("how", ["reconnect", "4000", "resumable"])
async def test_resume_replays_what_was_missed(start, pointed, how):
    bot = await start()
    desk = pointed.discord
    assert await desk.drop(how) == 1
    if how == "4000":
        await desk.wait_for(lambda: not desk.connected)
    await desk.say("owner", "매매", "그동안")
    async with asyncio.timeout(30):
        await bot.resumed.wait()
    await until(lambda: [one.content for one in bot.heard] == ["그동안"])
    assert desk.events()[-1].detail in ("resume", "")
    assert bot.identified == 1


async def test_content_is_stripped_without_the_intent(start, pointed):
    intents = discord.Intents(guilds=True, guild_messages=True)
    desk = pointed.discord
    bot = await start(Probe(desk.guild_id, intents))
    await desk.say("owner", "매매", "비밀")
    await desk.say("owner", "매매", f"<@{desk.application_id}> 안녕")
    await until(lambda: len(bot.heard) == 2)
    assert [one.content for one in bot.heard] == ["", f"<@{desk.application_id}> 안녕"]


async def test_direct_messages_keep_their_content(start, pointed):
    desk = pointed.discord
    bot = await start(Probe(desk.guild_id, discord.Intents(guilds=True, dm_messages=True)))
    await desk.say("owner", desk.direct("owner"), "둘만")
    heard = await until(lambda: bot.heard)
    assert (heard[0].content, heard[0].guild) == ("둘만", None)
    user = await bot.fetch_user(desk.users["owner"])
    await user.send("네")
    assert [one["content"] for one in desk.messages(desk.direct("owner"))] == ["둘만", "네"]


async def test_privileged_intent_refused(pointed):
    pointed.discord.allow_intents(1)
    bot = Probe(pointed.discord.guild_id)
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with asyncio.timeout(30):
            await bot.start(pointed.discord.bot_token)
    await bot.close()


async def test_429_is_retried_because_of_via(start, pointed):
    bot = await start()
    desk = pointed.discord
    channel = bot.get_channel(int(desk.channel("매매")["id"]))
    desk.fault("POST /channels/*/messages", "429", 2, retry_after=0.01)
    await channel.send("한 번")
    desk.fault("POST /channels/*/messages", "429_global", retry_after=0.01)
    await channel.send("두 번")
    assert [one["content"] for one in desk.messages("매매")] == ["한 번", "두 번"]
    desk.fault("POST /channels/*/messages", "cloudflare")
    with pytest.raises(discord.HTTPException):
        await channel.send("막힘")


async def test_bucket_is_paced_by_discord_py_itself(start, pointed):
    bot = await start()
    channel = bot.get_channel(int(pointed.discord.channel("매매")["id"]))
    pointed.discord.pace(2, 0.1)
    for number in range(5):
        await channel.send(str(number))
    assert len(pointed.discord.messages("매매")) == 5


async def test_lost_answer_and_nonce(start, pointed, clock):
    bot = await start()
    desk = pointed.discord
    channel = bot.get_channel(int(desk.channel("매매")["id"]))
    desk.fault("POST /channels/*/messages", "lost")
    with pytest.raises(aiohttp.ClientError):
        await channel.send("제안", nonce="n1")
    (first,) = desk.messages("매매")
    again = await channel.send("제안", nonce="n1")
    assert (str(again.id), len(desk.messages("매매"))) == (first["id"], 1)
    clock.advance(minutes=6)
    await channel.send("제안", nonce="n1")
    assert len(desk.messages("매매")) == 2


async def test_length_limits_are_refused_with_their_path(start, pointed):
    bot = await start()
    channel = bot.get_channel(int(pointed.discord.channel("매매")["id"]))
    with pytest.raises(discord.HTTPException, match="content: Must be 2000") as caught:
        await channel.send("x" * 2001)
    assert (caught.value.status, caught.value.code) == (400, 50035)
    embed = discord.Embed(title="x" * 257, description="y" * 4097)
    embed.add_field(name="n", value="v" * 1025)
    with pytest.raises(discord.HTTPException) as caught:
        await channel.send(embed=embed)
    for path in ("embeds.0.title", "embeds.0.description", "embeds.0.fields.0.value"):
        assert path in caught.value.text
    with pytest.raises(discord.HTTPException) as caught:
        await channel.send("")
    assert caught.value.code == 50006


async def test_permissions_are_refused(start, pointed):
    bot = await start()
    desk = pointed.discord
    channel = bot.get_channel(int(desk.channel("알림")["id"]))
    desk.overwrite("알림", "autotrade", deny=discord.Permissions(send_messages=True).value)
    with pytest.raises(discord.Forbidden) as caught:
        await channel.send("x")
    assert caught.value.code == 50013
    desk.overwrite("알림", "autotrade", deny=discord.Permissions(view_channel=True).value)
    with pytest.raises(discord.Forbidden) as caught:
        await channel.send("x")
    assert caught.value.code == 50001
    desk.overwrite("알림", "autotrade")
    await channel.send("x")


async def test_unknown_and_foreign_messages(start, pointed):
    bot = await start()
    desk = pointed.discord
    channel = bot.get_channel(int(desk.channel("매매")["id"]))
    with pytest.raises(discord.NotFound) as caught:
        await channel.fetch_message(1)
    assert caught.value.code == 10008
    said = await desk.say("owner", "매매", "내 글")
    foreign = await channel.fetch_message(int(said["id"]))
    with pytest.raises(discord.Forbidden) as refused:
        await channel.get_partial_message(foreign.id).edit(content="x")
    assert refused.value.code == 50005
    reply = await foreign.reply("답")
    assert reply.reference.message_id == foreign.id
    assert [one.content async for one in channel.history()] == ["답", "내 글"]
    await reply.pin()
    assert [one.id async for one in channel.pins()] == [reply.id]
    await reply.unpin()
    async with channel.typing():
        await reply.delete()
    assert [one["content"] for one in desk.messages("매매")] == ["내 글"]


async def test_thread_archive_lock_and_wake(start, pointed):
    bot = await start()
    desk = pointed.discord
    channel = bot.get_channel(int(desk.channel("매매")["id"]))
    message = await channel.send("시작")
    thread = await message.create_thread(name="이야기")
    assert thread.id == message.id
    with pytest.raises(discord.HTTPException) as caught:
        await channel.get_partial_message(message.id).create_thread(name="둘")
    assert caught.value.code == 160004
    inside = await thread.send("안")
    await thread.edit(archived=True)
    with pytest.raises(discord.HTTPException) as caught:
        await inside.edit(content="x")
    assert caught.value.code == 50083
    await desk.say("owner", thread.id, "다시")
    await until(lambda: [one for one in bot.heard if one.content == "다시"])
    assert not desk.channel(thread.id)["thread_metadata"]["archived"]
    await until(lambda: (found := bot.get_channel(thread.id)) and not found.archived)
    await thread.edit(archived=True, locked=True)
    with pytest.raises(Exception, match="50083"):
        await desk.say("stranger", thread.id, "막힘")
    woke = await thread.edit(archived=False, locked=False)
    assert not woke.locked
    await woke.delete()
    assert desk.threads("매매") == []


async def test_private_thread_is_hidden_from_strangers(start, pointed):
    bot = await start()
    desk = pointed.discord
    channel = bot.get_channel(int(desk.channel("매매")["id"]))
    thread = await channel.create_thread(name="둘만", type=discord.ChannelType.private_thread)
    with pytest.raises(Exception, match="50001"):
        await desk.say("stranger", thread.id, "?")
    await thread.add_user(discord.Object(desk.users["stranger"]))
    await desk.say("stranger", thread.id, "!")
    assert desk.messages(thread.id)[-1]["content"] == "!"
