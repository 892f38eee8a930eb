"""KRX trading rules for ETFs: ticks, price band and session hours.

Source: reference facts of the exchange as of 2026-11 (ETF tick since 2023-12: 1 won below 2,000,
5 won from 2,000 on; before: 5 won flat). The simulated exchange keeps its own copy on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

KST = ZoneInfo("Asia/Seoul")

ETF_FINE_TICK_SINCE = date(2023, 12, 11)
ETF_FINE_TICK_BELOW_WON = 2_000
PRICE_BAND_PERCENT = 30
LATE_CLOSE_SINCE = date(2016, 8, 1)  # the regular session ended at 15:00 before


def etf_tick_won(price_won: int, on: date) -> int:
    """Return the tick of an ETF at `price_won` on the day `on`. Raises ValueError below 1 won."""
    if price_won < 1:
        raise ValueError(f"price must be positive, got {price_won}")
    if on >= ETF_FINE_TICK_SINCE and price_won < ETF_FINE_TICK_BELOW_WON:
        return 1
    return 5


def is_on_tick(price_won: int, on: date) -> bool:
    """Whether `price_won` is a legal ETF price step on that day."""
    return price_won >= 1 and price_won % etf_tick_won(price_won, on) == 0


def round_down_to_tick(price_won: int, on: date) -> int:
    """Return the highest legal price that is not above `price_won`."""
    return price_won - price_won % etf_tick_won(price_won, on)


def next_tick_up(price_won: int, on: date) -> int:
    """Return the next legal price above `price_won` (which must be legal)."""
    return price_won + etf_tick_won(price_won, on)


def next_tick_down(price_won: int, on: date) -> int:
    """Return the next legal price below `price_won` (which must be legal and above one tick)."""
    return price_won - etf_tick_won(max(price_won - 1, 1), on)


def price_band(base_won: int, multiple: int, on: date) -> tuple[int, int]:
    """Return (lower, upper) limit of the day: 30 % of the base price times |multiple|.

    The limits are rounded to legal prices *inside* the band. Orders use the broker's own limits;
    this is for checks before a quote exists.
    """
    width = base_won * PRICE_BAND_PERCENT * abs(multiple) // 100
    upper = round_down_to_tick(base_won + width, on)
    lower_raw = max(base_won - width, 1)
    tick = etf_tick_won(lower_raw, on)
    return -(-lower_raw // tick) * tick, upper


@dataclass(frozen=True, slots=True)
class SessionHours:
    """Regular session of one day, aware KST instants.

    Orders for the opening auction are taken 30 minutes before `opens`; the closing auction is the
    last 10 minutes before `closes`.
    """

    opens: datetime
    closes: datetime

    @property
    def auction_opens(self) -> datetime:
        """When the exchange starts to take orders for the opening auction."""
        return self.opens - timedelta(minutes=30)

    @property
    def closing_auction(self) -> datetime:
        """When continuous trading ends and the closing auction starts."""
        return self.closes - timedelta(minutes=10)

    def execution_window(self) -> tuple[datetime, datetime]:
        """Return when our orders may be sent: open + 5 minutes to close - 15 minutes.

        A liquidity provider has no quoting duty in the first five and last ten minutes.
        """
        return self.opens + timedelta(minutes=5), self.closes - timedelta(minutes=15)


def regular_hours(day: date) -> SessionHours:
    """Return 09:00-15:30 KST of `day` (09:00-15:00 before August 2016)."""
    return hours_between(day, time(9, 0), _regular_close(day))


def first_session_hours(day: date) -> SessionHours:
    """Return the hours of a year's first session: it opens at 10:00."""
    return hours_between(day, time(10, 0), _regular_close(day))


def hours_between(day: date, opens: time, closes: time) -> SessionHours:
    """Return a session of `day` between two KST wall-clock times."""
    return SessionHours(
        datetime.combine(day, opens, tzinfo=KST),
        datetime.combine(day, closes, tzinfo=KST),
    )


def _regular_close(day: date) -> time:
    return time(15, 30) if day >= LATE_CLOSE_SINCE else time(15, 0)
