"""The records of the KIS stream as our own values: one position table per transaction id.

Positions are those of the fact sheet; more fields at the end are passed over. A value that is not
what its place must hold raises BrokerProtocolError, which names the field and never its content.
Prices are whole won, the time is the broker's (KST).
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Final

from brokers.kis.stream_frames import Data, Layout, records
from brokers.kis.stream_trades import TRADES
from core.domain.instrument import Symbol
from core.domain.money import Won
from core.domain.ticks import BookTop, Channel, MarketState, NavTick
from core.errors import BrokerProtocolError

BOOKS: Final = "H0STASP0"
NAVS: Final = "H0STNAV0"
STATES: Final = "H0STMKO0"
CHANNEL_IDS: Final = {
    Channel.TRADE: TRADES,
    Channel.BOOK: BOOKS,
    Channel.NAV: NAVS,
    Channel.MARKET_STATE: STATES,
}
# MKSC_SHRN_ISCD, ASKP1, BIDP1, TOTAL_ASKP_RSQN, TOTAL_BIDP_RSQN
_OF_A_BOOK = Layout(BOOKS, 59, (0, 3, 13, 43, 44))
# mksc_shrn_iscd, nav
_OF_A_NAV = Layout(NAVS, 8, (0, 1))
# MKSC_SHRN_ISCD, TRHT_YN, VI_CLS_CODE
_OF_A_STATE = Layout(STATES, 11, (0, 1, 8))

_HALT = {"Y": True, "N": False, "": False}
_NOT_IN_VI = frozenset({"N", "0", ""})
_NULL = "(null)"
_NAV = re.compile(r"[0-9]{1,9}(\.[0-9]{1,8})?")
_CODE = re.compile(r"[0-9A-Z]{6,7}")
_DIGITS_MAX = 15


def books(data: Data, received_at: datetime) -> list[BookTop]:
    """Read H0STASP0. Raises BrokerProtocolError."""
    found = []
    for code, ask, bid, asks, bids in _rows(data, _OF_A_BOOK):
        found.append(
            BookTop(
                symbol=_symbol(code, BOOKS),
                best_ask_won=_won_or_none(ask, f"{BOOKS} ASKP1"),
                best_bid_won=_won_or_none(bid, f"{BOOKS} BIDP1"),
                ask_shares=_whole(asks, f"{BOOKS} TOTAL_ASKP_RSQN"),
                bid_shares=_whole(bids, f"{BOOKS} TOTAL_BIDP_RSQN"),
                received_at=received_at,
            )
        )
    return found


def navs(data: Data, received_at: datetime) -> list[NavTick]:
    """Read H0STNAV0. Raises BrokerProtocolError; a NAV is above 0."""
    found = []
    for code, value in _rows(data, _OF_A_NAV):
        text = value.strip()
        if not _NAV.fullmatch(text) or not (nav := Decimal(text)):
            raise BrokerProtocolError(f"stream: {NAVS} nav malformed")
        found.append(
            NavTick(symbol=_symbol(code, NAVS), nav_won=nav, last_won=None, received_at=received_at)
        )
    return found


def states(data: Data, received_at: datetime) -> list[MarketState]:
    """Read H0STMKO0, sent when a volatility interruption begins or ends. Raises BrokerProtocolError.

    What stands for a VI beside N is not written down anywhere: all else counts as one.
    """
    found = []
    for row in _rows(data, _OF_A_STATE):
        code, halt, interruption = map(_bare, row)
        if halt not in _HALT:
            raise BrokerProtocolError(f"stream: {STATES} TRHT_YN malformed")
        found.append(
            MarketState(
                symbol=_symbol(code, STATES),
                is_halted=_HALT[halt],
                in_vi=interruption not in _NOT_IN_VI,
                received_at=received_at,
            )
        )
    return found


def _rows(data: Data, layout: Layout) -> list[tuple[str, ...]]:
    if data.is_encrypted or data.tr_id != layout.tr_id:
        raise BrokerProtocolError(f"stream: {data.tr_id} is not a plain {layout.tr_id}")
    return records(data.payload, data.record_count, layout)


def _symbol(text: str, tr_id: str) -> Symbol:
    code = text.strip()
    if not _CODE.fullmatch(code):
        raise BrokerProtocolError(f"stream: {tr_id} MKSC_SHRN_ISCD malformed")
    return Symbol(code)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX


def _whole(text: str, name: str) -> int:
    bare = text.strip()
    if not _is_whole(bare):
        raise BrokerProtocolError(f"stream: {name} malformed")
    return int(bare)


def _won_or_none(text: str, name: str) -> Won | None:
    return Won(_whole(text, name)) or None


def _bare(text: str) -> str:
    bare = text.strip()
    return "" if bare == _NULL else bare
