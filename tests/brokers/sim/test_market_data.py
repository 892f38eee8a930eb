from dataclasses import dataclass
from datetime import datetime

import pytest

from brokers.from_lists import StatementsFromLists
from brokers.sim.adapter import SimBroker, SimTerms
from brokers.sim.market_data import SimMarketData
from core.domain.instrument import Symbol
from core.domain.ranking import VolumeOrder
from core.errors import NotOfferedHere
from core.ports.broker import AccessToken
from core.ports.market_data import MarketDataAdapter
from core.ports.statements import StatementsAdapter
from tests.brokers.sim.worlds import HandClock, at, market

KODEX, UNKNOWN = Symbol("069500"), Symbol("999999")


@dataclass
class SimDesk:
    broker: SimBroker
    market: MarketDataAdapter
    statements: StatementsAdapter
    token: AccessToken
    now: datetime
    symbol: Symbol = KODEX
    unknown_symbol: Symbol = UNKNOWN

    def requests(self) -> int:
        return 0


@pytest.fixture
async def desk(tmp_path):
    clock = HandClock(at(10, 0))
    sim = SimBroker.open_account(market(), clock, tmp_path / "sim.json")
    token = await sim.issue_token()
    yield SimDesk(sim, SimMarketData(sim), StatementsFromLists(sim, clock), token, clock.now())
    await sim.close()


async def test_a_turnover_ranking_and_no_ranking_by_increase(desk):
    lines = await desk.market.volume_ranking(desk.token, VolumeOrder.TURNOVER)
    assert [line.turnover_won for line in lines] == sorted(
        (line.price_won * line.volume_shares for line in lines), reverse=True
    )
    with pytest.raises(NotOfferedHere):
        await desk.market.volume_ranking(desk.token, VolumeOrder.INCREASE)


async def test_a_closed_market_has_an_empty_book(desk):
    desk.broker.clock.instant = at(16, 0)
    book = await desk.market.order_book(desk.token, desk.symbol)
    assert (book.asks, book.bids, book.best_ask_won, book.best_bid_won) == ((), (), None, None)


async def test_an_account_without_money_has_no_weights(desk, tmp_path):
    clock = HandClock(at(10, 0))
    poor = SimBroker.open_account(
        market(), clock, tmp_path / "poor.json", SimTerms(opening_cash_won=0)
    )
    assets = await StatementsFromLists(poor, clock).assets(desk.token)
    assert assets.total_won == 0
    assert assets.classes[0].weight_percent == 0
    await poor.close()
