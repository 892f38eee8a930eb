from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from brokers.sim.adapter import SimBroker
from brokers.sim.quoted import QuotedSimBroker
from brokers.sim.quoted_prices import QuotedPrices
from core.domain.instrument import Symbol
from core.domain.market import Quote
from core.domain.money import Won, shares
from core.domain.orders import (
    Accepted,
    NotSent,
    OrderRequest,
    OrderState,
    OrderType,
    Rejected,
    Side,
)
from core.domain.unsent import Unsent
from core.errors import BrokerRefused, BrokerUnavailable, ConfigurationError
from core.ports.broker import AccessToken, BrokerAdapter
from tests.brokers.sim.worlds import DAY, NAMES, HandClock, at, market

KODEX, OTHER, UNKNOWN = Symbol("069500"), Symbol("229200"), Symbol("999999")
TOKEN = AccessToken("quotes", at(23))
LABEL = "KIS 시세"


def quote(last: int = 10_000, **changes: object) -> Quote:
    base = Quote(
        symbol=KODEX,
        last_won=Won(last),
        base_won=Won(10_000),
        upper_limit_won=Won(13_000),
        lower_limit_won=Won(7_000),
        tick_won=5,
        best_ask_won=None,
        best_bid_won=None,
        open_won=Won(10_000),
        high_won=Won(10_000),
        low_won=Won(10_000),
        volume_shares=50_000,
        is_halted=False,
        received_at=at(10),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


@dataclass
class Reads:
    """A quoting broker that a test scripts; it has no call for orders."""

    clock: HandClock
    prices: dict[Symbol, int] = field(default_factory=lambda: {KODEX: 10_000, OTHER: 8_000})
    asked: list[Symbol] = field(default_factory=list)
    fault: Exception | None = None
    volume: int = 50_000
    closed: bool = False

    async def issue_token(self) -> AccessToken:
        return TOKEN

    async def quote(self, token: AccessToken, symbol: Symbol) -> Quote:
        assert token is TOKEN
        self.asked.append(symbol)
        if self.fault is not None:
            raise self.fault
        if symbol not in self.prices:
            raise BrokerRefused("EMPTY_QUOTE", "없는 종목")
        last = self.prices[symbol]
        now = self.clock.now()
        return replace(quote(last), symbol=symbol, received_at=now, volume_shares=self.volume)

    async def daily_bars(self, token, symbol, start, end, *, adjusted):
        raise AssertionError("no bars in this test")

    async def close(self) -> None:
        self.closed = True


def open_quoted(path: Path, now: datetime) -> tuple[QuotedSimBroker, Reads, HandClock]:
    clock = HandClock(now)
    prices = QuotedPrices(LABEL, NAMES)
    reads = Reads(clock)
    sim = SimBroker.open_account(prices, clock, path / "sim.json")
    return QuotedSimBroker(sim, prices, reads), reads, clock


def order(side: Side, quantity: int, price: int, symbol: Symbol = KODEX) -> OrderRequest:
    return OrderRequest(symbol=symbol, side=side, quantity=shares(quantity), price_won=Won(price))


@dataclass
class QuotedWorld:
    """The contract's world: a second simulated market plays the broker that quotes."""

    adapter: BrokerAdapter
    clock: HandClock
    symbol: Symbol = KODEX
    unknown_symbol: Symbol = UNKNOWN
    day: date = DAY
    closed_day: date = date(2026, 12, 25)
    lacks: frozenset[str] = frozenset()

    async def go_to(self, instant: datetime) -> None:
        # A bot polls; each minute has a quote.
        while self.clock.instant < instant:
            self.clock.instant = min(self.clock.instant + timedelta(minutes=1), instant)
            await self.adapter.quote(TOKEN, self.symbol)


async def test_a_marketable_order_fills_at_the_quoted_price_plus_a_tick(tmp_path):
    broker, reads, _ = open_quoted(tmp_path, at(10))
    reads.prices[KODEX] = 9_990
    assert isinstance(await broker.place_order(TOKEN, order(Side.BUY, 3, 10_000)), Accepted)
    (row,) = (await broker.order_history(TOKEN, DAY)).orders
    assert (row.state(), row.average_price_won) == (OrderState.FILLED, Decimal(9_995))


async def test_a_resting_order_waits_for_its_price(tmp_path):
    broker, reads, clock = open_quoted(tmp_path, at(10))
    await broker.place_order(TOKEN, order(Side.BUY, 3, 9_900))
    clock.instant = at(10, 5)
    assert (await broker.order_history(TOKEN, DAY)).orders[0].state() is OrderState.WORKING
    reads.prices[KODEX], reads.volume = 9_890, 51_000
    clock.instant = at(10, 6)
    await broker.order_history(TOKEN, DAY)
    clock.instant = at(10, 7)
    row = (await broker.order_history(TOKEN, DAY)).orders[0]
    assert (row.state(), row.average_price_won) == (OrderState.FILLED, Decimal(9_895))


async def test_a_price_holds_only_from_when_it_was_seen(tmp_path):
    broker, reads, clock = open_quoted(tmp_path, at(10))
    await broker.place_order(TOKEN, order(Side.BUY, 3, 9_900))
    reads.prices[KODEX] = 9_000
    clock.instant = at(11)
    # The hour in between is judged by what was known then, not by the price of now.
    assert (await broker.order_history(TOKEN, DAY)).orders[0].filled == 0


async def test_without_a_quote_nothing_is_sent_read_or_filled(tmp_path):
    broker, reads, _ = open_quoted(tmp_path, at(10))
    reads.fault = BrokerUnavailable("silence")
    assert await broker.place_order(TOKEN, order(Side.BUY, 1, 10_000)) == NotSent(
        reason="silence", cause=Unsent.NO_QUOTE
    )
    assert broker.sim.exchange.orders(DAY) == []
    for call in (
        broker.quote(TOKEN, KODEX),
        broker.buying_power(TOKEN, KODEX, Won(10_000), OrderType.LIMIT),
    ):
        with pytest.raises(BrokerUnavailable):
            await call


async def test_a_fault_while_orders_work_fails_the_read_instead_of_aging_it(tmp_path):
    broker, reads, _ = open_quoted(tmp_path, at(10))
    await broker.place_order(TOKEN, order(Side.BUY, 1, 9_900))
    reads.fault = BrokerUnavailable("silence")
    with pytest.raises(BrokerUnavailable):
        await broker.order_history(TOKEN, DAY)


async def test_what_the_quoting_broker_does_not_know_is_rejected(tmp_path):
    broker, _, _ = open_quoted(tmp_path, at(10))
    outcome = await broker.place_order(TOKEN, order(Side.BUY, 1, 10_000, UNKNOWN))
    assert outcome == Rejected(code="EMPTY_QUOTE", text="없는 종목")


async def test_the_account_is_valued_at_quotes_of_now_each_in_its_turn(tmp_path):
    broker, reads, clock = open_quoted(tmp_path, at(10))
    await broker.place_order(TOKEN, order(Side.BUY, 1, 10_005))
    await broker.place_order(TOKEN, order(Side.BUY, 1, 8_005, OTHER))
    reads.prices, clock.instant = {KODEX: 11_000, OTHER: 9_000}, at(14)
    reads.asked.clear()
    turns = 0

    async def turn() -> None:
        nonlocal turns
        turns += 1

    account = await broker.paced(turn).account(TOKEN)
    assert {item.symbol: item.price_won for item in account.positions} == reads.prices
    assert (sorted(reads.asked), turns) == ([KODEX, OTHER], 1)


async def test_a_restart_keeps_the_account_and_needs_a_new_quote(tmp_path):
    broker, _, _ = open_quoted(tmp_path, at(10))
    await broker.place_order(TOKEN, order(Side.BUY, 2, 10_005))
    again, reads, _ = open_quoted(tmp_path, at(10, 30))
    assert again.sim.exchange.market(at(10, 30), KODEX) is None
    position = (await again.account(TOKEN)).position(KODEX)
    assert position is not None
    assert (position.quantity, position.price_won) == (2, 10_000)
    assert reads.asked == [KODEX]
    await again.close()
    assert reads.closed


async def test_an_account_does_not_change_its_prices(tmp_path):
    broker, _, clock = open_quoted(tmp_path, at(10))
    await broker.place_order(TOKEN, order(Side.BUY, 1, 10_005))
    with pytest.raises(ConfigurationError, match="lives on the prices"):
        SimBroker.open_account(market(), clock, tmp_path / "sim.json")


def test_quotes_become_minutes():
    prices = QuotedPrices(LABEL, NAMES)
    assert prices.base_price(KODEX, DAY) == 0
    prices.note(quote(10_000, volume_shares=40_000))
    prices.note(quote(10_100, received_at=at(10, 2), volume_shares=45_000))
    minute = prices.minute(KODEX, DAY, 62)
    assert (minute.last, minute.ask, minute.bid, minute.volume) == (10_100, 10_105, 10_095, 5_000)
    assert prices.minute(KODEX, DAY, 61).last == 10_000
    assert prices.minute(KODEX, DAY, 59).ask == 0
    assert prices.base_price(KODEX, DAY) == 10_000
    # Tomorrow starts from the last price until it is quoted itself.
    tomorrow = date(2026, 11, 23)
    assert prices.base_price(KODEX, tomorrow) == 10_100
    assert prices.minute(KODEX, tomorrow, 5).ask == 0
    assert (prices.name(KODEX), prices.name("000000")) == ("KODEX 200", "000000")
    assert prices.daily_bars(KODEX, DAY, DAY, adjusted=True) == []


def test_before_the_open_and_on_closed_days_a_quote_gives_only_its_base():
    prices = QuotedPrices(LABEL, NAMES)
    prices.note(quote(received_at=at(8, 30)))
    assert (prices.base_price(KODEX, DAY), prices.minute(KODEX, DAY, 0).ask) == (10_000, 0)
    saturday = date(2026, 11, 21)
    prices.note(quote(received_at=at(10, day=saturday)))
    assert prices.base_price(KODEX, saturday) == 10_000


@pytest.mark.parametrize(("last", "ask", "bid"), [(13_000, 0, 12_995), (7_000, 7_005, 0)])
def test_at_a_limit_the_side_beyond_it_is_empty(last, ask, bid):
    prices = QuotedPrices(LABEL, NAMES)
    prices.note(quote(last))
    minute = prices.minute(KODEX, DAY, 60)
    assert (minute.ask, minute.bid) == (ask, bid)


def test_a_book_that_is_quoted_is_used():
    prices = QuotedPrices(LABEL, NAMES)
    prices.note(quote(best_ask_won=Won(10_020), best_bid_won=Won(9_980)))
    minute = prices.minute(KODEX, DAY, 60)
    assert (minute.ask, minute.bid) == (10_020, 9_980)
