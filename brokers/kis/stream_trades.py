"""The trades of the KIS stream (H0STCNT0): the one transaction id of which thousands come a second.

A good message is read by one compiled pattern, which takes the fields of all its records out and
holds each to its form at once: that costs what `str.split` alone does. A message that the pattern
does not take is read again field by field, which finds layouts that vary from record to record, or
says what is wrong. Both ways believe the same messages and nothing of a bad one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

from brokers.kis.stream_frames import RECORDS_MAX, Data, Layout, read_message, records
from core.domain.krx import KST
from core.domain.ticks import Trade
from core.errors import BrokerProtocolError

TRADES: Final = "H0STCNT0"
TRADES_HEAD: Final = f"0|{TRADES}|"
ONE_TRADE: Final = f"{TRADES_HEAD}001|"
_HEAD_LENGTH: Final = len(ONE_TRADE)
_COUNT_OF: Final = {f"{TRADES_HEAD}{count:03d}|": count for count in range(1, RECORDS_MAX + 1)}

# Beyond fifteen digits it is no won and no share count of this market.
_WHOLE: Final = "[0-9]{1,15}+"
# What we read, by its place among the 46 fields of the fact sheet. int() would also take blanks,
# underscores and the digits of other scripts, so each form is spelled out. A minus before the
# change says nothing that the sign beside it does not.
_FORMS: Final = {
    0: ("MKSC_SHRN_ISCD", "([0-9A-Z]{6,7}+)"),
    1: ("STCK_CNTG_HOUR", "([0-9]{6})"),
    2: ("STCK_PRPR", "(0{0,14}+[1-9][0-9]{0,14}+)"),
    3: ("PRDY_VRSS_SIGN", "([0-5])"),
    4: ("PRDY_VRSS", f"-?+({_WHOLE})"),
    10: ("ASKP1", f"({_WHOLE})"),
    11: ("BIDP1", f"({_WHOLE})"),
    13: ("ACML_VOL", f"({_WHOLE})"),
    # fromisoformat() takes the year 26, too.
    33: ("BSOP_DATE", "(20[0-9]{6})"),
    35: ("TRHT_YN", "([YN]?+)"),
    43: ("HOUR_CLS_CODE", "([^^]*+)"),
}
_LAYOUT: Final = Layout(TRADES, 46, tuple(_FORMS))
# A record that grows by more than this is read the slow way, so that few patterns are ever made.
_ADDED_MAX: Final = 16
_EACH_FORM: Final = tuple((name, re.compile(form)) for name, form in _FORMS.values())

# PRDY_VRSS_SIGN: 1 and 2 up, 3 (and 0) level, 4 and 5 down.
_DIRECTION: Final = {"1": 1, "2": 1, "0": 0, "3": 0, "4": -1, "5": -1}
# HOUR_CLS_CODE: 0 is continuous trading, C an expected price after 9:00, which is what a VI has.
# The fact sheet has both as unverified, so any other code says nothing.
_IN_VI: Final = {"0": False, "C": True}
# Made without the keyword arguments that a reader of it would like: this is the innermost loop.
_trade = tuple.__new__


@lru_cache(maxsize=_ADDED_MAX + 1)
def _record(width: int) -> re.Pattern[str]:
    """Return what matches one whole record of `width` fields and its separator."""
    fields = [_FORMS[place][1] if place in _FORMS else "[^^]*+" for place in range(width)]
    # Looks back so that no match begins inside a field; possessive so that none tries twice.
    return re.compile(r"(?<![^^])" + r"\^".join(fields) + r"(?:\^|\Z)")


_match_one = _record(_LAYOUT.width_min).match


def one_trade(message: str, received_at: datetime) -> Trade:
    """Read a message that begins with `ONE_TRADE`, as nearly all do. Raises BrokerProtocolError."""
    payload = message[_HEAD_LENGTH:]
    try:
        if found := _match_one(payload):
            return _made((found.groups(),), received_at)[0]
    except ValueError:
        pass
    data = Data(is_encrypted=False, tr_id=TRADES, record_count=1, payload=payload)
    return trades(data, received_at)[0]


def several_trades(message: str, received_at: datetime) -> list[Trade]:
    """Read a message that begins with `TRADES_HEAD`. Raises BrokerProtocolError."""
    count = _COUNT_OF.get(message[:_HEAD_LENGTH])
    found = _found(message[_HEAD_LENGTH:], count) if count else []
    try:
        if found:
            return _made(found, received_at)
    except ValueError:
        pass
    data = read_message(message)
    if not isinstance(data, Data):
        raise BrokerProtocolError("stream: not data")
    return trades(data, received_at)


def _found(payload: str, count: int) -> list[tuple[str, ...]]:
    """Return the fields of `count` records that make up the payload, or nothing."""
    # As many whole records as announced, of as many fields as there are: nothing is left over.
    width, rest = divmod(payload.count("^") + 1, count)
    if rest or not 0 <= width - _LAYOUT.width_min <= _ADDED_MAX:
        return []
    found = _record(width).findall(payload)
    return found if len(found) == count else []


def trades(data: Data, received_at: datetime) -> list[Trade]:
    """Read a message that was taken apart; no trade of a bad one is believed.

    Raises BrokerProtocolError, which names the fields that a trade cannot have, never their content.
    """
    if data.is_encrypted or data.tr_id != TRADES:
        raise BrokerProtocolError(f"stream: {data.tr_id} is not a plain {TRADES}")
    rows = records(data.payload, data.record_count, _LAYOUT)
    if wrong := _wrong_in(rows):
        raise BrokerProtocolError(f"stream: {TRADES} malformed: {wrong}")
    try:
        return _made(rows, received_at)
    except ValueError:
        raise BrokerProtocolError(
            f"stream: {TRADES} malformed: a date, or a change beyond the price"
        ) from None


def _made(rows: Iterable[Sequence[str]], received_at: datetime) -> list[Trade]:
    """Make trades of fields that have their forms.

    Raises ValueError for a base that is not above 0 and for a date that is none.
    """
    made = []
    for code, hour, last, sign, change, ask, bid, volume, day, halt, phase in rows:
        won = int(last)
        base = won - _DIRECTION[sign] * int(change.removeprefix("-"))
        if base <= 0:
            raise ValueError
        made.append(
            _trade(
                Trade,
                (
                    code,
                    won,
                    base,
                    int(volume),
                    int(ask) or None,
                    int(bid) or None,
                    halt == "Y",
                    _IN_VI.get(phase),
                    _instant(day, hour),
                    received_at,
                ),
            )
        )
    return made


@lru_cache(maxsize=4096)
def _instant(day: str, hour: str) -> datetime:
    """Return YYYYMMDD and HHMMSS as an instant; the trades of one second share it."""
    return datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=KST)


def _wrong_in(rows: Sequence[Sequence[str]]) -> str:
    """Name the fields without their form, of the first record that has one; "" when none has."""
    for index, row in enumerate(rows):
        pairs = zip(_EACH_FORM, row, strict=True)
        if wrong := [name for (name, form), text in pairs if not form.fullmatch(text)]:
            return f"record {index + 1} {', '.join(wrong)}"
    return ""
