"""Damaged messages of the KIS stream. Layouts are written here anew, by position."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import datetime

from brokers.kis.stream_frames import Answer, Data, Ping, read_message
from brokers.kis.stream_notices import Cipher, notices
from brokers.kis.stream_records import books, navs, states
from brokers.kis.stream_session import StreamSession, Topic
from brokers.kis.stream_trades import one_trade, several_trades, trades
from core.domain.krx import KST
from core.domain.ticks import Trade
from core.errors import BrokerProtocolError
from tests.prove.mutation import Template, pick

NOW = datetime(2026, 11, 26, 13, 15, 10, tzinfo=KST)
_TRADE = (
    "069500^131509^35150^5^-300^-0.85^35211.41^35400^35500^35100^35155^35150^125^9694968"
    "^340878273600^25807^15918^-9889^93.01^4614191^4291558^1^0.45^63.03^090013^5^-250^090646^5"
    "^-350^100741^2^50^20261126^20^N^71292^244009^2795345^2044512^0.16^5367918^180.61^0^^35450"
)
_BOOK = (
    "069500^131509^0^"
    + "^".join(str(35155 + 5 * level) for level in range(10))
    + "^"
    + "^".join(str(35150 - 5 * level) for level in range(10))
    + "^"
    + "^".join(str(100 + level) for level in range(20))
    + "^1045^1145^0^0^0^0^211181^-35450^5^-100.00^9694968^-10^20^0^0^0^35150^0^0"
)
_NAV = "069500^35171.23^5^-288.10^-0.81^35390.00^35499.55^35111.07"
_STATE = "069500^N^(null)^20^(null)^0^(null)^55^Y^N^1"
_NOTICE = (
    "myhts^5011223301^0000012345^^02^0^00^0^069500^7^35150^131509^0^2^1^00950^10^홍길동^0^1^N^^10^"
    "^KODEX 200^35200"
)
_SEALED = (
    "D4v7kJ2rAEqK/DpkgfRVGWJiiZxlVfUv+FiONbGFCJVn+tfQ+peTucZXamPyHMXpo8I71m1g49M1DDCb3G4c9wGkKF88"
    "bqQZAzRJnlzTuma2u5bhhNBajyH0pS3AAPK4OsBBU6f3NEY+4XCKlLvIDR4bLMSroBExv/9SXHR/pGE="
)
_TOKENS = (
    *("", " ", "0", "-1", "+7", "1_0", "1e3", "１２", "١٢", "9" * 20, "9" * 5000, "0.4", "(null)"),
    *("^", "^^", "|", "\x00", "\n", "069500", "20261399", "246060", "Y", "N", "C", "가", "\ud800"),
)
_FIELD = re.compile(r"[^^|]+")
_DIGITS = re.compile(r"[0-9]+")
_CODE = re.compile(r"[0-9A-Za-z]{6,7}")


def _template(text: str) -> Template:
    return Template(text, tuple(match.span() for match in _FIELD.finditer(text)), _TOKENS)


def _several(row: str, count: int) -> str:
    """Records with a number each in the place of the day's volume."""
    rows = []
    for index in range(count):
        fields = row.split("^")
        fields[13] = str(1000 + index)
        rows.append("^".join(fields))
    return "^".join(rows)


_FRAMES = tuple(
    _template(text)
    for text in (
        f"0|H0STCNT0|001|{_TRADE}",
        f"0|H0STCNT0|001|{_TRADE}",
        *(f"0|H0STCNT0|{count:03d}|{_several(_TRADE, count)}" for count in (2, 4, 20)),
        f"0|H0STASP0|001|{_BOOK}",
        f"0|H0STNAV0|001|{_NAV}",
        f"0|H0STMKO0|001|{_STATE}",
        f"1|H0STCNI0|001|{_SEALED}",
        f"0|H0STCNI9|001|{_NOTICE}",
    )
)
_CONTROLS = tuple(
    Template.of(text)
    for text in (
        '{"header":{"tr_id":"PINGPONG","datetime":"20261126131510"}}',
        (
            '{"header":{"tr_id":"H0STCNI0","tr_key":"myhts","encrypt":"Y"},"body":{"rt_cd":"0",'
            '"msg_cd":"OPSP0000","msg1":"SUBSCRIBE SUCCESS","output":{"iv":"0123456789abcdef",'
            '"key":"abcdefghijklmnopqrstuvwxyzabcdef"}}}'
        ),
        (
            '{"header":{"tr_id":"(null)","tr_key":"","encrypt":"N"},"body":{"rt_cd":"9",'
            '"msg_cd":"OPSP8996","msg1":"ALREADY IN USE appkey"}}'
        ),
    )
)
_CIPHER = Cipher(key="abcdefghijklmnopqrstuvwxyzabcdef", iv="0123456789abcdef")
_READERS: dict[str, Callable[[Data, datetime], object]] = {
    "H0STASP0": books,
    "H0STNAV0": navs,
    "H0STMKO0": states,
}


def frames(dice: random.Random) -> str:
    """A damaged data message gives the values that stand in it, or the error of the stream."""
    text = pick(dice, _FRAMES).damaged(dice)
    found = _result(_read, text)
    if text.startswith("0|H0STCNT0|") and found != _result(_read_by_fields, text):
        return f"read in two ways: {text[:400]!r}"
    wrong = [] if isinstance(found, str) else [one for one in found if not _stands_in(one, text)]
    return f"{wrong[0]} out of {text[:400]!r}" if wrong else ""


def _result(read: Callable[[str], list[Trade]], text: str) -> list[Trade] | str:
    try:
        return read(text)
    except BrokerProtocolError as error:
        return str(error)


def _read(text: str) -> list[Trade]:
    """Read as the receive loop does; return the trades."""
    if text.startswith("0|H0STCNT0|001|"):
        return [one_trade(text, NOW)]
    if text.startswith("0|H0STCNT0|"):
        return several_trades(text, NOW)
    data = read_message(text)
    if not isinstance(data, Data):
        return []
    if data.tr_id in {"H0STCNI0", "H0STCNI9"}:
        notices(data, _CIPHER)
    elif data.tr_id in _READERS:
        _READERS[data.tr_id](data, NOW)
    return []


def _read_by_fields(text: str) -> list[Trade]:
    """Read trades without the pattern that takes whole records."""
    data = read_message(text)
    return trades(data, NOW) if isinstance(data, Data) else []


def _stands_in(trade: Trade, text: str) -> bool:
    """Whether some record of the message says just this, in plain digits."""
    fields = text.split("|", 3)[3].split("^")
    return any(
        field == trade.symbol and _says(fields[start : start + 46], trade)
        for start, field in enumerate(fields[: max(len(fields) - 45, 0)])
    )


def _says(row: list[str], trade: Trade) -> bool:
    if row[0] != trade.symbol or not _CODE.fullmatch(row[0]):
        return False
    shown = [row[2], row[13], row[10], row[11], row[4].removeprefix("-")]
    if not all(_DIGITS.fullmatch(value) for value in shown):
        return False
    last, volume, ask, bid, change = map(int, shown)
    signed = {"1": change, "2": change, "4": -change, "5": -change}.get(row[3], 0)
    stamp = trade.traded_at
    return (
        last > 0
        and (trade.last_won, trade.base_won, trade.volume_shares) == (last, last - signed, volume)
        and (trade.best_ask_won or 0, trade.best_bid_won or 0) == (ask, bid)
        and trade.is_halted == (row[35] == "Y")
        and stamp is not None
        and f"{stamp:%Y%m%d%H%M%S}" == row[33] + row[1]
    )


def controls(dice: random.Random) -> str:
    """A damaged answer registers nothing that it does not name, and never breaks the session."""
    text = pick(dice, _CONTROLS).damaged(dice)
    try:
        found = read_message(text)
    except BrokerProtocolError:
        return ""
    if isinstance(found, Ping):
        return "" if found.text == text else f"another ping than {text!r}"
    if not isinstance(found, Answer):
        return ""
    topic = Topic("H0STCNI0", "myhts")
    session = StreamSession("approved", "P", [topic])
    session.request()
    session.take(found)
    if session.held and found.code not in {"OPSP0000", "OPSP0002"}:
        return f"registered by {text!r}"
    cipher = session.cipher("H0STCNI0")
    if cipher is not None and (cipher.key, cipher.iv) != (found.key, found.iv):
        return f"another key than in {text!r}"
    return ""
