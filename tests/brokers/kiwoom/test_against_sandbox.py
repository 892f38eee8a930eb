"""The adapter against the sandbox's Kiwoom, over a socket. The shared contract is in tests/contracts.

The sandbox writes the wire down a second time and shares no table with the client, so that both
must agree with the broker's documents to agree with one another.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest

from brokers.kiwoom.account import KiwoomAccount
from brokers.kiwoom.broker import KiwoomBroker, open_kiwoom
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.market import Designation
from core.domain.modes import Mode
from core.domain.money import Shares, Won
from core.domain.orders import Accepted, OrderRequest, OrderType, Side
from core.errors import BrokerRefused
from core.runtime.broker_session import BrokerSession
from core.runtime.clock import SteppedClock
from core.runtime.identifiers import SystemIdentifiers
from core.runtime.rate_limiter import RateLimiter, pace_for
from core.runtime.supervisor import TaskSupervisor
from core.runtime.token_cache import TokenCache
from core.runtime.token_store import FileTokenStore, token_key
from sandbox.servers import serve_kiwoom
from sandbox.world import World, WorldSettings, build_world

DAY = date(2025, 3, 5)
KODEX = Symbol("069500")
NOBODY = Symbol("999999")
START = datetime(2025, 3, 5, 8, 0, tzinfo=KST)


@dataclass
class SandboxWorld:
    """One sandbox with its clock standing, and the adapter with a clock that stands beside it."""

    sandbox: World
    adapter: KiwoomBroker
    clock: SteppedClock
    symbol: Symbol = KODEX
    unknown_symbol: Symbol = NOBODY
    day: date = DAY
    closed_day: date = date(2025, 3, 8)
    lacks: frozenset[str] = frozenset({"is_open_day"})

    async def go_to(self, instant: datetime) -> None:
        if instant > self.clock.now():
            self.sandbox.clock.jump(instant)
            self.clock.set(instant)


async def enter(mode: Mode, *, requests_per_second: int = 10_000) -> AsyncIterator[SandboxWorld]:
    sandbox = build_world(
        WorldSettings(
            start=START,
            rate=0.0,
            profile=mode.value,
            broker="kiwoom",
            requests_per_second=requests_per_second,
        )
    )
    server = await serve_kiwoom(sandbox)
    account = KiwoomAccount(
        mode=mode,
        app_key=sandbox.kiwoom.app_key,
        app_secret=sandbox.kiwoom.app_secret,
        account_no=sandbox.kiwoom.account,
        product_code=sandbox.kiwoom.account_class,
        base_url=server.url,
        sign_requests=mode is Mode.REAL,
    )
    clock = SteppedClock(START, rate=0)
    adapter = open_kiwoom(account, clock)
    try:
        yield SandboxWorld(sandbox, adapter, clock)
    finally:
        await adapter.close()
        await server.close()


@pytest.fixture
async def vts():
    async for world in enter(Mode.VTS):
        yield world


async def test_every_page_of_a_long_day_is_read(vts):
    await vts.go_to(START.replace(hour=10))
    token = await vts.adapter.issue_token()
    quote = await vts.adapter.quote(token, KODEX)
    numbers = set()
    for _ in range(21):
        request = OrderRequest(
            symbol=KODEX, side=Side.BUY, quantity=Shares(1), price_won=quote.lower_limit_won
        )
        outcome = await vts.adapter.place_order(token, request)
        assert isinstance(outcome, Accepted)
        numbers.add(outcome.ref.number)
    history = await vts.adapter.order_history(token, DAY)
    assert {order.ref.number for order in history.orders} == numbers


async def test_keys_of_another_account_open_nothing(vts):
    vts.sandbox.kiwoom.account = "99999999"
    with pytest.raises(BrokerRefused, match="another account"):
        await vts.adapter.issue_token()


async def test_a_token_that_was_given_back_is_dead(vts):
    token = await vts.adapter.issue_token()
    await vts.adapter.revoke_token(token)
    assert (await vts.adapter.issue_token()).value != token.value


@pytest.mark.parametrize("mode", [Mode.VTS, Mode.REAL])
async def test_the_session_never_meets_the_limits_of_the_server(mode, tmp_path):
    """The profile's own limits, running clocks, many calls at once: never too fast."""
    async for world in enter(mode, requests_per_second=0):
        tasks = TaskSupervisor()
        tokens = TokenCache(
            world.adapter.issue_token, FileTokenStore(tmp_path), token_key("k", mode), world.clock
        )
        session = BrokerSession(
            world.adapter,
            tokens,
            RateLimiter(world.clock, pace_for(mode, "kiwoom")),
            world.clock,
            SystemIdentifiers(),
            tasks,
        )
        await world.go_to(START.replace(hour=10))
        anchor = world.sandbox.clock
        anchor.set_rate(20)
        world.clock.set(anchor.anchor.business, anchor.anchor.host_monotonic, 20)
        start = DAY - timedelta(days=200)
        await asyncio.gather(
            *(session.quote(KODEX) for _ in range(4)),
            *(session.account() for _ in range(2)),
            *(session.order_history(DAY) for _ in range(2)),
            session.daily_bars(KODEX, start, DAY - timedelta(days=1), adjusted=False),
            session.buying_power(KODEX, Won(30_000), OrderType.LIMIT),
            session.sellable(KODEX),
        )
        seen = world.sandbox.kiwoom.requests
        assert len(seen) >= 18
        assert {one.status for one in seen} == {200}
        await tasks.aclose()


async def test_the_warnings_of_the_exchange_arrive(vts):
    await vts.go_to(START.replace(hour=10))
    token = await vts.adapter.issue_token()
    assert (await vts.adapter.quote(token, KODEX)).designations == frozenset()
    marks = {"auditInfo": "투자경고", "orderWarning": "5"}
    vts.sandbox.kiwoom.marks[KODEX] = marks
    quote = await vts.adapter.quote(token, KODEX)
    assert (quote.designations, quote.is_halted) == ({Designation.WARNING}, False)
    marks["auditInfo"] = "거래정지"
    assert (await vts.adapter.quote(token, KODEX)).is_halted


async def test_the_list_of_etfs(vts):
    token = await vts.adapter.issue_token()
    listed = await vts.adapter.stock_list(token, "8")
    assert KODEX in {row.code for row in listed}
