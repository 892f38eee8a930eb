"""The records of the KIS stream as our own values: one position table per transaction id.

Positions are those of the fact sheet; more fields at the end are passed over. A value that is not
what its place must hold raises BrokerProtocolError, which names the field and never its content.
Prices are whole won, the time is the broker's (KST).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Final

from brokers.kis.stream_frames import Data, Layout, records
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.money import Won
from core.domain.ticks import BookTop, Channel, MarketState, NavTick, Trade
from core.errors import BrokerProtocolError

TRADES: Final = "H0STCNT0"
BOOKS: Final = "H0STASP0"
NAVS: Final = "H0STNAV0"
STATES: Final = "H0STMKO0"
CHANNEL_IDS: Final = {
    Channel.TRADE: TRADES,
    Channel.BOOK: BOOKS,
    Channel.NAV: NAVS,
    Channel.MARKET_STATE: STATES,
}
# MKSC_SHRN_ISCD, STCK_CNTG_HOUR, STCK_PRPR, PRDY_VRSS_SIGN, PRDY_VRSS, ASKP1, BIDP1, ACML_VOL,
# BSOP_DATE, TRHT_YN, HOUR_CLS_CODE
_OF_A_TRADE = Layout(TRADES, 46, (0, 1, 2, 3, 4, 10, 11, 13, 33, 35, 43))
_pick = itemgetter(*_OF_A_TRADE.places)
# MKSC_SHRN_ISCD, ASKP1, BIDP1, TOTAL_ASKP_RSQN, TOTAL_BIDP_RSQN
_OF_A_BOOK = Layout(BOOKS, 59, (0, 3, 13, 43, 44))
# mksc_shrn_iscd, nav
_OF_A_NAV = Layout(NAVS, 8, (0, 1))
# MKSC_SHRN_ISCD, TRHT_YN, VI_CLS_CODE
_OF_A_STATE = Layout(STATES, 11, (0, 1, 8))

# PRDY_VRSS_SIGN: 1 and 2 up, 3 (and 0) level, 4 and 5 down. The change itself may carry a sign too.
_DIRECTION = {"1": 1, "2": 1, "0": 0, "3": 0, "4": -1, "5": -1}
# HOUR_CLS_CODE: 0 is continuous trading, C an expected price after 9:00, which is what a VI has.
# The fact sheet has both as unverified, so any other code says nothing.
_IN_VI = {"0": False, "C": True}
_HALT = {"Y": True, "N": False, "": False}
_NOT_IN_VI = frozenset({"N", "0", ""})
_NULL = "(null)"
_NAV = re.compile(r"[0-9]{1,9}(\.[0-9]{1,8})?")
_CODE = re.compile(r"[0-9A-Z]{6,7}")
_DIGITS_MAX = 15
_TRADE_DIGITS_MAX = 5 * _DIGITS_MAX
ONE_TRADE: Final = f"0|{TRADES}|001|"
_ONE_TRADE_HEAD: Final = len(ONE_TRADE)
# Made without the keyword arguments that a reader of it would like: this is the innermost loop.
_trade = tuple.__new__


def trades(data: Data, received_at: datetime) -> list[Trade]:
    """Read H0STCNT0. Raises BrokerProtocolError; no trade of a bad message is believed."""
    rows = _rows(data, _OF_A_TRADE)
    try:
        return _read_trades(rows, received_at, is_plain=data.payload.isascii())
    except (ValueError, KeyError):
        raise BrokerProtocolError(f"stream: {TRADES} malformed: {_wrong_in(rows)}") from None


def one_trade(message: str, received_at: datetime) -> Trade:
    """Read a message that begins with `ONE_TRADE`, as nearly all do, without taking its head apart.

    Raises BrokerProtocolError.
    """
    row = message[_ONE_TRADE_HEAD:].split("^")
    try:
        if len(row) >= _OF_A_TRADE.width_min:
            return _read_trades((_pick(row),), received_at, is_plain=message.isascii())[0]
    except (ValueError, KeyError):
        pass
    # Read once more, by the way that says what is wrong.
    payload = message[_ONE_TRADE_HEAD:]
    data = Data(is_encrypted=False, tr_id=TRADES, record_count=1, payload=payload)
    return trades(data, received_at)[0]


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


def _read_trades(
    rows: Iterable[tuple[str, ...]], received_at: datetime, *, is_plain: bool
) -> list[Trade]:
    """Read trades; `is_plain` says that the whole message is ASCII, so that no record is asked.

    Raises ValueError or KeyError for the first that is none.
    """
    found = []
    for code, hour, last, sign, change, ask, bid, volume, day, halt, phase in rows:
        size = change.removeprefix("-")
        digits = f"{last}{size}{ask}{bid}{volume}"
        # int() also takes blanks, underscores and the digits of other scripts.
        if not (digits.isdecimal() and code.isalnum() and (is_plain or (digits + code).isascii())):
            raise ValueError
        won = int(last)
        base = won - _DIRECTION[sign] * int(size)
        # ETN codes have seven characters.
        if won <= 0 or base <= 0 or not 6 <= len(code) <= 7 or len(digits) > _TRADE_DIGITS_MAX:  # noqa: PLR2004
            raise ValueError
        found.append(
            _trade(
                Trade,
                (
                    code,
                    won,
                    base,
                    int(volume),
                    int(ask) or None,
                    int(bid) or None,
                    _HALT[halt],
                    _IN_VI.get(phase),
                    _instant(day, hour),
                    received_at,
                ),
            )
        )
    return found


@lru_cache(maxsize=4096)
def _instant(day: str, hour: str) -> datetime:
    """Return YYYYMMDD and HHMMSS as an instant; the trades of one second share it."""
    text = day + hour
    if len(day) != 8 or len(hour) != 6 or not (text.isascii() and text.isdigit()):  # noqa: PLR2004
        raise ValueError
    return datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=KST)


def _wrong_in(rows: Sequence[Sequence[str]]) -> str:
    """Name the fields that a trade cannot have, of the first record that is wrong."""
    for index, row in enumerate(rows):
        code, hour, last, sign, change, ask, bid, volume, day, halt, _phase = row
        wrong = [
            name
            for name, is_right in (
                ("MKSC_SHRN_ISCD", bool(_CODE.fullmatch(code))),
                ("STCK_CNTG_HOUR", hour.isascii() and hour.isdigit() and len(hour) == 6),  # noqa: PLR2004
                ("STCK_PRPR", _is_whole(last) and int(last) > 0),
                ("PRDY_VRSS_SIGN", sign in _DIRECTION),
                ("PRDY_VRSS", _is_whole(change.removeprefix("-"))),
                ("ASKP1", _is_whole(ask)),
                ("BIDP1", _is_whole(bid)),
                ("ACML_VOL", _is_whole(volume)),
                ("BSOP_DATE", day.isascii() and day.isdigit() and len(day) == 8),  # noqa: PLR2004
                ("TRHT_YN", halt in _HALT),
            )
            if not is_right
        ]
        if wrong:
            return f"record {index + 1} {', '.join(wrong)}"
    return "a date, or a change beyond the price"


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
