"""The contract of a broker's stream, on both brokers in both modes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from brokers.kis.stream import KisStream, StreamTerms
from brokers.kiwoom.stream import KiwoomStream
from brokers.wire.stream import StreamPatience
from core.domain.krx import KST
from core.ports.broker import AccessToken
from core.runtime.identifiers import SystemIdentifiers
from sandbox.kis.auth import approval_key
from sandbox.kiwoom.state import Token
from sandbox.servers import serve_kis, serve_kiwoom
from sandbox.world import World, WorldSettings, build_world
from tests.contracts.feed_contract import KODEX, TIGER, FeedContract, FeedScene
from tests.fakes.hand_clock import HandClock

AT = datetime(2026, 11, 20, 10, 0, tzinfo=KST)
PATIENCE = StreamPatience(turn_seconds=0.05)


def world_of(broker: str, profile: str) -> World:
    world = build_world(
        WorldSettings(start=AT, rate=0, profile=profile, broker=broker, symbols=(KODEX, TIGER))
    )
    world.stream.held_host_seconds = 0.0
    return world


async def at_kis(profile: str) -> AsyncIterator[FeedScene]:
    world = world_of("kis", profile)
    server = await serve_kis(world)

    async def approval() -> str:
        return approval_key(world.kis)

    terms = StreamTerms(
        url=world.addresses.kis_stream,
        is_vts=profile == "vts",
        account=world.kis.account + world.kis.product,
        hts_id=world.stream.hts_id,
        patience=PATIENCE,
    )
    clock = HandClock(AT)
    yield FeedScene(
        world,
        KisStream(terms, approval, clock, SystemIdentifiers()),
        clock,
        lambda: world.stream.holder.registered if world.stream.holder else frozenset(),
        lambda: {one.tr_key for one in world.stream.seen},
        lambda: world.stream.connections,
    )
    await server.close()


class KiwoomTokens:
    """Hands out the token that this sandbox's REST service has issued."""

    def __init__(self, world: World) -> None:
        self._world = world
        world.kiwoom.token = Token("t.k", AT.replace(day=21))

    async def get(self) -> AccessToken:
        token = self._world.kiwoom.token
        assert token is not None
        return AccessToken(token.value, token.expires_at)

    def invalidate(self, token: AccessToken) -> None:
        raise AssertionError(f"{token} was good")


async def at_kiwoom(profile: str) -> AsyncIterator[FeedScene]:
    world = world_of("kiwoom", profile)
    server = await serve_kiwoom(world)
    clock = HandClock(AT)
    stream = KiwoomStream(
        world.addresses.kiwoom_stream,
        KiwoomTokens(world),
        clock,
        SystemIdentifiers(),
        patience=PATIENCE,
    )
    hub = world.kiwoom_stream
    yield FeedScene(
        world,
        stream,
        clock,
        lambda: hub.holder.registered if hub.holder else frozenset(),
        lambda: {item for frame in hub.seen for item in frame.items},
        lambda: hub.connections,
    )
    await server.close()


class TestKisVtsFeed(FeedContract):
    @pytest.fixture
    async def scene(self):
        async for scene in at_kis("vts"):
            yield scene


class TestKisRealFeed(FeedContract):
    @pytest.fixture
    async def scene(self):
        async for scene in at_kis("real"):
            yield scene


class TestKiwoomVtsFeed(FeedContract):
    @pytest.fixture
    async def scene(self):
        async for scene in at_kiwoom("vts"):
            yield scene


class TestKiwoomRealFeed(FeedContract):
    @pytest.fixture
    async def scene(self):
        async for scene in at_kiwoom("real"):
            yield scene
