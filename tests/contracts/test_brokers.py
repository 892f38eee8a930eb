"""The contracts, run on every broker: in the process, and over a socket against the sandbox."""

from __future__ import annotations

import pytest

from brokers.from_lists import StatementsFromLists
from brokers.sim.adapter import SimBroker
from brokers.sim.market_data import SimMarketData
from brokers.sim.quoted import QuotedSimBroker
from brokers.sim.quoted_prices import QuotedPrices
from core.domain.modes import Mode
from core.errors import TokenRejected
from tests.brokers.kis.test_against_sandbox import enter as enter_kis
from tests.brokers.kis.test_market_data_on_sandbox import sit_down as sit_down_at_kis
from tests.brokers.kiwoom.test_against_sandbox import enter as enter_kiwoom
from tests.brokers.kiwoom.test_market_data_on_sandbox import sit_down as sit_down_at_kiwoom
from tests.brokers.sim.test_adapter import SimWorld, open_broker
from tests.brokers.sim.test_market_data import SimDesk
from tests.brokers.sim.test_quoted import LABEL, QuotedWorld
from tests.brokers.sim.worlds import NAMES, HandClock, at, market
from tests.contracts.broker_contract import BrokerContract
from tests.contracts.market_data_contract import MarketDataContract


class TestSim(BrokerContract):
    @pytest.fixture
    async def world(self, tmp_path):
        broker, clock = open_broker(tmp_path, at(8, 0))
        yield SimWorld(broker, clock)
        await broker.close()


class TestSimOnQuotes(BrokerContract):
    @pytest.fixture
    async def world(self, tmp_path):
        clock = HandClock(at(8, 0))
        quoting = SimBroker.open_account(market(), clock, tmp_path / "quoting.json")
        prices = QuotedPrices(LABEL, NAMES)
        sim = SimBroker.open_account(prices, clock, tmp_path / "sim.json")
        broker = QuotedSimBroker(sim, prices, quoting)
        yield QuotedWorld(broker, clock)
        await broker.close()


@pytest.mark.parametrize("enter", [enter_kis, enter_kiwoom], ids=["kis", "kiwoom"])
@pytest.mark.parametrize("mode", [Mode.VTS, Mode.REAL])
class TestOnSandbox(BrokerContract):
    @pytest.fixture
    async def world(self, enter, mode):
        async for world in enter(mode):
            yield world

    async def test_a_token_that_was_given_back_opens_nothing(self, world, token):
        await world.adapter.quote(token, world.symbol)
        await world.adapter.revoke_token(token)
        with pytest.raises(TokenRejected):
            await world.adapter.quote(token, world.symbol)


class TestSimMarketData(MarketDataContract):
    @pytest.fixture
    async def desk(self, tmp_path):
        clock = HandClock(at(10, 0))
        sim = SimBroker.open_account(market(), clock, tmp_path / "sim.json")
        token = await sim.issue_token()
        yield SimDesk(sim, SimMarketData(sim), StatementsFromLists(sim, clock), token, clock.now())
        await sim.close()


@pytest.mark.parametrize("sit_down", [sit_down_at_kis, sit_down_at_kiwoom], ids=["kis", "kiwoom"])
@pytest.mark.parametrize("mode", [Mode.VTS, Mode.REAL])
class TestMarketDataOnSandbox(MarketDataContract):
    @pytest.fixture
    async def desk(self, sit_down, mode):
        async for desk in sit_down(mode):
            yield desk
