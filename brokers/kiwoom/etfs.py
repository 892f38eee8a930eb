"""What an ETF is worth, and the bars of indices, from wire rows to domain values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from brokers.kiwoom.fields import StockRow
from brokers.kiwoom.fields_etf import IndexBarRow, NavDayRow
from core.domain.etf import EtfState, NavDay
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.market_index import IndexBar
from core.domain.money import Won
from core.errors import BrokerRefused

_THOUSAND, _MILLION = 1_000, 1_000_000


def etf_state(
    stock: StockRow,
    days: Sequence[NavDayRow],
    symbol: Symbol,
    asked_at: datetime,
) -> EtfState:
    """Return an ETF's state. Raises BrokerRefused for what never had a NAV.

    Beside a price of today only today's NAV counts; the last one stands until something traded.
    Neither call says whether the symbol is in a VI, nor what the fund follows and holds.
    """
    today = asked_at.astimezone(KST).date()
    stated = [day for day in days if day.nav and day.session <= today]
    if not stated:
        raise BrokerRefused("EMPTY_NAV", f"no NAV of {symbol}")
    counts = stated[0].session == today or not stock.trde_qty
    now, earlier = (stated[0], stated[1:]) if counts else (None, stated)
    last = stock.cur_prc or stock.base_pric
    return EtfState(
        symbol=symbol,
        last_won=Won(last),
        change_won=last - stock.base_pric,
        upper_limit_won=Won(stock.upl_pric),
        lower_limit_won=Won(stock.lst_pric),
        volume_shares=stock.trde_qty,
        nav_won=now.nav if now else None,
        previous_nav_won=earlier[0].nav if earlier else None,
        disparity_percent=now.navetfdispty_rt if now else None,
        tracking_error_percent=now.trace_eor_rt if now else None,
        multiple=None,
        net_assets_won=None,
        units=None,
        creation_unit=None,
        holdings=None,
        issuer="",
        index_name="",
        listed_on=None,
        matures_on=None,
        in_volatility_interruption=None,
        received_at=asked_at,
    )


def nav_day(row: NavDayRow) -> NavDay | None:
    """Return one session's closing price and NAV; None for a session whose NAV is not stated."""
    if row.nav is None or row.navetfdispty_rt is None:
        return None
    return NavDay(
        session=row.session,
        close_won=Won(row.cur_prc),
        nav_won=row.nav,
        disparity_percent=row.navetfdispty_rt,
        volume_shares=row.trde_qty,
    )


def index_bar(row: IndexBarRow) -> IndexBar:
    """Return one session of an index."""
    return IndexBar(
        session=row.session,
        open_level=row.open_pric,
        high_level=row.high_pric,
        low_level=row.low_pric,
        close_level=row.cur_prc,
        volume_shares=row.trde_qty * _THOUSAND,
        turnover_won=row.trde_prica * _MILLION,
    )
