"""Damaged frames of the Kiwoom stream. Templates and rules are written here anew, by FID."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from brokers.kiwoom.stream_frames import Answer, Ping, read_frame
from brokers.kiwoom.stream_reading import Reading
from brokers.kiwoom.stream_session import StreamSession, Topic
from core.domain.krx import KST
from core.domain.ticks import BookTop, FeedTrouble, FillHint, MarketState, NavTick, Trade
from core.errors import BrokerProtocolError
from tests.fakes.hand_clock import HandClock
from tests.prove.mutation import JSON_TOKENS, Template, pick

NOW = datetime(2026, 11, 26, 13, 15, 10, tzinfo=KST)
CLOCK = HandClock(NOW)
_TOKENS = (
    *JSON_TOKENS,
    *('"--5"', '" 0"', '"-0"', '"+"', '"069500_AL"', '"Q520078"', '"999999"', '"0B"', '"0D"'),
    *('"PING"', '"R10001"', '"REAL"', '"\\ud800"', '"+35,150"', "[null]", '{"10":"1"}'),
)
_TRADE = {
    "20": "131509",
    "10": "-35150",
    "11": "-300",
    "12": "-0.85",
    "27": "-35155",
    "28": "-35150",
    "15": "+125",
    "13": "9694968",
    "14": "340878",
    "290": "2",
    "9081": "KRX",
}
_LEVEL = {**_TRADE, "10": " 35450", "11": " 0", "27": " 35455", "28": " 35450", "13": "77"}
_BOOK = {
    "21": "131509",
    "41": "-35155",
    "51": "-35150",
    "61": "71292",
    "121": "2795345",
    "125": "2044512",
}
_NAV = {"36": "-35171.23", "37": "-288.10", "10": "-35150", "20": "131509"}
_INDEX = {"20": "131509", "10": "-2650.12", "11": "-3.25", "12": "-0.12"}
_HOURS = {"215": "0", "20": "085910", "214": "000050"}
_ORDER = {
    "9201": "8119006711",
    "9203": "0080251",
    "9001": "069500",
    "913": "체결",
    "900": "10",
    "902": "7",
    "904": "0000000",
    "905": "+매수",
    "909": "1",
    "910": "-35150",
    "911": "3",
    "919": "0",
}
_HOLDING = {"9001": "069500", "930": "3", "931": "35150", "933": "3"}


def _real(*entries: tuple[str, str, Mapping[str, str]]) -> Template:
    data = [
        {"values": values, "type": kind, "name": "이름", "item": item}
        for kind, item, values in entries
    ]
    return Template.of(json.dumps({"data": data, "trnm": "REAL"}, ensure_ascii=False), _TOKENS)


_FRAMES = (
    _real(("0B", "069500", _TRADE)),
    _real(("0B", "069500", _LEVEL)),
    _real(("0B", "069500", _TRADE), ("0B", "102110", _LEVEL), ("0B", "069500", _LEVEL)),
    _real(("0D", "069500", _BOOK)),
    _real(("0G", "069500", _NAV), ("0D", "069500_AL", _BOOK)),
    _real(("0J", "001", _INDEX), ("0s", "", _HOURS)),
    _real(("00", "069500", _ORDER), ("04", "069500", _HOLDING)),
)
_CONTROLS = tuple(
    Template.of(text, _TOKENS)
    for text in (
        '{"trnm":"PING"}',
        '{"trnm":"LOGIN","return_code":0,"return_msg":"","sor_yn":"Y"}',
        '{"trnm":"LOGIN","return_code":805004,"return_msg":"[CODE=8005, MESSAGE=x]"}',
        '{"trnm":"REG","return_code":0,"return_msg":""}',
        '{"trnm":"REMOVE","return_code":0,"return_msg":""}',
        '{"trnm":"SYSTEM","code":"R10001","message":"동일한 App key로 접속이 되었습니다"}',
    )
)
_CODE = re.compile(r"[AQ]?([0-9][0-9A-Z]{5})")
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,12})?")
_ZERO = Decimal(0)


@dataclass
class _Told:
    """Everything that one frame put into the feed."""

    values: list[Trade | BookTop | NavTick | FillHint] = field(default_factory=list)

    def trade(self, trade: Trade) -> None:
        self.values.append(trade)

    def book(self, book: BookTop) -> None:
        self.values.append(book)

    def nav(self, nav: NavTick) -> None:
        self.values.append(nav)

    def hint(self, hint: FillHint) -> None:
        self.values.append(hint)

    def market_state(self, state: MarketState) -> None:
        raise AssertionError(f"Kiwoom tells no {state}")

    def alive(self) -> None:
        """Any frame is a sign of life."""

    def up(self) -> None:
        raise AssertionError("data register nothing")

    def down(self, trouble: FeedTrouble) -> None:
        raise AssertionError(f"data end nothing: {trouble}")


def kiwoom_frames(dice: random.Random) -> str:
    """A damaged frame gives the values that stand in it, or counts as unread."""
    text = pick(dice, _FRAMES).damaged(dice)
    told = _Told()
    Reading(told, CLOCK).keep(text)
    if not told.values:
        return ""
    entries = list(_entries(text))
    wrong = [value for value in told.values if not any(_says(one, value) for one in entries)]
    return f"{wrong[0]} out of {text[:600]!r}" if wrong else ""


def _entries(text: str) -> Iterator[Mapping[str, object]]:
    """Yield the entries of a frame that a strict reader of the reference would find."""
    document = json.loads(text, parse_float=Decimal)
    for one in document["data"]:
        if isinstance(one, dict) and isinstance(one.get("values"), dict):
            yield one


def _says(entry: Mapping[str, object], value: Trade | BookTop | NavTick | FillHint) -> bool:
    """Whether an entry says just this."""
    fids = entry["values"]
    assert isinstance(fids, dict)
    if isinstance(value, FillHint):
        return _hints(entry, fids, value)
    code = _CODE.fullmatch(str(entry.get("item", "")).partition("_")[0].strip())
    if code is None or code[1] != value.symbol:
        return False
    if isinstance(value, Trade):
        return entry.get("type") == "0B" and _says_trade(fids, value)
    if isinstance(value, BookTop):
        shown = (abs(_of(fids, "41")), abs(_of(fids, "51")), _of(fids, "121"), _of(fids, "125"))
        best = (value.best_ask_won or 0, value.best_bid_won or 0)
        read: tuple[object, ...] = (*best, value.ask_shares, value.bid_shares)
        return entry.get("type") == "0D" and shown == read and min(shown) >= 0
    worth: tuple[object, ...] = (value.nav_won, value.last_won or 0)
    shown_worth = (abs(_of(fids, "36")), abs(_of(fids, "10")))
    return entry.get("type") == "0G" and shown_worth == worth and value.nav_won > 0


def _says_trade(fids: Mapping[str, object], trade: Trade) -> bool:
    last, change, volume = abs(_of(fids, "10")), _of(fids, "11"), _of(fids, "13")
    stamp = trade.traded_at
    prices: tuple[object, ...] = (trade.last_won, trade.base_won)
    best: tuple[object, ...] = (trade.best_ask_won or 0, trade.best_bid_won or 0)
    return (
        prices == (last, last - change)
        and trade.volume_shares == int(volume)
        and best == (abs(_of(fids, "27")), abs(_of(fids, "28")))
        and min(last, last - change) > 0
        and volume >= 0
        and stamp is not None
        and f"{stamp:%H%M%S}" == str(fids.get("20")).strip()
    )


def _hints(entry: Mapping[str, object], fids: Mapping[str, object], hint: FillHint) -> bool:
    """A hint may name less than its entry, never something else."""
    number = str(fids.get("9203", "")).strip().lstrip("0")
    code = _CODE.fullmatch(str(fids.get("9001", "")).strip())
    return (
        entry.get("type") in ("00", "04")
        and (hint.order_number is None or (entry["type"] == "00" and hint.order_number == number))
        and (hint.symbol is None or (code is not None and code[1] == hint.symbol))
    )


def _of(fids: Mapping[str, object], fid: str) -> Decimal:
    """Return the number of a FID; 0 where it is left out or blank, -1 where it is none."""
    text = str(fids.get(fid, "")).strip()
    if not text:
        return _ZERO
    return Decimal(text) if _NUMBER.fullmatch(text) else Decimal(-1)


def kiwoom_controls(dice: random.Random) -> str:
    """A damaged answer logs in and registers nothing that it does not say, and breaks no session."""
    text = pick(dice, _CONTROLS).damaged(dice)
    try:
        found = read_frame(text)
    except BrokerProtocolError:
        return ""
    if isinstance(found, Ping):
        return "" if found.text == text else f"another ping than {text!r}"
    if not isinstance(found, Answer):
        return ""
    topic = Topic("0B", "069500")
    session = StreamSession("t.k", [topic])
    session.request()
    session.take(found)
    if session.is_logged_in and not _succeeds(text, "LOGIN"):
        return f"logged in by {text!r}"
    session = StreamSession("t.k", [topic])
    session.request()
    session.take(Answer("LOGIN", succeeded=True, text=""))
    session.request()
    session.take(found)
    if session.held and not _succeeds(text, "REG"):
        return f"registered by {text!r}"
    return ""


def _succeeds(text: str, trnm: str) -> bool:
    document = json.loads(text)
    code = document.get("return_code")
    is_zero = not isinstance(code, bool) and str(code).strip() in {"0", "-0", "00"}
    return document.get("trnm") == trnm and (is_zero or _is_zeros(code))


def _is_zeros(code: object) -> bool:
    return isinstance(code, str) and re.fullmatch(r"-?0{1,6}", code.strip()) is not None
