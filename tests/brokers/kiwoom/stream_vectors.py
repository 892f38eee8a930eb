"""Frames of the Kiwoom stream, written from the reference, and the captured ones by FID."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from brokers.kiwoom.stream_frames import Entry
from tests.brokers.kiwoom.wire_fixtures import payload

TRADE = {
    "20": "101327",
    "10": "-303750",
    "11": "-3250",
    "13": "7751269",
    "27": "-304000",
    "28": "-303500",
}
BOOK = {"41": "-304000", "51": "-303500", "121": "3522212", "125": "3446940"}
ORDER = {
    "9203": "0080251",
    "9001": "005930",
    "913": "체결",
    "905": "+매수",
    "900": "10",
    "902": "7",
    "904": "0000000",
    "909": "1234",
    "910": "-300000",
    "911": "3",
    "919": "0",
}
HOLDING = {"9001": "A005930", "930": "3", "931": "300000", "933": "3"}
INDEX = {"20": "101327", "10": "-2650.12", "11": "-3.25"}
HOURS = {"215": "0", "20": "085910", "214": "000050"}
# The captured entries carry labels in the place of FIDs, in the order of the wire.
LABELS = {
    "체결시간": "20",
    "현재가": "10",
    "전일대비": "11",
    "누적거래량": "13",
    "(최우선)매도호가": "27",
    "(최우선)매수호가": "28",
    "주문번호": "9203",
    "종목코드,업종코드": "9001",
    "주문상태": "913",
    "주문수량": "900",
    "미체결수량": "902",
    "원주문번호": "904",
    "주문구분": "905",
    "체결번호": "909",
    "체결가": "910",
    "체결량": "911",
    "거부사유": "919",
    "장운영구분": "215",
    "장시작예상잔여시간": "214",
}


def real(*entries: tuple[str, str, Mapping[str, object]]) -> str:
    data = [
        {"values": values, "type": kind, "name": "", "item": item} for kind, item, values in entries
    ]
    return json.dumps({"data": data, "trnm": "REAL"})


def ack(name: str, code: object = 0, text: str = "") -> str:
    return json.dumps({"trnm": name, "return_code": code, "return_msg": text})


def captured(name: str) -> list[Entry]:
    found: Any = payload(name)
    entries = found if isinstance(found, list) else [found]
    return [
        Entry(
            one["type"],
            one["item"],
            {LABELS[label]: text for label, text in one.items() if label in LABELS},
        )
        for one in entries
    ]
