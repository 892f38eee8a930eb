"""The adapter against the sandbox's KIS: the shared contract, in both profiles, over a socket.

The sandbox writes the wire down a second time and shares no table with the client, so that both
must agree with the broker's documents to agree with one another.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest

from brokers.kis.account import KisAccount
from brokers.kis.broker import KisBroker, open_kis
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.market import Designation
from core.domain.modes import Mode
from core.domain.money import Shares, Won
from core.domain.orders import Accepted, OrderRequest, OrderType, Side
from core.errors import NotOfferedHere, RateLimited
from core.runtime.broker_session import BrokerSession
from core.runtime.clock import SteppedClock
from core.runtime.identifiers import SystemIdentifiers
from core.runtime.rate_limiter import RateLimiter, pace_for
from core.runtime.supervisor import TaskSupervisor
from core.runtime.token_cache import TokenCache
from core.runtime.token_store import FileTokenStore, token_key
from sandbox.servers import serve_kis
from sandbox.world import World, WorldSettings, build_world

DAY = date(2025, 3, 5)
KODEX = Symbol("069500")
NOBODY = Symbol("999999")


@dataclass
class SandboxWorld:
    """One sandbox with its clock standing, and the adapter with a clock that stands beside it."""

    sandbox: World
    adapter: KisBroker
    clock: SteppedClock
    symbol: Symbol = KODEX
    unknown_symbol: Symbol = NOBODY
    day: date = DAY
    closed_day: date = date(2025, 3, 8)
    lacks: frozenset[str] = frozenset()

    async def go_to(self, instant: datetime) -> None:
        if instant > self.clock.now():
            self.sandbox.clock.jump(instant)
            self.clock.set(instant)


async def enter(mode: Mode, *, requests_per_second: int = 10_000) -> AsyncIterator[SandboxWorld]:
    start = datetime(2025, 3, 5, 8, 0, tzinfo=KST)
    sandbox = build_world(
        WorldSettings(
            start=start,
            rate=0.0,
            profile=mode.value,
            requests_per_second=requests_per_second,
        )
    )
    server = await serve_kis(sandbox)
    account = KisAccount(
        mode=mode,
        app_key=sandbox.kis.app_key,
        app_secret=sandbox.kis.app_secret,
        account_no=sandbox.kis.account,
        product_code=sandbox.kis.product,
        base_url=server.url,
        use_hashkey=mode is Mode.REAL,
    )
    clock = SteppedClock(start, rate=0)
    adapter = open_kis(account, clock)
    lacks = frozenset({"is_open_day"}) if mode is Mode.VTS else frozenset[str]()
    try:
        yield SandboxWorld(sandbox, adapter, clock, lacks=lacks)
    finally:
        await adapter.close()
        await server.close()


@pytest.fixture
async def vts():
    async for world in enter(Mode.VTS):
        yield world


async def test_every_page_of_a_long_day_is_read(vts):
    await vts.go_to(datetime(2025, 3, 5, 10, 0, tzinfo=KST))
    token = await vts.adapter.issue_token()
    quote = await vts.adapter.quote(token, KODEX)
    numbers = set()
    for _ in range(16):
        request = OrderRequest(
            symbol=KODEX, side=Side.BUY, quantity=Shares(1), price_won=quote.lower_limit_won
        )
        outcome = await vts.adapter.place_order(token, request)
        assert isinstance(outcome, Accepted)
        numbers.add(outcome.ref.number)
    history = await vts.adapter.order_history(token, DAY)
    assert {order.ref.number for order in history.orders} == numbers
    with pytest.raises(NotOfferedHere):
        await vts.adapter.is_open_day(token, DAY)


async def test_a_second_token_within_the_minute_is_refused(vts):
    await vts.adapter.issue_token()
    with pytest.raises(RateLimited, match="EGW00133"):
        await vts.adapter.issue_token()


@pytest.mark.parametrize("mode", [Mode.VTS, Mode.REAL])
async def test_the_session_never_meets_the_limit_of_the_server(mode, tmp_path):
    """The profile's own limit, running clocks, twenty calls at once: no EGW00201."""
    async for world in enter(mode, requests_per_second=0):
        tasks = TaskSupervisor()
        tokens = TokenCache(
            world.adapter.issue_token, FileTokenStore(tmp_path), token_key("k", mode), world.clock
        )
        session = BrokerSession(
            world.adapter,
            tokens,
            RateLimiter(world.clock, pace_for(mode)),
            world.clock,
            SystemIdentifiers(),
            tasks,
        )
        await world.go_to(datetime(2025, 3, 5, 10, 0, tzinfo=KST))
        anchor = world.sandbox.clock
        anchor.set_rate(20)
        world.clock.set(anchor.anchor.business, anchor.anchor.host_monotonic, 20)
        start = DAY - timedelta(days=200)
        await asyncio.gather(
            *(session.quote(KODEX) for _ in range(4)),
            *(session.account() for _ in range(2)),
            session.order_history(DAY),
            session.daily_bars(KODEX, start, DAY - timedelta(days=1), adjusted=False),
            session.buying_power(KODEX, Won(30_000), OrderType.LIMIT),
            session.sellable(KODEX),
        )
        codes = [seen.msg_cd for seen in world.sandbox.kis.requests]
        assert len(codes) >= 11
        assert "EGW00201" not in codes
        await tasks.aclose()


async def test_the_warnings_of_the_exchange_arrive(vts):
    await vts.go_to(datetime(2025, 3, 5, 10, 0, tzinfo=KST))
    token = await vts.adapter.issue_token()
    assert (await vts.adapter.quote(token, KODEX)).designations == frozenset()
    marks = {"mrkt_warn_cls_code": "02", "iscd_stat_cls_code": "53"}
    vts.sandbox.kis.marks[KODEX] = marks
    quote = await vts.adapter.quote(token, KODEX)
    assert (quote.designations, quote.is_halted) == ({Designation.WARNING}, False)
    marks["temp_stop_yn"] = "Y"
    assert (await vts.adapter.quote(token, KODEX)).is_halted
