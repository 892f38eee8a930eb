"""Market data and statements against the sandbox's Kiwoom, over a socket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import pytest

from brokers.kiwoom.broker import KiwoomBroker
from brokers.kiwoom.market_data import KiwoomMarketData
from brokers.kiwoom.statements import KiwoomStatements
from core.domain.instrument import Symbol
from core.domain.market_index import MarketIndex
from core.domain.modes import Mode
from core.domain.ranking import VolumeOrder
from core.errors import NotOfferedHere
from core.ports.broker import AccessToken
from tests.brokers.kiwoom.test_against_sandbox import enter
from tests.brokers.sandbox_world import KODEX, NOBODY, START, SandboxWorld


@dataclass
class KiwoomDesk:
    world: SandboxWorld[KiwoomBroker]
    token: AccessToken
    symbol: Symbol = KODEX
    unknown_symbol: Symbol = NOBODY

    @property
    def broker(self) -> KiwoomBroker:
        return self.world.adapter

    @property
    def market(self) -> KiwoomMarketData:
        return KiwoomMarketData(self.broker)

    @property
    def statements(self) -> KiwoomStatements:
        return KiwoomStatements(self.broker, self.world.clock)

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    def requests(self) -> int:
        return len(self.world.sandbox.kiwoom.requests)


async def sit_down(mode):
    async for world in enter(mode):
        await world.go_to(START.replace(hour=10))
        yield KiwoomDesk(world, await world.adapter.issue_token())


@pytest.fixture
async def desk():
    async for desk in sit_down(Mode.VTS):
        yield desk


async def test_an_index_follows_its_fund(desk):
    quote = await desk.broker.quote(desk.token, KODEX)
    level = await desk.market.index(desk.token, MarketIndex.KOSPI200)
    assert level.level == (quote.last_won * Decimal("0.01")).quantize(Decimal("0.01"))
    assert level.low_level <= level.level <= level.high_level
    assert (level.change > 0) == (quote.last_won > quote.base_won)
    assert level.turnover_won > level.volume_shares > 0


async def test_rankings_by_turnover_but_not_by_increase(desk):
    lines = await desk.market.volume_ranking(desk.token, VolumeOrder.TURNOVER)
    assert lines[0].turnover_won >= lines[-1].turnover_won
    before = desk.requests()
    with pytest.raises(NotOfferedHere):
        await desk.market.volume_ranking(desk.token, VolumeOrder.INCREASE)
    assert desk.requests() == before


async def test_every_read_takes_its_turn(desk):
    turns = []

    async def turn(name):
        turns.append(name)

    market = desk.market.taking_turns(turn)
    await market.order_book(desk.token, KODEX)
    await market.instrument(desk.token, KODEX)
    assert turns == ["ka10004", "ka10100"]
