"""A loopback-free KIS: an httpx.MockTransport that plays back answers and keeps the requests."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from brokers.kis.account import KisAccount
from brokers.kis.broker import KisBroker
from brokers.kis.wire import KisWire
from brokers.wire.clients import Timeouts
from core.domain.krx import KST
from core.domain.modes import Mode
from core.ports.broker import AccessToken
from core.runtime.clock import SteppedClock

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=KST)
TOKEN = AccessToken("tok.en", NOW + timedelta(days=1))
PAYLOADS = Path(__file__).parents[3] / ".." / "shared" / "data" / "payloads" / "kis"


def payload(name: str) -> dict[str, Any]:
    path = PAYLOADS / f"{name}.json"
    if not path.exists():
        pytest.skip("captured payloads are not beside this checkout")
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document


def make_account(mode: Mode = Mode.VTS, **changes: Any) -> KisAccount:
    values: dict[str, Any] = {
        "mode": mode,
        "app_key": "A" * 36,
        "app_secret": "S" * 180,
        "account_no": "12345678",
        "product_code": "01",
        "base_url": "http://127.0.0.1:9",
        "timeouts": Timeouts(connect=1, order_total=1, read_total=1),
    }
    return KisAccount(**(values | changes))


def ok(**output: object) -> dict[str, object]:
    return {"rt_cd": "0", "msg_cd": "MCA00000", "msg1": "정상처리 되었습니다.   ", **output}


@dataclass
class Script:
    """Answers in order: a dict is JSON with 200, a tuple (status, body[, headers]), or an error."""

    answers: list[object] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, body, headers = 200, answer, {}
        if isinstance(answer, tuple):
            status, body, headers = (*answer, {})[:3]
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx.Response(status, content=content, headers=headers)

    def query(self, index: int = -1) -> dict[str, str]:
        return dict(self.requests[index].url.params)

    def body(self, index: int = -1) -> dict[str, str]:
        document: dict[str, str] = json.loads(self.requests[index].content)
        return document


def make_broker(script: Script, mode: Mode = Mode.VTS, **changes: Any) -> KisBroker:
    account = make_account(mode, **changes)
    transport = httpx.MockTransport(script)
    clock = SteppedClock(NOW, rate=0)
    wire = KisWire(
        account,
        reads=httpx.AsyncClient(transport=transport),
        orders=httpx.AsyncClient(transport=transport),
        clock=clock,
    )
    return KisBroker(account, wire, clock)
