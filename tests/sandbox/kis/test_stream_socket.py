"""The stream over real sockets: our own client, and what a stranger's may do."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from brokers.kis.stream import KisStream, StreamTerms
from brokers.wire.stream import StreamPatience
from core.domain.instrument import Symbol
from core.domain.ticks import Channel, FeedTrouble, Registration
from core.runtime.identifiers import SystemIdentifiers
from sandbox.kis.auth import approval_key
from sandbox.servers import serve_kis
from sandbox.world import World, WorldSettings, build_world
from tests.fakes.feed_sink import FeedSink, running
from tests.fakes.hand_clock import HandClock
from tests.sandbox.kis.client import KST, SYMBOL
from tests.sandbox.kis.streams import request
from tests.sandbox.streams import is_ping

AT = datetime(2026, 11, 20, 10, 0, tzinfo=KST)
SECONDS = 10.0


@asynccontextmanager
async def served(profile: str = "vts") -> AsyncIterator[World]:
    settings = WorldSettings(
        start=AT, rate=0, profile=profile, symbols=(SYMBOL, "102110"), requests_per_second=100
    )
    world = build_world(settings)
    world.stream.held_host_seconds = 0.0
    running = await serve_kis(world)
    try:
        yield world
    finally:
        await running.close()


@asynccontextmanager
async def streaming(world: World, *channels: Channel, hts_id: str = "") -> AsyncIterator[FeedSink]:
    async def approval() -> str:
        return approval_key(world.kis)

    terms = StreamTerms(
        url=world.addresses.kis_stream,
        is_vts=world.mode == "vts",
        account=world.kis.account + world.kis.product,
        hts_id=hts_id,
        patience=StreamPatience(turn_seconds=0.05),
    )
    stream = KisStream(terms, approval, HandClock(AT), SystemIdentifiers())
    stream.follow([Registration(Symbol(SYMBOL), channel) for channel in channels])
    sink = FeedSink()
    async with running(stream, sink):
        yield sink


async def say(socket: ClientConnection, document: object) -> object:
    await socket.send(json.dumps(document))
    async with asyncio.timeout(SECONDS):
        while True:
            text = str(await socket.recv())
            if text.startswith("{") and not is_ping(found := json.loads(text)):
                return found


async def _hung_up(socket: ClientConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        while True:
            await socket.recv()


async def test_our_client_reads_every_channel() -> None:
    async with served("real") as world, streaming(world, *Channel) as sink:
        await sink.until(lambda: bool(sink.trades and sink.books and sink.navs))
        world.kis.marks[SYMBOL] = {"vi_cls_code": "Y"}
        await sink.until(lambda: bool(sink.states))
        view = world.exchange.market(AT, SYMBOL)
        assert view is not None
        last = sink.trades[-1]
        assert (last.last_won, last.base_won) == (view.minute.last, view.base)
        assert last.volume_shares == view.minute.cumulative_volume
        assert sink.books[-1].best_ask_won == view.minute.ask
        assert sink.states[-1].in_vi
        assert {tr_id for tr_id, _ in world.stream.holder.registered} == {  # type: ignore[union-attr]
            "H0STCNT0",
            "H0STASP0",
            "H0STNAV0",
            "H0STMKO0",
        }


@pytest.mark.parametrize("profile", ["vts", "real"])
async def test_our_client_hears_of_its_orders(profile: str) -> None:
    async with served(profile) as world, streaming(world, hts_id="sandbox") as sink:
        await sink.until(lambda: sink.ups == 1)
        world.exchange.place(AT, SYMBOL, is_buy=True, quantity=1, price=0, is_market=True)
        await sink.until(lambda: len(sink.hints) >= 2)
        assert {(hint.order_number, hint.symbol) for hint in sink.hints} == {("1", SYMBOL)}


@pytest.mark.parametrize("fault", ["drop", "close", "truncate", "duplicate", "swallow"])
async def test_our_client_lives_with_faults(fault: str) -> None:
    async with served() as world:
        world.stream.faults.add([fault])
        async with streaming(world, Channel.TRADE, Channel.BOOK) as sink:
            await sink.until(lambda: bool(sink.books or sink.trades))
            world.clock.jump(AT.replace(minute=5))
            await sink.until(lambda: bool(sink.books and sink.trades))
            broke = fault in {"drop", "close"}
            assert sink.troubles == ([FeedTrouble.DISCONNECTED] if broke else [])


async def test_a_wrong_hts_id_leaves_the_prices() -> None:
    async with served() as world, streaming(world, Channel.TRADE, hts_id="wrong") as sink:
        await sink.until(lambda: bool(sink.trades))
        assert world.stream.connections == 3


async def test_two_connections_on_one_key() -> None:
    async with served() as world:
        url, key = world.addresses.kis_stream, approval_key(world.kis)
        async with connect(url, proxy=None) as one, connect(f"{url}/any/path", proxy=None) as two:
            assert "OPSP0000" in str(await say(one, request(key, "H0STCNT0", SYMBOL)))
            assert "OPSP8996" in str(await say(two, request(key, "H0STCNT0", SYMBOL)))
            await one.close()
            said = ""
            async with asyncio.timeout(SECONDS):
                # The server hears of the end a moment later than we do.
                while "OPSP0000" not in said:
                    said = str(await say(two, request(key, "H0STCNT0", SYMBOL)))


async def test_who_answers_pings_with_a_frame_stays_and_who_does_not_is_dropped() -> None:
    async with served() as world:
        world.clock.set_rate(20)
        world.stream.pong_within_host_seconds = 1.5
        url = world.addresses.kis_stream
        async with connect(url, proxy=None) as good, connect(url, proxy=None) as silent:
            pings = 0
            async with asyncio.timeout(SECONDS):
                while pings < 5:
                    text = str(await good.recv())
                    await good.pong(text)
                    pings += 1
            async with asyncio.timeout(SECONDS):
                await _hung_up(silent)
            await good.send("{}")


async def test_rest_goes_on_beside_the_stream() -> None:
    import aiohttp

    async with served() as world, streaming(world, Channel.TRADE) as sink:
        await sink.until(lambda: sink.ups == 1)
        document = {
            "grant_type": "client_credentials",
            "appkey": world.kis.app_key,
            "secretkey": world.kis.app_secret,
        }
        async with aiohttp.ClientSession(trust_env=False) as session:
            url = f"{world.addresses.kis}/oauth2/Approval"
            async with session.post(url, json=document) as reply:
                assert (await reply.json())["approval_key"] == approval_key(world.kis)
            steer = f"{world.addresses.kis}/_control/stream"
            async with session.post(steer, json={"faults": ["drop"]}) as reply:
                told = await reply.json()
                assert told["connections"] == 1
                assert told["registrations"][0]["tr_id"] == "H0STCNT0"
            async with session.post(steer, json={"rate": 2}) as reply:
                assert reply.status == 400
            async with session.post(
                steer, json={"clear": True, "seed": 1, "rate": 0.0, "kinds": []}
            ) as reply:
                assert (await reply.json())["waiting"] == 0
