"""Past prices as a backtest reads them: adjusted ones for signals, raw ones for orders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.domain.instrument import Symbol
from core.strategy.panel import Flags, Floats, carried

Days = npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Prices:
    """Open, high, low and close of one price basis, sessions × symbols, in won.

    NaN where nothing traded, except `close`, which is carried forward from a symbol's first bar on.
    """

    open: Floats
    high: Floats
    low: Floats
    close: Floats


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Market:
    """Everything a backtest may look at, oldest session first.

    `signal` is adjusted for splits and distributions, `order` holds the prices that were paid; with
    one series only, both are the same object. `traded` marks the rows in which a symbol changed
    hands by the signal prices, `whole` the symbols that did so in every row; `fillable` the rows in
    which an order could be filled. `volume` is in shares, None where unknown.
    """

    sessions: Days
    symbols: tuple[Symbol, ...]
    signal: Prices
    order: Prices
    traded: Flags
    whole: Flags
    fillable: Flags
    volume: Floats | None = None

    @property
    def has_raw(self) -> bool:
        """Whether orders are priced on a series of their own."""
        return self.order is not self.signal

    def until(self, rows: int) -> Market:
        """Return what was known after the first `rows` sessions."""
        signal = _cut(self.signal, rows)
        return Market(
            sessions=self.sessions[:rows],
            symbols=self.symbols,
            signal=signal,
            order=_cut(self.order, rows) if self.has_raw else signal,
            traded=self.traded[:rows],
            whole=_in_every_row(self.traded[:rows]),
            fillable=self.fillable[:rows],
            volume=None if self.volume is None else self.volume[:rows],
        )


def _cut(prices: Prices, rows: int) -> Prices:
    return Prices(
        open=prices.open[:rows],
        high=prices.high[:rows],
        low=prices.low[:rows],
        close=prices.close[:rows],
    )


def make_market(
    sessions: Days,
    symbols: tuple[Symbol, ...],
    signal: Prices,
    *,
    order: Prices | None = None,
    volume: Floats | None = None,
    traded: Flags | None = None,
    order_traded: Flags | None = None,
) -> Market:
    """Return the market of these arrays (NaN or 0 where there is no bar), which it takes over.

    `traded` and `order_traded` say which rows are trades; without them they are told by prices and
    volume: KRX lists a day without trades as open = high = low = 0 and the previous close; other
    sources repeat the close with volume 0. Neither is a trade. Adjusted highs and lows that
    rounding put inside open and close are widened. An order fills where both series traded.
    """
    if traded is None:
        traded = _traded(signal, volume)
    cleaned = _cleaned(signal, traded)
    fillable, paid = traded, cleaned
    if order is not None:
        also = _traded(order, volume) if order_traded is None else order_traded
        fillable, paid = traded & also, _cleaned(order, also)
    return Market(
        sessions=sessions,
        symbols=symbols,
        signal=cleaned,
        order=paid,
        traded=traded,
        whole=_in_every_row(traded),
        fillable=fillable,
        volume=volume,
    )


def _in_every_row(traded: Flags) -> Flags:
    found: Flags = np.logical_and.reduce(traded, axis=0)
    return found


def _traded(prices: Prices, volume: Floats | None) -> Flags:
    # A comparison with NaN is false, so a missing bar is not traded.
    traded: Flags = prices.low > 0
    for other in (prices.open, prices.high, prices.close):
        traded &= other > 0
    if volume is not None:
        traded &= (volume > 0) | (prices.high != prices.low)
    return traded


def _cleaned(prices: Prices, traded: Flags) -> Prices:
    # In place: ten years of a whole market are large.
    np.maximum(prices.high, prices.open, out=prices.high)
    np.maximum(prices.high, prices.close, out=prices.high)
    np.minimum(prices.low, prices.open, out=prices.low)
    np.minimum(prices.low, prices.close, out=prices.low)
    if traded.all():
        return prices
    for part in (prices.open, prices.high, prices.low):
        part[~traded] = np.nan
    close = carried(np.where(prices.close > 0, prices.close, np.nan))
    return Prices(open=prices.open, high=prices.high, low=prices.low, close=close)
