"""The desk from another process, and the page for a screenshot."""

from __future__ import annotations

import base64
from typing import Any

import aiohttp
import discord

from sandbox.discord.events import DiscordEvent
from sandbox.discord.server import Running, serve
from sandbox.discord.snapshot import Known, marked, render_page


async def act(running: Running, name: str, /, **arguments: Any) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{running.control_url}/{name}", json=arguments) as answer:
            return answer.status, await answer.json()


async def test_acts_over_http(start, pointed):
    await start()
    status, about = await act(pointed, "about")
    assert (status, about["result"]["guild_id"]) == (200, pointed.discord.guild_id)
    assert about["result"]["users"]["stranger"] == pointed.discord.users["stranger"]
    arguments = {"user": "owner", "channel": "매매", "name": "trade"}
    _, opened = await act(pointed, "slash", **arguments)
    assert opened["result"]["kind"] == "modal"
    values = {"request": "3주"}
    token = opened["result"]["token"]
    _, submitted = await act(pointed, "submit_modal", user="owner", result=token, values=values)
    assert submitted["result"]["kind"] == "defer"
    _, news = await act(pointed, "events", after=0, timeout=1)
    assert news["result"][0]["kind"] == "connected"
    last = news["result"][-1]["number"]
    _, none = await act(pointed, "events", after=last + 100, timeout=0.01)
    assert none["result"] == []
    _, slow = await act(pointed, "slash", user="owner", channel="매매", name="slow")
    message = await pointed.discord.wait_for(
        lambda: pointed.discord.message(slow["result"]["message"]["id"])["embeds"] or None
    )
    file_id = message[0]["image"]["url"].split("/")[-2]
    _, data = await act(pointed, "attachment", attachment_id=file_id)
    assert base64.b64decode(data["result"]).startswith(b"\x89PNG")


async def test_wrong_acts_are_named(running):
    assert (await act(running, "nonsense"))[0] == 404
    status, body = await act(running, "say", user="owner")
    assert (status, "channel" in body["error"]) == (400, True)
    status, body = await act(running, "say", user="nobody", channel="매매", text="x")
    assert (status, body["error"]) == (400, "no user nobody")
    status, body = await act(running, "say", user="owner", channel="매매", text="x" * 2001)
    assert (status, "50035" in body["error"]) == (400, True)
    status, _ = await act(running, "fault", route="GET /x", kind="nonsense")
    assert status == 400


async def test_content_type_is_exact_and_bad_json_is_refused(running):
    headers = {"Authorization": f"Bot {running.discord.bot_token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.get(f"{running.api_url}/users/@me") as answer:
            assert answer.headers["Content-Type"] == "application/json"
        channel = running.discord.channel("매매")["id"]
        url = f"{running.api_url}/channels/{channel}/messages"
        async with session.post(
            url, data="{", headers={"Content-Type": "application/json"}
        ) as answer:
            assert (answer.status, (await answer.json())["code"]) == (400, 50109)
        async with session.get(f"{running.url}/cdn/1/x.png") as answer:
            assert answer.status == 404


async def test_serves_without_a_world_and_closes_twice():
    running = await serve(None)
    said = await running.discord.say("owner", "매매", "안녕")
    assert said["author"]["username"] == "owner"
    await running.close()
    await running.close()


async def test_events_tell_the_story(start, pointed):
    seen: list[DiscordEvent] = []
    end = pointed.discord.subscribe(seen.append)
    bot = await start()
    channel = bot.get_channel(int(pointed.discord.channel("알림")["id"]))
    sent = await channel.send("하나")
    await sent.edit(content="둘")
    await sent.delete()
    await pointed.discord.slash("owner", "매매", "halt")
    told = [(one.kind, one.actor, one.channel) for one in seen]
    assert told == [
        ("connected", "autotrade", ""),
        ("message_posted", "autotrade", "알림"),
        ("message_edited", "autotrade", "알림"),
        ("message_deleted", "autotrade", "알림"),
        ("interaction", "owner", "매매"),
        ("interaction_reply", "autotrade", "매매"),
    ]
    assert [(one.message or {})["content"] for one in seen[1:4]] == ["하나", "둘", "둘"]
    assert (seen[-1].to, seen[-1].detail, seen[-1].private) == ("owner", "/halt", False)
    end()
    await pointed.discord.say("owner", "매매", "x")
    assert len(seen) == 6


async def test_page_shows_a_ticket(start, pointed):
    bot = await start()
    channel = bot.get_channel(int(pointed.discord.channel("매매")["id"]))
    embed = discord.Embed(title="제안 **069500**", description="<b>&", color=0x1971C2)
    embed.add_field(name="수량", value="3주", inline=True).set_footer(text="<i>")
    view = discord.ui.View(timeout=None)
    view.add_item(
        discord.ui.Button(label="승인", emoji="✅", custom_id="x", style=discord.ButtonStyle.green)
    )
    view.add_item(discord.ui.Select(custom_id="s", options=[discord.SelectOption(label="<a>")]))
    sent = await channel.send("본문", embed=embed, view=view)
    page = pointed.discord.picture(sent.id)
    for part in (
        "border-left-color:#1971c2",
        "제안 <strong>069500</strong>",
        "&lt;b&gt;&amp;",
        'class="field inline"',
        '<span class="button s3">✅ 승인</span>',
        "08:00",
    ):
        assert part in page
    assert "<b>&" not in page
    assert "<i>" not in page
    assert "본문" in pointed.discord.page("매매")


def test_marks_are_drawn_only_from_escaped_text():
    assert marked("**a** `<x>` \\*b\\*") == "<strong>a</strong> <code>&lt;x&gt;</code> &#42;b&#42;"
    assert marked("```py\n<script>\n```") == "<pre>&lt;script&gt;\n</pre>"
    assert marked("~~s~~ __u__ *i* 2*3*4") == "<s>s</s> <u>u</u> <em>i</em> 2*3*4"
    assert marked("<t:0:R> <t:0>") == "<code>09:00</code> <code>1970-01-01 09:00</code>"
    assert marked("<t:99999999999:R>") == "&lt;t:99999999999:R&gt;"
    assert marked('<img src=x onerror="1">') == "&lt;img src=x onerror=&quot;1&quot;&gt;"


def test_links_are_drawn_by_their_names_and_lead_nowhere() -> None:
    link = '<span class="link" title="https://news.example/a&#95;&#95;b?c=1&amp;d">{}</span>'
    address = "https://news.example/a__b?c=1&d"
    assert marked(f"**x** [연합]({address})") == f"<strong>x</strong> {link.format('연합')}"
    assert marked(rf"[\*연합\*](<{address}>)") == link.format("&#42;연합&#42;")
    # What a headline says is no link: its marks come escaped, and other schemes never are one.
    assert "span" not in marked(rf"\[여기\]({address}) [나](javascript:alert) [다](file:///etc)")
    assert "<script" not in marked("[<script>](https://x/<script>)")
    known = Known(names={"@1": "me"})
    assert "title" not in marked("[a](https://x/<@1>b)", known)


def test_an_escaped_backtick_opens_no_code():
    assert marked("\\`a\\` **b**") == "&#96;a&#96; <strong>b</strong>"
    assert marked("`a\\` \\\\`b`") == "<code>a\\</code> &#92;<code>b</code>"


def test_mentions_are_names_where_they_are_known():
    known = Known(names={"#1": "매매", "@2": "<i>"})
    assert marked("<#1> <@2> <@!2>", known) == (
        '<span class="at">#매매</span> <span class="at">@&lt;i&gt;</span>'
        ' <span class="at">@&lt;i&gt;</span>'
    )
    assert marked("<#9> `<#1>`", known) == "&lt;#9&gt; <code>&lt;#1&gt;</code>"


async def test_a_page_knows_its_own_channels_and_people(pointed):
    place, owner = pointed.discord.channel("매매")["id"], pointed.discord.users["owner"]
    await pointed.discord.say("owner", "매매", f"<#{place}> <@{owner}>")
    page = pointed.discord.page("매매")
    assert '<span class="at">#매매</span> <span class="at">@주인</span>' in page


def test_page_name_is_escaped():
    assert "<title>&lt;x&gt;</title>" in render_page([], "<x>")
