"""The adapter against the sandbox's KIS: the shared contract, in both profiles, over a socket.

The sandbox writes the wire down a second time and shares no table with the client, so that both
must agree with the broker's documents to agree with one another.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from brokers.kis.account import KisAccount
from brokers.kis.broker import KisBroker, open_kis
from core.domain.market import Designation
from core.domain.modes import Mode
from core.errors import NotOfferedHere, RateLimited
from core.runtime.clock import SteppedClock
from sandbox.servers import serve_kis
from sandbox.world import WorldSettings, build_world
from tests.brokers.sandbox_world import (
    DAY,
    KODEX,
    START,
    SandboxWorld,
    ask_much_at_once,
    assert_all_are_read,
)


async def enter(
    mode: Mode, *, requests_per_second: int = 10_000
) -> AsyncIterator[SandboxWorld[KisBroker]]:
    sandbox = build_world(
        WorldSettings(
            start=START,
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
    clock = SteppedClock(START, rate=0)
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
    await assert_all_are_read(vts, orders=16)


async def test_vts_does_not_say_which_days_are_open(vts):
    token = await vts.adapter.issue_token()
    with pytest.raises(NotOfferedHere):
        await vts.adapter.is_open_day(token, DAY)


async def test_a_second_token_within_the_minute_is_refused(vts):
    await vts.adapter.issue_token()
    with pytest.raises(RateLimited, match="EGW00133"):
        await vts.adapter.issue_token()


@pytest.mark.parametrize("mode", [Mode.VTS, Mode.REAL])
async def test_the_session_never_meets_the_limit_of_the_server(mode, tmp_path):
    """The profile's own limit, running clocks, many calls at once: no EGW00201."""
    async for world in enter(mode, requests_per_second=0):
        await ask_much_at_once(world, mode, "kis", tmp_path)
        codes = [seen.msg_cd for seen in world.sandbox.kis.requests]
        assert len(codes) >= 11
        assert "EGW00201" not in codes


async def test_the_warnings_of_the_exchange_arrive(vts):
    await vts.go_to(START.replace(hour=10))
    token = await vts.adapter.issue_token()
    assert (await vts.adapter.quote(token, KODEX)).designations == frozenset()
    marks = {"mrkt_warn_cls_code": "02", "iscd_stat_cls_code": "53"}
    vts.sandbox.kis.marks[KODEX] = marks
    quote = await vts.adapter.quote(token, KODEX)
    assert (quote.designations, quote.is_halted) == ({Designation.WARNING}, False)
    assert quote.in_vi is False
    marks["vi_cls_code"] = "Y"
    assert (await vts.adapter.quote(token, KODEX)).in_vi
    marks["temp_stop_yn"] = "Y"
    assert (await vts.adapter.quote(token, KODEX)).is_halted


@pytest.mark.parametrize("mode", [Mode.VTS, Mode.REAL])
async def test_what_a_person_amended_in_the_brokers_own_app_is_read_as_an_order_that_lives(mode):
    async for world in enter(mode):
        await world.go_to(START.replace(hour=10))
        token = await world.adapter.issue_token()
        exchange, now = world.sandbox.exchange, world.sandbox.clock.now()
        view = exchange.market(now, KODEX)
        assert view is not None
        low = view.lower_limit
        exchange.place(now, KODEX, is_buy=True, quantity=3, price=low)
        exchange.amend(now, 1, price=low + 5, quantity=2)
        exchange.cancel(now, 1)
        first, amended, cancel = (await world.adapter.order_history(token, DAY)).orders
        assert (first.remaining, first.cancelled, first.is_cancel_row) == (0, 3, False)
        assert (amended.original_number, amended.remaining, amended.is_cancel_row) == (
            "1",
            2,
            False,
        )
        assert (cancel.original_number, cancel.is_cancel_row) == ("1", True)


@pytest.mark.parametrize("mode", [Mode.VTS, Mode.REAL])
async def test_an_order_does_not_vanish_between_the_two_lists(mode):
    """One list has the last three months, the other what is older: neither is empty by mistake."""
    async for world in enter(mode):
        await world.go_to(START.replace(hour=10))
        exchange, now = world.sandbox.exchange, world.sandbox.clock.now()
        view = exchange.market(now, KODEX)
        assert view is not None
        exchange.place(now, KODEX, is_buy=True, quantity=3, price=view.lower_limit)
        for age in (1, 84, 85, 86, 88, 89, 90, 91, 92, 93, 94):
            await world.go_to(START.replace(hour=10) + timedelta(days=age))
            token = await world.adapter.issue_token()
            history = await world.adapter.order_history(token, DAY)
            assert [order.ref.number for order in history.orders] == ["1"], age
