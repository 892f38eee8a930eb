"""The adapter against the sandbox's Kiwoom, over a socket. The shared contract is in tests/contracts.

The sandbox writes the wire down a second time and shares no table with the client, so that both
must agree with the broker's documents to agree with one another.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from brokers.kiwoom.account import KiwoomAccount
from brokers.kiwoom.broker import KiwoomBroker, open_kiwoom
from core.domain.market import Designation
from core.domain.modes import Mode
from core.errors import BrokerRefused
from core.runtime.clock import SteppedClock
from sandbox.servers import serve_kiwoom
from sandbox.world import WorldSettings, build_world
from tests.brokers.sandbox_world import (
    KODEX,
    START,
    SandboxWorld,
    ask_much_at_once,
    assert_all_are_read,
)


async def enter(
    mode: Mode, *, requests_per_second: int = 10_000
) -> AsyncIterator[SandboxWorld[KiwoomBroker]]:
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
        yield SandboxWorld(sandbox, adapter, clock, lacks=frozenset({"is_open_day"}))
    finally:
        await adapter.close()
        await server.close()


@pytest.fixture
async def vts():
    async for world in enter(Mode.VTS):
        yield world


async def test_every_page_of_a_long_day_is_read(vts):
    await assert_all_are_read(vts, orders=21)


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
        await ask_much_at_once(world, mode, "kiwoom", tmp_path)
        seen = world.sandbox.kiwoom.requests
        assert len(seen) >= 18
        assert {one.status for one in seen} == {200}


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
