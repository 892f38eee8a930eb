"""Three years of charts of a whole universe: read once over a real socket, kept in a real file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from core.domain.calendar import TradingCalendar
from core.domain.instrument import Instrument, Symbol
from core.domain.krx import KST
from core.domain.modes import Mode
from core.runtime.broker_session import BrokerSession
from core.runtime.identifiers import SystemIdentifiers
from core.runtime.rate_limiter import Pace, RateLimiter
from core.runtime.supervisor import TaskSupervisor
from core.runtime.token_cache import TokenCache
from core.runtime.token_store import FileTokenStore, token_key
from core.services.market.service import MarketService
from storage.bars import SqlBarArchive
from storage.opening import open_database
from tests.brokers.kis.test_against_sandbox import enter
from tests.brokers.sandbox_world import SandboxWorld

pytestmark = pytest.mark.slow
TEN = datetime(2025, 3, 5, 10, 0, tzinfo=KST)
YESTERDAY = date(2025, 3, 4)
THREE_YEARS = 732
FAST = Pace(start=10_000, ceiling=10_000, ledger_start=100, ledger_ceiling=100, timeout_seconds=10)


async def charts(world: SandboxWorld, folder: Path, last: date) -> int:
    """Open the file, ask for every chart as the bot does, close it; return the calls it took."""
    before = len(world.sandbox.kis.requests)
    database = await open_database(f"sqlite:///{folder / 'bars.db'}")
    tasks = TaskSupervisor()
    tokens = TokenCache(
        world.adapter.issue_token, FileTokenStore(folder), token_key("k", Mode.REAL), world.clock
    )
    session = BrokerSession(
        world.adapter,
        tokens,
        RateLimiter(world.clock, FAST),
        world.clock,
        SystemIdentifiers(),
        tasks,
    )
    symbols = tuple(Symbol(code) for code in world.sandbox.prices.symbols())
    assert len(symbols) == 30
    market = MarketService(
        broker=session,
        archive=SqlBarArchive(database),
        universe=tuple(Instrument(symbol=symbol, name=symbol) for symbol in symbols),
        clock=world.clock,
        calendar=TradingCalendar(),
    )
    try:
        for symbol in symbols:
            found = await market.bars(symbol, THREE_YEARS, last, adjusted=True)
            assert len(found.bars) == THREE_YEARS
            assert found.bars[-1].session == last
    finally:
        await database.close()
        await tasks.aclose()
    return len(world.sandbox.kis.requests) - before


@pytest.fixture
async def world() -> AsyncIterator[SandboxWorld]:
    async for entered in enter(Mode.REAL):
        await entered.go_to(TEN)
        yield entered


async def test_a_second_run_asks_for_no_old_bar(world: SandboxWorld, tmp_path: Path) -> None:
    assert await charts(world, tmp_path, YESTERDAY) > 30 * THREE_YEARS // 100
    assert await charts(world, tmp_path, YESTERDAY) == 0
    # A day later each symbol takes one call, for the new bar and the few before it.
    await world.go_to(TEN + timedelta(days=1))
    calls = await charts(world, tmp_path, YESTERDAY + timedelta(days=1))
    asked = [seen.path for seen in list(world.sandbox.kis.requests)[-calls:]]
    assert sum(path.endswith("inquire-daily-itemchartprice") for path in asked) == 30
    assert calls <= 31  # perhaps a new token
