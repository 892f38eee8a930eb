"""What the simulated exchange can say about its market: one level of book, rankings, names.

It has no NAV, no index, no news and no list of trades: a ticket says so and does without.
"""

# ruff: noqa: ARG002  the signatures are the port's

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from brokers.sim.adapter import SimBroker
from brokers.sim.translation import REFUSAL_TEXTS, rejected
from brokers.sim.values import MarketView, Refusal
from brokers.unoffered import UnofferedMarketData
from core.domain.instrument import Symbol
from core.domain.listing import InstrumentFacts, Kind
from core.domain.money import Won
from core.domain.order_book import BookLevel, OrderBook
from core.domain.ranking import ChangeRank, Direction, VolumeOrder, VolumeRank
from core.errors import BrokerRefused
from core.ports.broker import AccessToken
from core.ports.market_data import MarketCall

RANKS_MAX = 30
_PERCENT_STEP = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class _Listed:
    code: str
    name: str
    view: MarketView

    @property
    def change(self) -> int:
        return self.view.minute.last - self.view.base

    @property
    def percent(self) -> Decimal:
        return (Decimal(self.change) * 100 / self.view.base).quantize(_PERCENT_STEP)

    @property
    def shares(self) -> int:
        return self.view.minute.cumulative_volume

    @property
    def turnover(self) -> int:
        return self.view.minute.last * self.shares


class SimMarketData(UnofferedMarketData):
    """Implements `core.ports.market_data.MarketDataAdapter` over the simulated exchange."""

    source = "the simulated exchange"
    offers = frozenset(
        {
            MarketCall.ORDER_BOOK,
            MarketCall.VOLUME_RANKING,
            MarketCall.CHANGE_RANKING,
            MarketCall.INSTRUMENT,
        }
    )

    def __init__(self, sim: SimBroker) -> None:
        """Look at the market that `sim` trades on."""
        self._sim = sim

    async def order_book(self, token: AccessToken, symbol: Symbol) -> OrderBook:
        """Return the best price of each side with the shares that its minute trades."""
        now = self._sim.clock.now()
        view = self._view(symbol)
        minute = view.minute
        asks, bids = _level(minute.ask, minute.volume), _level(minute.bid, minute.volume)
        return OrderBook(
            symbol=symbol,
            asks=asks,
            bids=bids,
            ask_shares=sum(level.quantity for level in asks),
            bid_shares=sum(level.quantity for level in bids),
            changed_at=None,
            expected_won=None,
            expected_shares=0,
            in_volatility_interruption=False,
            received_at=now,
        )

    async def volume_ranking(
        self, token: AccessToken, order: VolumeOrder
    ) -> tuple[VolumeRank, ...]:
        """Rank by shares or by turnover; an increase needs a mean that is not kept here."""
        if order is VolumeOrder.INCREASE:
            raise self._without(MarketCall.VOLUME_RANKING)
        by_shares = order is VolumeOrder.SHARES
        listed = sorted(
            self._listed(),
            key=lambda item: item.shares if by_shares else item.turnover,
            reverse=True,
        )
        return tuple(
            VolumeRank(
                rank=rank,
                code=item.code,
                name=item.name,
                price_won=Won(item.view.minute.last),
                change_won=item.change,
                change_percent=item.percent,
                volume_shares=item.shares,
                average_shares=None,
                increase_percent=None,
                turnover_won=item.turnover,
            )
            for rank, item in enumerate(listed[:RANKS_MAX], start=1)
        )

    async def change_ranking(
        self, token: AccessToken, direction: Direction
    ) -> tuple[ChangeRank, ...]:
        """Rank by the day's change."""
        falling = direction is Direction.DOWN
        listed = sorted(self._listed(), key=lambda item: item.percent, reverse=not falling)
        return tuple(
            ChangeRank(
                rank=rank,
                code=item.code,
                name=item.name,
                price_won=Won(item.view.minute.last),
                change_won=item.change,
                change_percent=item.percent,
                volume_shares=item.shares,
                days=0,
            )
            for rank, item in enumerate(listed[:RANKS_MAX], start=1)
        )

    async def instrument(self, token: AccessToken, symbol: Symbol) -> InstrumentFacts:
        """Return the name and the last close; everything listed here is an ETF."""
        view = self._view(symbol)
        return InstrumentFacts(
            code=symbol,
            name=self._sim.prices.name(symbol),
            english_name="",
            isin="",
            kind=Kind.ETF,
            listed_shares=None,
            previous_close_won=Won(view.base),
            multiple=None,
            tax_code="",
            listed_on=None,
            delisted_on=None,
            is_halted=False,
            is_administrative=False,
            is_caution=False,
            trades_on_nxt=False,
        )

    def _view(self, symbol: str) -> MarketView:
        view = self._sim.exchange.market(self._sim.clock.now(), symbol)
        if view is None:
            refusal = rejected(Refusal.UNKNOWN_SYMBOL)
            raise BrokerRefused(refusal.code, REFUSAL_TEXTS[Refusal.UNKNOWN_SYMBOL])
        return view

    def _listed(self) -> list[_Listed]:
        now, prices = self._sim.clock.now(), self._sim.prices
        views = ((code, self._sim.exchange.market(now, code)) for code in prices.symbols())
        return [_Listed(code, prices.name(code), view) for code, view in views if view is not None]


def _level(price: int, shares: int) -> tuple[BookLevel, ...]:
    return (BookLevel(price_won=Won(price), quantity=max(shares, 1)),) if price else ()
