"""The exchange's own dated KRX tables: sessions, hours, ETF ticks, price limits, settlement.

Written apart from the client's rules on purpose: a mistake made on one side shows on the other.
Sources: krx.md section 1 (closures; checked against every session observed 2014-05-30 to
2023-12-28 and the exchange's list for 2026; 2027 is announced, not observed) and section 2 (ticks,
limits); kis.md section 8 (auctions, D+2).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

KST = ZoneInfo("Asia/Seoul")

FINE_TICK_SINCE = date(2023, 12, 11)
FINE_TICK_BELOW = 2_000
BAND_PERCENT = 30
SETTLEMENT_SESSIONS = 2
OPENING_AUCTION = timedelta(minutes=30)
CLOSING_AUCTION_MINUTES = 10
MINUTE = timedelta(minutes=1)

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5

# Weekdays (MMDD) without a session.
_CLOSURES: dict[int, str] = {
    2014: "0101 0130 0131 0501 0505 0506 0604 0606 0815 0908 0909 0910 1003 1009 1225 1231",
    2015: "0101 0218 0219 0220 0501 0505 0525 0814 0928 0929 1009 1225 1231",
    2016: "0101 0208 0209 0210 0301 0413 0505 0506 0606 0815 0914 0915 0916 1003 1230",
    2017: "0127 0130 0301 0501 0503 0505 0509 0606 0815 1002 1003 1004 1005 1006 1009 1225 1229",
    2018: "0101 0215 0216 0301 0501 0507 0522 0606 0613 0815 0924 0925 0926 1003 1009 1225 1231",
    2019: "0101 0204 0205 0206 0301 0501 0506 0606 0815 0912 0913 1003 1009 1225 1231",
    2020: "0101 0124 0127 0415 0430 0501 0505 0817 0930 1001 1002 1009 1225 1231",
    2021: "0101 0211 0212 0301 0505 0519 0816 0920 0921 0922 1004 1011 1231",
    2022: "0131 0201 0202 0301 0309 0505 0601 0606 0815 0909 0912 1003 1010 1230",
    2023: "0123 0124 0301 0501 0505 0529 0606 0815 0928 0929 1002 1003 1009 1225 1229",
    2024: "0101 0209 0212 0301 0410 0501 0506 0515 0606 0815 0916 0917 0918 1001 1003 1009 1225 1231",
    2025: (
        "0101 0127 0128 0129 0130 0303 0501 0505 0506 0603 0606 0815 1003 1006 1007 1008 1009 "
        "1225 1231"
    ),
    2026: "0101 0216 0217 0218 0302 0501 0505 0525 0603 0717 0817 0924 0925 1005 1009 1225 1231",
    2027: "0101 0208 0209 0301 0503 0505 0513 0719 0816 0914 0915 0916 1004 1011 1227 1231",
}
# College entrance examination (수능): 10:00-16:30. The day of 2027 is presumed.
_EXAM_DAYS: dict[int, str] = {
    2014: "1113",
    2015: "1112",
    2016: "1117",
    2017: "1116 1123",  # put off by an earthquake; the hours of the first day were kept
    2018: "1115",
    2019: "1114",
    2020: "1203",
    2021: "1118",
    2022: "1117",
    2023: "1116",
    2024: "1114",
    2025: "1113",
    2026: "1119",
    2027: "1118",
}

_LATE_CLOSE_SINCE = date(2016, 8, 1)

TABLE_YEARS = range(min(_CLOSURES), max(_CLOSURES) + 1)


def etf_tick(price: int, day: date) -> int:
    """Return the tick in won of an ETF at `price`. Raises ValueError below 1 won."""
    if price < 1:
        raise ValueError(f"no tick for a price of {price}")
    return 1 if price < FINE_TICK_BELOW and day >= FINE_TICK_SINCE else 5


def is_on_tick(price: int, day: date) -> bool:
    """Whether an order may carry `price`."""
    return price >= 1 and price % etf_tick(price, day) == 0


def floor_to_tick(price: int, day: date) -> int:
    """Return the highest order price not above `price` (at least one tick)."""
    tick = etf_tick(price, day)
    return max(price // tick * tick, tick)


def ceil_to_tick(price: int, day: date) -> int:
    """Return the lowest order price not below `price`."""
    tick = etf_tick(price, day)
    return -(-price // tick) * tick


def tick_up(price: int, day: date) -> int:
    """Return the order price next above `price`, which is on the tick."""
    return price + etf_tick(price, day)


def tick_down(price: int, day: date) -> int:
    """Return the order price next below `price`, which is on the tick; 0 below the lowest."""
    return price - etf_tick(price - 1, day) if price > 1 else 0


def price_limits(base: int, day: date, times: int = 1) -> tuple[int, int]:
    """Return (lower, upper) price limit of the day: 30 % around `base`, rounded inward.

    The band of a fund that moves `times` its index is so many times as wide.
    """
    width = base * BAND_PERCENT * times // 100
    return ceil_to_tick(max(base - width, 1), day), floor_to_tick(base + width, day)


@cache
def _closed_days(year: int) -> frozenset[date]:
    return frozenset(_month_day(year, text) for text in _CLOSURES[year].split())


def _month_day(year: int, text: str) -> date:
    return date(year, int(text[:2]), int(text[2:]))


def is_session(day: date) -> bool:
    """Whether the exchange opens on `day` by the table. Outside the table it never opens."""
    if day.year not in TABLE_YEARS or day.weekday() >= _SATURDAY:
        return False
    return day not in _closed_days(day.year)


@cache
def first_session(year: int) -> date:
    """Return the first session of a year; outside the table the first weekday after 1 January."""
    day = date(year, 1, 2)
    closed = _closed_days(year) if year in TABLE_YEARS else frozenset()
    while day.weekday() >= _SATURDAY or day in closed:
        day += _ONE_DAY
    return day


def session_hours(day: date) -> tuple[datetime, datetime]:
    """Return (open, close) of the session on `day`, aware KST.

    09:00-15:30; the first session of a year opens at 10:00; on the examination day 10:00-16:30.
    Before August 2016 every session closed half an hour earlier.
    """
    minute = 30 if day >= _LATE_CLOSE_SINCE else 0
    opens, closes = time(9, 0), time(15, minute)
    if day == first_session(day.year):
        opens = time(10, 0)
    elif f"{day:%m%d}" in _EXAM_DAYS.get(day.year, "").split():
        opens, closes = time(10, 0), time(16, minute)
    return datetime.combine(day, opens, KST), datetime.combine(day, closes, KST)


def minutes_between(opens: datetime, closes: datetime) -> int:
    """Return the length of a session in minutes, which is also the index of the closing print."""
    return (closes - opens) // MINUTE


def in_closing_auction(minute: int, session_minutes: int) -> bool:
    """Whether orders only collect in `minute`; they meet at the closing print."""
    return session_minutes - CLOSING_AUCTION_MINUTES <= minute < session_minutes
