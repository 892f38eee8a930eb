import json
import stat
import threading
from dataclasses import FrozenInstanceError, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from brokers.sim.adapter import SimBroker, SimTerms
from brokers.sim.prices_synthetic import SyntheticMarket
from brokers.sim.translation import bar_of
from brokers.sim.values import Refusal
from core.domain.instrument import Symbol
from core.domain.modes import Mode
from core.domain.money import Won, shares
from core.domain.orders import (
    Accepted,
    BrokerOrderRef,
    OrderRequest,
    OrderState,
    OrderType,
    Rejected,
    Side,
    Unresolved,
)
from core.errors import BrokerRefused, ConfigurationError, StorageError
from core.ports.broker import AccessToken, BrokerAdapter
from tests.brokers.sim.worlds import DAY, NAMES, HandClock, at, market

KODEX, UNKNOWN = Symbol("069500"), Symbol("999999")


@dataclass
class SimWorld:
    adapter: SimBroker
    clock: HandClock
    symbol: Symbol = KODEX
    unknown_symbol: Symbol = UNKNOWN
    day: date = DAY
    closed_day: date = date(2026, 12, 25)
    lacks: frozenset[str] = frozenset()

    async def go_to(self, instant: datetime) -> None:
        self.clock.instant = instant


def open_broker(path: Path, now: datetime, seed: int = 7) -> tuple[SimBroker, HandClock]:
    clock = HandClock(now)
    return SimBroker.open_account(market(seed), clock, path / "sim.json"), clock


@pytest.fixture
def token():
    return AccessToken("sim", at(23))


def buy(quantity: int, price: int | None = None) -> OrderRequest:
    return OrderRequest(
        symbol=KODEX,
        side=Side.BUY,
        quantity=shares(quantity),
        price_won=Won(price) if price else None,
        order_type=OrderType.LIMIT if price else OrderType.MARKET,
    )


async def test_it_is_a_frozen_adapter_of_the_sim_mode(tmp_path):
    broker, _ = open_broker(tmp_path, at(10))
    adapter: BrokerAdapter = broker
    assert adapter.identity.mode is Mode.SIM
    with pytest.raises(FrozenInstanceError):
        broker.clock = HandClock(at(11))  # type: ignore[misc]


async def test_an_accepted_order_is_on_disk_before_the_answer(tmp_path, token):
    broker, _ = open_broker(tmp_path, at(10))
    quote = await broker.quote(token, KODEX)
    outcome = await broker.place_order(token, buy(3, quote.lower_limit_won))
    assert isinstance(outcome, Accepted)
    assert outcome.ref.number == "0000000001"
    # No close, no farewell: the process is gone. A new one reads the file.
    again, _ = open_broker(tmp_path, at(10, 5))
    history = await again.order_history(token, DAY)
    assert [(row.ref.number, row.state()) for row in history.orders] == [
        ("0000000001", OrderState.WORKING)
    ]


async def test_an_order_that_traded_at_once_is_on_disk_with_its_fill(tmp_path, token):
    broker, _ = open_broker(tmp_path, at(10, 0, 30))
    outcome = await broker.place_order(token, buy(3))
    # 접수 says nothing of 체결: only the history proves the fill.
    assert outcome == Accepted(ref=BrokerOrderRef(number="0000000001"), accepted_at=at(10, 0, 30))
    again, _ = open_broker(tmp_path, at(10, 0, 30))
    row = (await again.order_history(token, DAY)).orders[0]
    assert (row.state(), row.filled, row.remaining) == (OrderState.FILLED, 3, 0)
    assert await again.account(token) == await broker.account(token)


async def test_cancelling_what_traded_at_once_is_rejected(tmp_path, token):
    broker, _ = open_broker(tmp_path, at(10))
    outcome = await broker.place_order(token, buy(3))
    assert isinstance(outcome, Accepted)
    late = await broker.cancel_order(token, outcome.ref)
    assert isinstance(late, Rejected)
    assert late.code == f"SIM_{Refusal.NOTHING_LEFT.name}"


async def test_a_killed_process_comes_to_the_same_fills(tmp_path, token):
    broker, clock = open_broker(tmp_path, at(8, 45))
    await broker.place_order(token, buy(20))
    again, _ = open_broker(tmp_path, at(11))
    assert (await broker.account(token)).positions == ()
    clock.instant = at(11)
    assert await broker.account(token) == await again.account(token)
    assert (await again.account(token)).position(KODEX) is not None


async def test_the_state_file_is_for_its_owner_only(tmp_path, token):
    broker, _ = open_broker(tmp_path / "deep" / "er", at(10))
    await broker.place_order(token, buy(1))
    path = tmp_path / "deep" / "er" / "sim.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in path.parent.iterdir()] == ["sim.json"]


async def test_an_order_that_cannot_be_written_is_unresolved(tmp_path, token):
    (tmp_path / "wall").write_text("not a folder")
    broker = SimBroker.open_account(market(), HandClock(at(10)), tmp_path / "sim.json")
    lost = SimBroker(broker.prices, broker.clock, tmp_path / "wall" / "x.json", broker.exchange)
    assert isinstance(await lost.place_order(token, buy(1)), Unresolved)
    # It stands in the exchange all the same, and a read proves it.
    assert len((await broker.order_history(token, DAY)).orders) == 1


async def test_a_read_that_cannot_be_written_says_so(tmp_path, token):
    (tmp_path / "wall").write_text("not a folder")
    broker, clock = open_broker(tmp_path, at(8, 45))
    await broker.place_order(token, buy(1))
    lost = SimBroker(broker.prices, clock, tmp_path / "wall" / "x.json", broker.exchange)
    clock.instant = at(9)
    with pytest.raises(StorageError, match="cannot be written"):
        await lost.account(token)


@pytest.mark.parametrize("text", ["{", "[]", '{"prices": "가상 시세 (seed 7)"}', "null"])
def test_a_broken_state_file_is_never_an_empty_account(tmp_path, text):
    (tmp_path / "sim.json").write_text(text, encoding="utf-8")
    with pytest.raises(StorageError):
        open_broker(tmp_path, at(10))


async def test_a_state_of_another_version_is_refused(tmp_path, token):
    broker, _ = open_broker(tmp_path, at(10))
    await broker.place_order(token, buy(1))
    path = tmp_path / "sim.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 99}))
    with pytest.raises(StorageError, match="version"):
        open_broker(tmp_path, at(10))


async def test_an_account_stays_with_its_prices(tmp_path, token):
    broker, _ = open_broker(tmp_path, at(10))
    await broker.place_order(token, buy(1))
    with pytest.raises(ConfigurationError, match="seed 7"):
        open_broker(tmp_path, at(10), seed=8)


async def test_a_market_order_that_waits_has_no_price_and_reserves_at_the_limit(tmp_path, token):
    broker, _ = open_broker(tmp_path, at(8, 45))  # where it waits
    quote = await broker.quote(token, KODEX)
    cash = (await broker.buying_power(token, KODEX, Won(0), OrderType.MARKET)).cash_won
    await broker.place_order(token, buy(2))
    row = (await broker.order_history(token, DAY)).orders[0]
    assert (row.order_type, row.price_won) == (OrderType.MARKET, 0)
    left = (await broker.buying_power(token, KODEX, Won(0), OrderType.MARKET)).cash_won
    assert cash - left >= 2 * quote.upper_limit_won


async def test_bars_never_show_a_session_that_still_runs(tmp_path, token):
    broker, clock = open_broker(tmp_path, at(15, 29, 59))
    ask = (token, KODEX, DAY - timedelta(days=5), DAY + timedelta(days=5))
    running = await broker.daily_bars(*ask, adjusted=True)
    assert running.bars[-1].session == date(2026, 11, 19)
    clock.instant = at(15, 30)
    finished = await broker.daily_bars(*ask, adjusted=True)
    assert finished.bars[-1].session == DAY
    assert finished.bars[-1].close_won == (await broker.quote(token, KODEX)).last_won
    clock.instant = at(12, day=date(2026, 11, 21))
    assert (await broker.daily_bars(*ask, adjusted=True)).bars[-1].session == DAY


async def test_the_loop_goes_on_while_bars_are_reckoned(tmp_path, token, monkeypatch):
    broker, _ = open_broker(tmp_path, at(10), seed=20_261)
    reckon, threads = broker.prices.daily_bars, []

    def noted(*asked, **how):
        threads.append(threading.get_ident())
        return reckon(*asked, **how)

    monkeypatch.setattr(broker.prices, "daily_bars", noted)
    first, last = date(2026, 10, 1), date(2026, 11, 19)
    found = await broker.daily_bars(token, KODEX, first, DAY, adjusted=True)
    expected = SyntheticMarket(20_261, NAMES, DAY).daily_bars(KODEX, first, last, adjusted=True)
    assert found.bars == tuple(bar_of(KODEX, bar) for bar in expected)
    assert len(expected) > 20
    assert threads
    assert threading.get_ident() not in threads


async def test_an_unknown_symbol_has_no_bars_and_no_buying_power(tmp_path, token):
    broker, _ = open_broker(tmp_path, at(10))
    with pytest.raises(BrokerRefused, match="SIM_UNKNOWN_SYMBOL"):
        await broker.daily_bars(token, UNKNOWN, DAY, DAY, adjusted=False)
    with pytest.raises(BrokerRefused):
        await broker.buying_power(token, UNKNOWN, Won(1_000), OrderType.LIMIT)


@pytest.mark.parametrize("number", ["", "abc", "0000000009", "²"])
async def test_cancelling_an_unknown_number_is_rejected(tmp_path, token, number):
    broker, _ = open_broker(tmp_path, at(10))
    outcome = await broker.cancel_order(token, BrokerOrderRef(number=number))
    assert isinstance(outcome, Rejected)
    assert outcome.code == f"SIM_{Refusal.UNKNOWN_ORDER.name}"


async def test_the_terms_open_the_account(tmp_path, token):
    terms = SimTerms(opening_cash_won=123_456)
    broker = SimBroker.open_account(market(), HandClock(at(10)), tmp_path / "sim.json", terms)
    snapshot = await broker.account(token)
    assert (snapshot.deposit_won, snapshot.nav_won, snapshot.positions) == (123_456, 123_456, ())
