"""What every BrokerAdapter must do, whatever it talks to.

Subclass `BrokerContract` in a test module (name it ``Test…``) and give it a fixture ``world``:

    class TestSimBroker(BrokerContract):
        @pytest.fixture
        async def world(self, tmp_path):
            yield MyWorld(...)      # close what it opened afterwards

The world offers what `BrokerWorld` lists. It begins on a regular session day (09:00-15:30) before
09:00, with no order, no holding and at least 1,000,000 won; `symbol` costs under 100,000 won, trades
in every minute and gets at least 5 shares within ten minutes. A fresh world for each test.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

import pytest

from core.domain.instrument import Symbol
from core.domain.money import Won, shares
from core.domain.orders import (
    Accepted,
    BrokerOrder,
    BrokerOrderRef,
    OrderRequest,
    OrderState,
    OrderType,
    Rejected,
    Side,
)
from core.errors import BrokerRefused
from core.ports.broker import AccessToken, BrokerAdapter

KST = ZoneInfo("Asia/Seoul")


class BrokerWorld(Protocol):
    """The adapter under test and the market behind it.

    `lacks` names the calls this mode does not offer (``sellable``, ``is_open_day``); they must
    then raise NotOfferedHere, which the adapter's own tests show.
    """

    adapter: BrokerAdapter
    symbol: Symbol
    unknown_symbol: Symbol
    day: date
    closed_day: date
    lacks: frozenset[str]

    async def go_to(self, instant: datetime) -> None:
        """Move business time, and the market with it, to `instant`."""


class BrokerContract:
    """The shared suite. See the module's docstring for what a subclass provides."""

    @pytest.fixture
    async def token(self, world: BrokerWorld) -> AccessToken:
        await world.go_to(_at(world, 10, 0))
        return await world.adapter.issue_token()

    def test_it_says_which_account_it_is(self, world: BrokerWorld) -> None:
        identity = world.adapter.identity
        assert identity.broker
        assert identity.base_url
        assert identity.account_hash not in {"", identity.account_masked}

    async def test_a_token_lasts_into_the_future(self, world: BrokerWorld) -> None:
        token = await world.adapter.issue_token()
        assert token.value not in repr(token)
        assert token.expires_at > _at(world, 9, 0)

    async def test_a_far_order_is_accepted_and_only_works(
        self, world: BrokerWorld, token: AccessToken
    ) -> None:
        ref = await _place_far(world, token)
        row = await _row(world, token, ref)
        assert row.state() is OrderState.WORKING
        assert (row.ordered, row.remaining, row.filled) == (3, 3, 0)
        assert row.average_price_won is None
        assert (row.symbol, row.side, row.order_type) == (world.symbol, Side.BUY, OrderType.LIMIT)

    async def test_the_history_knows_the_request_by_its_signature(
        self, world: BrokerWorld, token: AccessToken
    ) -> None:
        quote = await world.adapter.quote(token, world.symbol)
        request = _buy(world, 3, quote.lower_limit_won)
        await world.adapter.place_order(token, request)
        history = await world.adapter.order_history(token, world.day)
        assert [row.signature for row in history.orders] == [request.signature]
        assert history.day == world.day

    async def test_a_cancelled_order_is_proven_by_the_history(
        self, world: BrokerWorld, token: AccessToken
    ) -> None:
        ref = await _place_far(world, token)
        outcome = await world.adapter.cancel_order(token, ref)
        assert isinstance(outcome, Accepted)
        await world.go_to(_at(world, 10, 2))
        row = await _row(world, token, ref)
        assert row.state() is OrderState.CANCELLED
        assert (row.cancelled, row.remaining) == (3, 0)
        again = await world.adapter.cancel_order(token, ref)
        assert isinstance(again, Rejected)

    async def test_a_cancel_row_never_counts_as_an_order(
        self, world: BrokerWorld, token: AccessToken
    ) -> None:
        ref = await _place_far(world, token)
        await world.adapter.cancel_order(token, ref)
        history = await world.adapter.order_history(token, world.day)
        assert [row.ref.number for row in history.orders if not row.is_cancel_row] == [ref.number]
        for row in history.orders:
            assert row.remaining == 0
            if row.is_cancel_row:
                assert row.original_number == ref.number

    async def test_a_near_order_fills_and_changes_the_account(
        self, world: BrokerWorld, token: AccessToken
    ) -> None:
        before = await world.adapter.account(token)
        row = await _bought(world, token, 5)
        assert row.filled == 5
        assert row.average_price_won is not None
        after = await world.adapter.account(token)
        position = after.position(world.symbol)
        assert position is not None
        assert (position.quantity, position.sellable) == (5, 5)
        # Statements print averages with a few digits; half a won is far beyond their rounding.
        assert abs(position.average_cost_won - row.average_price_won) < Decimal("0.5")
        spent = before.settled_d2_won - after.settled_d2_won
        assert 5 * row.average_price_won <= spent <= 5 * row.average_price_won * Decimal("1.005")
        assert after.deposit_won == before.deposit_won

    async def test_open_buys_lower_the_buying_power(
        self, world: BrokerWorld, token: AccessToken
    ) -> None:
        quote = await world.adapter.quote(token, world.symbol)
        ask = (token, world.symbol, quote.last_won, OrderType.LIMIT)
        before = await world.adapter.buying_power(*ask)
        await _place_far(world, token)
        after = await world.adapter.buying_power(*ask)
        assert 0 < before.quantity_max * quote.last_won <= before.cash_won
        assert after.cash_won <= before.cash_won - 3 * quote.lower_limit_won
        assert after.quantity_max <= before.quantity_max

    async def test_an_open_sell_lowers_what_may_be_sold(
        self, world: BrokerWorld, token: AccessToken
    ) -> None:
        if "sellable" in world.lacks:
            pytest.skip("this mode has no such call")
        assert await world.adapter.sellable(token, world.symbol) == 0
        await _bought(world, token, 5)
        assert await world.adapter.sellable(token, world.symbol) == 5
        quote = await world.adapter.quote(token, world.symbol)
        sell = _order(world, Side.SELL, 2, quote.upper_limit_won)
        assert isinstance(await world.adapter.place_order(token, sell), Accepted)
        assert await world.adapter.sellable(token, world.symbol) == 3

    async def test_selling_what_is_not_held_is_rejected(
        self, world: BrokerWorld, token: AccessToken
    ) -> None:
        quote = await world.adapter.quote(token, world.symbol)
        outcome = await world.adapter.place_order(
            token, _order(world, Side.SELL, 1, quote.last_won)
        )
        assert isinstance(outcome, Rejected)
        assert outcome.code
        assert (await world.adapter.order_history(token, world.day)).orders == ()

    async def test_an_order_beyond_the_cash_is_rejected(
        self, world: BrokerWorld, token: AccessToken
    ) -> None:
        quote = await world.adapter.quote(token, world.symbol)
        account = await world.adapter.account(token)
        quantity = account.settled_d2_won // quote.last_won + 1
        outcome = await world.adapter.place_order(token, _buy(world, quantity, quote.last_won))
        assert isinstance(outcome, Rejected)

    async def test_a_quote_holds_together(self, world: BrokerWorld, token: AccessToken) -> None:
        quote = await world.adapter.quote(token, world.symbol)
        assert quote.lower_limit_won <= quote.low_won <= quote.last_won <= quote.high_won
        assert quote.high_won <= quote.upper_limit_won
        assert quote.last_won % quote.tick_won == 0
        assert not quote.is_halted
        if quote.best_ask_won is not None and quote.best_bid_won is not None:
            assert quote.best_bid_won < quote.best_ask_won

    async def test_bars_come_oldest_first_within_the_asked_days(
        self, world: BrokerWorld, token: AccessToken
    ) -> None:
        start, end = world.day - timedelta(days=200), world.day - timedelta(days=1)
        series = await world.adapter.daily_bars(token, world.symbol, start, end, adjusted=False)
        days = [bar.session for bar in series.bars]
        assert len(days) > 110  # more than one page at KIS (100)
        assert days == sorted(set(days))
        assert start <= days[0] <= days[-1] <= end
        assert all(b.low_won <= b.close_won <= b.high_won for b in series.bars)
        quote = await world.adapter.quote(token, world.symbol)
        assert series.bars[-1].close_won == quote.base_won

    async def test_an_unknown_symbol_is_refused(
        self, world: BrokerWorld, token: AccessToken
    ) -> None:
        with pytest.raises(BrokerRefused):
            await world.adapter.quote(token, world.unknown_symbol)
        request = OrderRequest(
            symbol=world.unknown_symbol,
            side=Side.BUY,
            quantity=shares(1),
            price_won=Won(10_000),
        )
        assert isinstance(await world.adapter.place_order(token, request), Rejected)

    async def test_an_order_before_the_auction_is_rejected(self, world: BrokerWorld) -> None:
        token = await world.adapter.issue_token()
        await world.go_to(_at(world, 8, 5))
        quote = await world.adapter.quote(token, world.symbol)
        outcome = await world.adapter.place_order(token, _buy(world, 1, quote.base_won))
        assert isinstance(outcome, Rejected)

    async def test_it_knows_open_days(self, world: BrokerWorld, token: AccessToken) -> None:
        if "is_open_day" in world.lacks:
            pytest.skip("this mode has no such call")
        assert await world.adapter.is_open_day(token, world.day)
        assert not await world.adapter.is_open_day(token, world.closed_day)


def _at(world: BrokerWorld, hour: int, minute: int) -> datetime:
    return datetime.combine(world.day, time(hour, minute), KST)


def _order(world: BrokerWorld, side: Side, quantity: int, price: int) -> OrderRequest:
    return OrderRequest(
        symbol=world.symbol, side=side, quantity=shares(quantity), price_won=Won(price)
    )


def _buy(world: BrokerWorld, quantity: int, price: int) -> OrderRequest:
    return _order(world, Side.BUY, quantity, price)


async def _place_far(world: BrokerWorld, token: AccessToken) -> BrokerOrderRef:
    """Buy 3 at the lower limit, where nothing trades."""
    quote = await world.adapter.quote(token, world.symbol)
    outcome = await world.adapter.place_order(token, _buy(world, 3, quote.lower_limit_won))
    assert isinstance(outcome, Accepted)
    return outcome.ref


async def _bought(world: BrokerWorld, token: AccessToken, quantity: int) -> BrokerOrder:
    """Buy well above the market and wait until it is filled."""
    quote = await world.adapter.quote(token, world.symbol)
    price = quote.last_won + 50 * quote.tick_won
    outcome = await world.adapter.place_order(token, _buy(world, quantity, price))
    assert isinstance(outcome, Accepted)
    await world.go_to(_at(world, 10, 10))
    row = await _row(world, token, outcome.ref)
    assert row.state() is OrderState.FILLED
    return row


async def _row(world: BrokerWorld, token: AccessToken, ref: BrokerOrderRef) -> BrokerOrder:
    history = await world.adapter.order_history(token, world.day)
    rows = [row for row in history.orders if row.ref.number == ref.number]
    assert len(rows) == 1
    return rows[0]
