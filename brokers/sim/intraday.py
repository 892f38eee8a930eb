"""The path of one day, minute by minute, made from its bar.

Constant inside each business minute, it opens at the open, touches the high and the low and ends
at the close; order and noise come from (seed, symbol, date) only. Minutes 0..n-11 trade
continuously, minutes n-10..n-1 are the closing auction (nothing trades, the book is empty), and
index n is the closing print.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from brokers.sim import rules
from brokers.sim.dice import Dice
from brokers.sim.values import DayBar, MinutePrice

_NOISE_PARTS = 12  # noise per minute: at most a twelfth of the day's range each way
_OPEN_WEIGHT = 12
_CLOSE_WEIGHT = 25


class DayPath:
    """All minutes of one symbol on one day."""

    __slots__ = ("_bar", "_book", "_cumulative", "_day", "_highs", "_limits", "_lows", "_prices")

    def __init__(self, bar: DayBar, base: int, minutes: int, dice: Dice) -> None:
        """Lay the path. `base` is the base price (limits), `minutes` the length of the session."""
        self._bar = bar
        self._day: date = bar.session
        self._limits = rules.price_limits(base, bar.session)
        self._prices = _prices(bar, minutes, dice)
        self._cumulative = _volumes(bar.volume, minutes, dice)
        self._book = tuple(dice.number() & 1 for _ in range(minutes))
        self._highs = _running(self._prices, highest=True)
        self._lows = _running(self._prices, highest=False)

    def at(self, minute: int) -> MinutePrice:
        """Return one minute; anything after the closing print is the closing print."""
        last_index = len(self._prices) - 1
        index = max(0, min(minute, last_index))
        price = self._prices[index]
        before = self._cumulative[index - 1] if index else 0
        quiet = index == last_index or rules.in_closing_auction(index, last_index)
        bid, ask = (0, 0) if quiet else self._best(price, index)
        return MinutePrice(
            last=price,
            bid=bid,
            ask=ask,
            volume=self._cumulative[index] - before,
            cumulative_volume=self._cumulative[index],
            day_open=self._prices[0],
            day_high=self._highs[index],
            day_low=self._lows[index],
        )

    def _best(self, price: int, index: int) -> tuple[int, int]:
        """Return (bid, ask): one tick apart, a side beyond the day's limit being empty."""
        lower, upper = self._limits
        if self._book[index]:
            bid, ask = rules.tick_down(price, self._day), price
        else:
            bid, ask = price, rules.tick_up(price, self._day)
        return (bid if bid >= lower else 0), (ask if ask <= upper else 0)


def quiet_day(price: int) -> MinutePrice:
    """Return what a day without trades shows: the old price, an empty book."""
    return MinutePrice(
        last=price,
        bid=0,
        ask=0,
        volume=0,
        cumulative_volume=0,
        day_open=0,
        day_high=0,
        day_low=0,
    )


def _prices(bar: DayBar, minutes: int, dice: Dice) -> tuple[int, ...]:
    low, high = min(bar.open, bar.low, bar.close), max(bar.open, bar.high, bar.close)
    traded = minutes - rules.CLOSING_AUCTION_MINUTES
    first, second = sorted(
        (dice.between(1, traded // 2), dice.between(traded // 2 + 1, traded - 2))
    )
    extremes = (high, low) if dice.number() & 1 else (low, high)
    points = ((0, bar.open), (first, extremes[0]), (second, extremes[1]), (traded - 1, bar.close))
    noise = (high - low) // _NOISE_PARTS
    raw: list[int] = []
    for (start, start_price), (end, end_price) in pairwise(points):
        for minute in range(start, end):
            straight = start_price + (end_price - start_price) * (minute - start) // (end - start)
            shaken = straight if minute == start else straight + dice.between(-noise, noise)
            raw.append(min(max(shaken, low), high))
    raw.append(bar.close)
    legal = [rules.floor_to_tick(price, bar.session) for price in raw]
    return (*legal, *legal[-1:] * (minutes - traded), legal[-1])


def _volumes(total: int, minutes: int, dice: Dice) -> tuple[int, ...]:
    """Return cumulative volumes that end at `total`, heavier at both ends of the day."""
    traded = minutes - rules.CLOSING_AUCTION_MINUTES
    weights = [dice.between(50, 150) for _ in range(traded)]
    weights[0] *= _OPEN_WEIGHT
    weights += [0] * (minutes - traded)
    weights.append(100 * _CLOSE_WEIGHT)
    scale = sum(weights)
    done, cumulative = 0, []
    for weight in weights:
        done += weight
        cumulative.append(total * done // scale)
    return tuple(cumulative)


def _running(prices: tuple[int, ...], *, highest: bool) -> tuple[int, ...]:
    pick = max if highest else min
    best, seen = prices[0], []
    for price in prices:
        best = pick(best, price)
        seen.append(best)
    return tuple(seen)
