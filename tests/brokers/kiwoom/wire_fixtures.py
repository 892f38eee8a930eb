"""A Kiwoom without a network: answers played back by httpx.MockTransport, requests kept."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from brokers.kiwoom.account import KiwoomAccount
from brokers.kiwoom.broker import KiwoomBroker
from brokers.kiwoom.wire import KiwoomWire
from brokers.wire.clients import Timeouts
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.modes import Mode
from core.ports.broker import AccessToken
from core.runtime.clock import SteppedClock
from tests.brokers.kis.wire_fixtures import Script

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=KST)
DAY = NOW.date()
TOKEN = AccessToken("tok.en", NOW + timedelta(days=1))
KODEX = Symbol("069500")
PAYLOADS = Path(__file__).parents[3] / ".." / "shared" / "data" / "payloads" / "kiwoom"


def payload(name: str) -> dict[str, Any]:
    path = PAYLOADS / f"{name}.json"
    if not path.exists():
        pytest.skip("captured payloads are not beside this checkout")
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document


def make_account(mode: Mode = Mode.VTS, **changes: Any) -> KiwoomAccount:
    values: dict[str, Any] = {
        "mode": mode,
        "app_key": "A" * 43,
        "app_secret": "S" * 43,
        "account_no": "81190067",
        "product_code": "01",
        "base_url": "http://127.0.0.1:9",
        "timeouts": Timeouts(connect=1, order_total=1, read_total=1),
    }
    return KiwoomAccount(**(values | changes))


def ok(**fields: object) -> dict[str, object]:
    return {**fields, "return_code": 0, "return_msg": " 조회가 완료되었습니다."}


def refused(text: str, code: object = 20) -> dict[str, object]:
    return {"return_msg": text, "return_code": code}


def make_broker(script: Script, mode: Mode = Mode.VTS, **changes: Any) -> KiwoomBroker:
    transport = httpx.MockTransport(script)
    account = make_account(mode, **changes)
    clock = SteppedClock(NOW, rate=0)
    wire = KiwoomWire(
        account,
        reads=httpx.AsyncClient(transport=transport),
        orders=httpx.AsyncClient(transport=transport),
        clock=clock,
    )
    return KiwoomBroker(account, wire, clock)
