"""One sandbox whose clock stands, and an adapter beside it: what both brokers' worlds share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Generic, TypeVar

from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.modes import Mode
from core.domain.money import Shares, Won
from core.domain.orders import Accepted, OrderRequest, OrderType, Side
from core.ports.broker import BrokerAdapter
from core.runtime.broker_session import BrokerSession
from core.runtime.clock import SteppedClock
from core.runtime.identifiers import SystemIdentifiers
from core.runtime.rate_limiter import RateLimiter, pace_for
from core.runtime.supervisor import TaskSupervisor
from core.runtime.token_cache import TokenCache
from core.runtime.token_store import FileTokenStore, token_key
from sandbox.world import World

DAY = date(2025, 3, 5)
START = datetime(2025, 3, 5, 8, 0, tzinfo=KST)
KODEX = Symbol("069500")
NOBODY = Symbol("999999")

_Adapter = TypeVar("_Adapter", bound=BrokerAdapter)


@dataclass
class SandboxWorld(Generic[_Adapter]):
    """One sandbox with its clock standing, and the adapter with a clock that stands beside it."""

    sandbox: World
    adapter: _Adapter
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


async def assert_all_are_read(world: SandboxWorld[_Adapter], orders: int) -> None:
    """Place `orders` that only work: the history of the day has each of them."""
    await world.go_to(START.replace(hour=10))
    token = await world.adapter.issue_token()
    quote = await world.adapter.quote(token, KODEX)
    request = OrderRequest(
        symbol=KODEX, side=Side.BUY, quantity=Shares(1), price_won=quote.lower_limit_won
    )
    numbers = set()
    for _ in range(orders):
        outcome = await world.adapter.place_order(token, request)
        assert isinstance(outcome, Accepted)
        numbers.add(outcome.ref.number)
    history = await world.adapter.order_history(token, DAY)
    assert {order.ref.number for order in history.orders} == numbers


async def ask_much_at_once(
    world: SandboxWorld[_Adapter], mode: Mode, broker: str, folder: Path
) -> None:
    """Make eleven reads of one session at once, by running clocks, at the pace of `broker`."""
    tasks = TaskSupervisor()
    key = token_key("k", mode)
    tokens = TokenCache(world.adapter.issue_token, FileTokenStore(folder), key, world.clock)
    limiter = RateLimiter(world.clock, pace_for(mode, broker))
    session = BrokerSession(world.adapter, tokens, limiter, world.clock, SystemIdentifiers(), tasks)
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
    await tasks.aclose()
