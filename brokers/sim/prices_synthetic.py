"""A seeded synthetic market: every price follows from (seed, symbol, date) alone.

Whole numbers only, so that the same seed gives the same won on every machine. Each symbol walks
from a fixed origin with its own drift regime, and is pulled back softly near 5,000 and 60,000 won.
Nothing splits and nothing is distributed: adjusted and raw prices are the same.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from threading import Lock

from brokers.sim import rules
from brokers.sim.dice import Dice
from brokers.sim.intraday import DayPath
from brokers.sim.values import DayBar, MinutePrice

ORIGIN = date(rules.TABLE_YEARS[0], 1, 2)
HISTORY_SESSIONS = 400
_LOWEST, _HIGHEST = 5_000, 60_000
_LOW_PULL, _HIGH_PULL = 8_000, 42_000
_REGIME_SESSIONS = 250
_PATHS_MAX = 256
_WALKS_MAX = 2_048
_MILLION = 1_000_000
_MOVE_PPM_MAX = 200_000


class SyntheticMarket:
    """PriceSource of an invented market. Its label says so (가상 시세)."""

    def __init__(self, seed: int, symbols: Mapping[str, str], start: date) -> None:
        """Name the market. `symbols` maps code to name; `start` is the first day to be asked for.

        Raises ValueError when fewer than 400 sessions of history lie before `start`.
        """
        self._seed = seed
        self._names = dict(symbols)
        self._sessions = _all_sessions()
        if bisect_left(self._sessions, start) < HISTORY_SESSIONS:
            earliest = self._sessions[HISTORY_SESSIONS]
            raise ValueError(f"the synthetic market can start on {earliest} at the earliest")
        self._paths: dict[tuple[str, date], DayPath] = {}

    @property
    def seed(self) -> int:
        """What the market is made from."""
        return self._seed

    @property
    def label(self) -> str:
        """What messages call these prices."""
        return f"가상 시세 (seed {self._seed})"

    def symbols(self) -> tuple[str, ...]:
        """Return every code in the order given."""
        return tuple(self._names)

    def name(self, symbol: str) -> str:
        """Return the Korean name, or the code when none is known."""
        return self._names.get(symbol) or symbol

    def is_session(self, day: date) -> bool:
        """Whether the exchange opens on `day`, by the exchange's own table."""
        return rules.is_session(day)

    def hours(self, day: date) -> tuple[datetime, datetime]:
        """Return (open, close) of a session day."""
        return rules.session_hours(day)

    def base_price(self, symbol: str, day: date) -> int:
        """Return the close of the session before `day`. Raises KeyError for an unknown code."""
        before = bisect_left(self._sessions, day) - 1
        walk = self._walk(symbol)
        return walk.bar(before).close if before >= 0 else walk.start_price

    def minute(self, symbol: str, day: date, minute: int) -> MinutePrice:
        """Return one minute of a session day. Raises KeyError for an unknown code."""
        path = self._paths.get((symbol, day))
        if path is None:
            path = self._lay(symbol, day)
        return path.at(minute)

    def daily_bars(self, symbol: str, start: date, end: date, *, adjusted: bool) -> list[DayBar]:
        """Return the bars of `start`..`end`, oldest first; one series serves both bases."""
        del adjusted
        walk = self._walk(symbol)
        first, stop = bisect_left(self._sessions, start), bisect_right(self._sessions, end)
        return [walk.bar(index) for index in range(first, stop)]

    def _walk(self, symbol: str) -> _Walk:
        if symbol not in self._names:
            raise KeyError(symbol)
        return _walk(self._seed, symbol)

    def _lay(self, symbol: str, day: date) -> DayPath:
        if not self.is_session(day):
            raise ValueError(f"{day} is not a session")
        bar = self._walk(symbol).bar(bisect_left(self._sessions, day))
        minutes = rules.minutes_between(*self.hours(day))
        dice = Dice(self._seed, symbol, day, "path")
        path = DayPath(bar, self.base_price(symbol, day), minutes, dice)
        if len(self._paths) >= _PATHS_MAX:
            self._paths.pop(next(iter(self._paths)))
        self._paths[symbol, day] = path
        return path


class _Walk:
    """The bars of one symbol, computed from the origin as far as they are asked for.

    Markets of several threads may ask for one walk.
    """

    def __init__(self, seed: int, symbol: str, sessions: tuple[date, ...]) -> None:
        character = Dice(seed, symbol, "character")
        self._dice = Dice(seed, symbol, "walk")
        self._sessions = sessions
        self._key = f"{seed}:{symbol}:bar"
        self._closes = array("q")
        self._walking = Lock()
        self._bars: dict[int, DayBar] = {}
        self._sigma_ppm = character.between(5_000, 13_000)
        self._drifts_ppm = [character.between(-900, 1_300) for _ in range(16)]
        self._phase = character.between(0, _REGIME_SESSIONS - 1)
        self._volume = character.between(20, 2_000) * 1_000
        start = character.between(9_000, 40_000)
        self.start_price = rules.floor_to_tick(start, sessions[0])
        self._exact = start * 1_000  # the walk itself, in thousandths of a won

    def bar(self, index: int) -> DayBar:
        if index not in self._bars:
            with self._walking:
                self._extend(index)
            self._bars[index] = self._shape(index)
        return self._bars[index]

    def _extend(self, index: int) -> None:
        """Walk on to `index`. One draw a session: thousands of sessions take milliseconds."""
        bell, sigma = self._dice.bell, self._sigma_ppm
        while len(self._closes) <= index:
            regime = (len(self._closes) + self._phase) // _REGIME_SESSIONS % len(self._drifts_ppm)
            exact = self._exact
            move = self._drifts_ppm[regime] + _pull_ppm(exact // 1_000) + bell(sigma)
            exact += exact * max(-_MOVE_PPM_MAX, min(move, _MOVE_PPM_MAX)) // _MILLION
            self._exact = max(_LOWEST * 1_000, min(exact, _HIGHEST * 1_000))
            self._closes.append(self._exact // 1_000)

    def _shape(self, index: int) -> DayBar:
        """Add open, high, low and volume to a close, from dice that belong to the day alone."""
        day, sigma, closed = self._sessions[index], self._sigma_ppm, self._closes[index]
        before = self._closes[index - 1] if index else self.start_price
        dice = Dice(self._key, day)
        opened = before + before * dice.bell(sigma // 3) // _MILLION
        opened = max(_LOWEST, min(opened, _HIGHEST))
        reach = before * abs(dice.bell(sigma // 2)) // _MILLION
        depth = before * abs(dice.bell(sigma // 2)) // _MILLION
        low = max(min(opened, closed) - depth, _LOWEST)
        high = min(max(opened, closed) + reach, _HIGHEST)
        volume = self._volume * dice.between(60, 180) // 100
        return DayBar(
            session=day,
            open=rules.floor_to_tick(opened, day),
            high=rules.floor_to_tick(high, day),
            low=rules.floor_to_tick(low, day),
            close=rules.floor_to_tick(closed, day),
            volume=volume,
        )


@lru_cache(maxsize=_WALKS_MAX)
def _walk(seed: int, symbol: str) -> _Walk:
    """Return the one walk of a symbol: it follows from its key, whichever market asks.

    Thousands of sessions take milliseconds, for a thousand symbols seconds.
    """
    return _Walk(seed, symbol, _all_sessions())


def _pull_ppm(price: int) -> int:
    """Pull a price back that nears its bounds: up to half a percent a day."""
    if price > _HIGH_PULL:
        return -min((price - _HIGH_PULL) // 2, 5_000)
    if price < _LOW_PULL:
        return min((_LOW_PULL - price) * 2, 5_000)
    return 0


@cache
def _all_sessions() -> tuple[date, ...]:
    last = date(rules.TABLE_YEARS[-1], 12, 31)
    days = (ORIGIN + timedelta(days=offset) for offset in range((last - ORIGIN).days + 1))
    return tuple(day for day in days if rules.is_session(day))
