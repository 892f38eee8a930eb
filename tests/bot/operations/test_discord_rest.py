"""What Discord's answers become, asked over a real socket."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bot.operations.discord_rest import DiscordFault, DiscordRefused, DiscordRest
from bot.operations.model_rest import ListFault, ModelsUnlisted, models_at


@asynccontextmanager
async def answering(answers: Mapping[str, object], status: int = 200, **headers: str):
    """A server that gives each path its answer: a text as it is, anything else as JSON."""

    async def serve(request: web.Request) -> web.Response:
        body = answers.get(request.path, {})
        if isinstance(body, str):
            return web.Response(text=body, status=status, headers=headers)
        return web.json_response(body, status=status, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (401, DiscordFault.TOKEN),
        (403, DiscordFault.FORBIDDEN),
        (404, DiscordFault.ABSENT),
        (429, DiscordFault.UNREACHABLE),
        (503, DiscordFault.UNREACHABLE),
        (418, DiscordFault.ODD),
    ],
)
async def test_each_refusal_is_told_apart(status, fault):
    async with answering({}, status) as url:
        with pytest.raises(DiscordRefused) as found:
            await DiscordRest("a.b.c", url).guilds()
    assert found.value.fault is fault


@pytest.mark.parametrize(
    "body", ["<html>", [], {"id": "x"}, {"id": "1", "name": "n", "flags": "f"}]
)
async def test_an_application_that_cannot_be_read_is_odd(body):
    async with answering({"/applications/@me": body}) as url:
        with pytest.raises(DiscordRefused) as found:
            await DiscordRest("a.b.c", url).application()
    assert found.value.fault is DiscordFault.ODD


@pytest.mark.parametrize("body", [{}, ["x"], [{"id": "one", "name": "n"}], [{"id": "1"}]])
async def test_a_list_that_cannot_be_read_is_odd(body):
    async with answering({"/users/@me/guilds": body}) as url:
        with pytest.raises(DiscordRefused) as found:
            await DiscordRest("a.b.c", url).guilds()
    assert found.value.fault is DiscordFault.ODD


async def test_permissions_of_a_stranger_are_odd():
    odd = {"/users/@me": {"id": "1"}, "/guilds/1/roles": []}
    async with answering(odd) as url:
        with pytest.raises(DiscordRefused) as found:
            await DiscordRest("a.b.c", url).permissions(1, 2)
    assert found.value.fault is DiscordFault.ODD


async def test_a_team_owns_by_its_owner():
    body = {"id": "1", "name": "n", "team": {"owner_user_id": "7"}, "flags": 1 << 19}
    async with answering({"/applications/@me": body}) as url:
        found = await DiscordRest("a.b.c", url).application()
    assert (found.owner_id, found.owner_name, found.reads_content) == (7, "", True)


async def test_channels_come_in_their_order_and_only_those_for_text():
    rows = [
        {"id": "1", "name": "b", "type": 0, "position": 2},
        {"id": "2", "name": "a", "type": 0, "position": 1},
        {"id": "3", "name": "voice", "type": 2},
    ]
    async with answering({"/guilds/1/channels": rows}) as url:
        found = await DiscordRest("a.b.c", url).text_channels(1)
    assert [one.name for one in found] == ["a", "b"]


async def test_a_model_server_answers_refuses_or_knows_no_lists():
    async with answering({"/v1/models": {"data": [{"id": "gpt-5"}]}}) as url:
        assert await models_at("k", f"{url}/v1/") == {"gpt-5"}
    for status, body, fault in (
        (401, {}, ListFault.KEY),
        (403, {}, ListFault.KEY),
        (200, "<html>", ListFault.ODD),
        (404, {"error": "no"}, ListFault.ODD),
        (200, {"data": [1]}, ListFault.ODD),
    ):
        async with answering({"/models": body}, status) as url:
            with pytest.raises(ModelsUnlisted) as found:
                await models_at("k", url)
        assert found.value.fault is fault
    for nowhere in ("http://127.0.0.1:9", "http://[", "no address"):
        with pytest.raises(ModelsUnlisted) as found:
            await models_at("k", nowhere)
        assert found.value.fault is ListFault.UNREACHABLE
