"""What an ETF is worth beside what it trades at: NAV, disparity, basket.

Disparity (괴리율) is the price's distance from NAV in percent, always as the source states it: a
daily row may hold an adjusted close beside an unadjusted NAV, so it is never computed from a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from core.domain.instrument import Symbol
from core.domain.money import Won


@dataclass(frozen=True, slots=True, kw_only=True)
class EtfState:
    """One ETF now. `nav_won` is the iNAV in the session, the last NAV before it.

    `multiple` is how many times it follows its index. What the source leaves out is None or "".
    """

    symbol: Symbol
    last_won: Won
    change_won: int
    upper_limit_won: Won
    lower_limit_won: Won
    volume_shares: int
    nav_won: Decimal | None
    previous_nav_won: Decimal | None
    disparity_percent: Decimal | None
    tracking_error_percent: Decimal | None
    multiple: Decimal | None
    net_assets_won: int | None
    units: int | None
    creation_unit: int | None
    holdings: int | None
    issuer: str
    index_name: str
    listed_on: date | None
    matures_on: date | None
    in_volatility_interruption: bool | None
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NavState:
    """Price and NAV side by side. Open, high and low are None before the first iNAV of the day."""

    symbol: Symbol
    last_won: Won
    previous_close_won: Won
    nav_won: Decimal
    previous_nav_won: Decimal | None
    open_nav_won: Decimal | None
    high_nav_won: Decimal | None
    low_nav_won: Decimal | None
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NavDay:
    """One finished session: closing price, NAV and the disparity between them."""

    session: date
    close_won: Won
    nav_won: Decimal
    disparity_percent: Decimal
    volume_shares: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NavMoment:
    """One moment of today's session."""

    at: time
    price_won: Won
    nav_won: Decimal
    disparity_percent: Decimal
    volume_shares: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One holding of an ETF. `value_won` is what one creation unit holds of it."""

    symbol: Symbol
    name: str
    price_won: int
    change_percent: Decimal
    weight_percent: Decimal
    value_won: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """What one creation unit of an ETF holds; `holdings` may be more than the list shows."""

    symbol: Symbol
    nav_won: Decimal | None
    creation_unit: int | None
    holdings: int | None
    components: tuple[Component, ...]
    received_at: datetime
