import asyncio
import json
from contextlib import AsyncExitStack
from datetime import date, timedelta

import aiohttp
import httpx
import pytest

from sandbox.commands import environment, open_world
from sandbox.kis.profiles import Call
from sandbox.servers import LOOPBACK, PortTaken, serve_control, serve_feeds, serve_kis
from sandbox.world import WorldSettings, build_world
from tests.sandbox.kis.client import KEYS, QUOTE


@pytest.fixture
def world():
    return build_world(WorldSettings(seed=7, day=date(2026, 11, 20), rate=0))


@pytest.fixture
async def kis(world):
    server = await serve_kis(world)
    yield server
    await server.close()


@pytest.fixture
async def control(world):
    server = await serve_control(world)
    yield server
    await server.close()


@pytest.fixture
async def client():
    async with httpx.AsyncClient(trust_env=False, timeout=5) as ready:
        yield ready


async def token(client, kis):
    body = {"grant_type": "client_credentials", **KEYS}
    reply = await client.post(f"{kis.url}/oauth2/tokenP", json=body)
    return reply.json()["access_token"]


async def price(client, kis, access):
    headers = {
        "authorization": f"Bearer {access}",
        **KEYS,
        "tr_id": "FHKST01010100",
        "custtype": "P",
    }
    return await client.get(kis.url + Call.PRICE.value, params=QUOTE, headers=headers)


async def test_a_call_over_real_sockets(world, kis, client):
    access = await token(client, kis)
    reply = await price(client, kis, access)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert reply.headers["tr_id"] == "FHKST01010100"
    assert reply.json()["output"]["stck_shrn_iscd"] == "069500"
    assert world.addresses.kis == kis.url
    assert (await client.get(f"{kis.url}/nothing")).content == b""


async def set_faults(client, server, **body):
    return await client.post(f"{server.url}/_control/faults", json=body)


async def test_faults_are_carried_out_by_the_shell(world, kis, client):
    access = await token(client, kis)
    names = ["drop_before", "accept_then_drop", "truncate", "empty", "http_500", {"delay": 0.01}]
    reply = await set_faults(client, kis, path="inquire-price", faults=names)
    assert reply.json() == {"waiting": {"inquire-price": 6}}
    seen: list[object] = []
    for _ in names:
        world.clock.jump(world.clock.now() + timedelta(seconds=1))
        try:
            answer = await price(client, kis, access)
        except httpx.TransportError as error:
            seen.append(isinstance(error, httpx.RemoteProtocolError | httpx.ReadError))
        else:
            seen.append((answer.status_code, len(answer.content) > 0))
    assert seen == [True, True, True, (200, False), (500, True), (200, True)]
    handled = [request for request in world.kis.requests if request.path == Call.PRICE.value]
    assert len(handled) == 4


async def test_control_paths_answer_bad_bodies_in_words(world, kis, control, client):
    for body in ({"path": "x", "faults": ["no"]}, {"path": "x"}, {"rate": "often"}):
        reply = await set_faults(client, kis, **body)
        assert reply.status_code == 400
        assert reply.json()["error"]
    for content in (b"{", b"[]"):
        reply = await client.post(f"{control.url}/_control/clock", content=content)
        assert reply.status_code == 400
    cleared = await set_faults(client, control, seed=1, rate=1, kinds=["empty"])
    assert cleared.status_code == 200
    assert world.kis.faults.rate == 1
    await set_faults(client, control, clear=True)
    assert world.kis.faults.rate == 0


async def test_money_requests_and_the_clock_are_in_reach_of_a_director(world, kis, control, client):
    await token(client, kis)
    paid = await client.post(f"{control.url}/_control/deposit", json={"won": 500_000})
    assert paid.json() == {"orderable": 1_500_000}
    assert (await client.post(f"{control.url}/_control/deposit", json={})).status_code == 400
    seen = (await client.post(f"{kis.url}/_control/requests")).json()["requests"]
    assert [one["path"] for one in seen] == ["/oauth2/tokenP"]
    moved = await client.post(
        f"{control.url}/_control/clock", json={"jump": "2026-11-20T09:30:00+09:00", "rate": 2}
    )
    assert moved.json()["rate"] == 2
    back = await client.post(
        f"{control.url}/_control/clock", json={"jump": "2026-11-20T09:00:00+09:00"}
    )
    assert back.status_code == 400


async def test_a_follower_gets_the_clock_at_once_and_at_every_change(world, control):
    async with asyncio.timeout(30), aiohttp.ClientSession() as session:
        async with session.ws_connect(f"{control.url}/clock") as socket:
            first = await socket.receive_json()
            assert first == world.clock.anchor.as_message()
            world.clock.set_rate(20)
            second = await socket.receive_json()
            assert (second["version"], second["rate"]) == (first["version"] + 1, 20)
            await socket.send_str("not listened to")
            world.clock.jump(world.clock.now() + timedelta(hours=1))
            third = await socket.receive_json()
            assert third["version"] == first["version"] + 2
        async with session.ws_connect(f"{control.url}/clock") as socket:
            assert (await socket.receive_json())["version"] == first["version"] + 2
            closing = asyncio.create_task(control.close())
            assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
            await closing


async def test_addresses_and_health(world, control, client):
    feeds = await serve_feeds(world)
    try:
        body = (await client.get(f"{control.url}/addresses")).json()
        assert body["mode"] == "vts"
        assert len(body["universe"]) == 30
        feed = await client.get(body["feeds"][0])
        assert feed.headers["content-type"].startswith("application/rss+xml")
        assert (await client.get(body["feeds"][-1])).status_code == 503
        health = (await client.get(f"{control.url}/health")).json()
        assert health["status"] == "ok"
    finally:
        await feeds.close()


async def test_a_taken_port_is_named(world, kis):
    port = int(kis.url.rsplit(":", 1)[1])
    with pytest.raises(PortTaken, match=f"port {port} is in use"):
        await serve_kis(world, LOOPBACK, port)


async def test_the_whole_world_is_up_and_says_how_to_join(world, client):
    async with AsyncExitStack() as stack:
        control = await open_world(world, stack)
        assert world.discord is not None
        body = json.loads((await client.get(f"{control.url}/addresses")).text)
        for name in ("kis", "discord_api", "discord_gateway", "model"):
            assert LOOPBACK in body[name], name
        lines = dict(line.split("=", 1) for line in environment(world, control.url).splitlines())
        assert lines["SANDBOX_URL"] == control.url
        assert lines["KIS_VTS_ACCOUNT_NO"] == "50112233"
        assert lines["DISCORD_GUILD_ID"].isdigit()
    with pytest.raises(httpx.ConnectError):
        await client.get(f"{control.url}/health")
