"""The border to Kiwoom."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx

from brokers.kiwoom.account import KiwoomAccount
from brokers.kiwoom.broker import KiwoomBroker
from brokers.kiwoom.statements import KiwoomStatements
from brokers.kiwoom.wire import KiwoomWire
from brokers.sim.values import PriceSource
from brokers.wire.clients import order_client, read_client
from core.domain.modes import Mode
from core.ports.clock import Clock
from core.runtime.token_store import token_key
from sandbox.kis.state import Market
from sandbox.kis.wire import Fault, Reply, Request
from sandbox.kiwoom import gateway
from sandbox.kiwoom import state as kiwoom_state
from sandbox.kiwoom.state import PROFILES, QUERIES_PER_SECOND, KiwoomState
from tests.simulation.border import Kind, Terms
from tests.simulation.border_kis import tls

_KINDS = {
    "kt10000": Kind.ORDER,
    "kt10001": Kind.ORDER,
    "kt10003": Kind.CANCEL,
    "kt00007": Kind.LIST,
    "ka10001": Kind.QUOTE,
}
_ROWS = "acnt_ord_cntr_prps_dtl"
_BLANK = json.dumps({"return_msg": "", "return_code": ""}).encode()


def _said(result: int, text: str) -> bytes:
    return json.dumps({"return_msg": text, "return_code": result}, ensure_ascii=False).encode()


_TOO_FAST = _said(
    5, "허용된 요청 개수를 초과하였습니다[1700:허용된 API 요청 개수를 초과하였습니다.]"
)
_DEAD_TOKEN = _said(3, "인증에 실패했습니다[8005:Token이 유효하지 않습니다]")


class KiwoomBorder:
    """Implements `Border`."""

    name = "kiwoom"
    host = "mockapi.kiwoom.com"
    answers: Mapping[str, tuple[int, bytes]] = {
        "post_500_before": (500, b""),
        "post_egw00201": (429, _TOO_FAST),
        "post_token_rejected": (200, _DEAD_TOKEN),
        "read_500": (500, b""),
        "read_egw00201": (429, _TOO_FAST),
        "read_blank_outage": (200, _BLANK),
        "page_two_fails": (500, b""),
        "token_issue_fails": (500, b""),
        "blank_after": (500, b""),
        "unknown_code": (200, _said(20, "[2000](RC9999:알 수 없는 오류)")),
    }
    post_paces = (QUERIES_PER_SECOND, timedelta(seconds=0.95))

    def server(self, market: Market, tape: PriceSource, orders_page: int) -> KiwoomState:
        return KiwoomState(market, tape, replace(PROFILES["vts"], orders_page=orders_page))

    def handle(self, state: KiwoomState, request: Request, now: datetime) -> Reply:
        reply = gateway.handle(state, request, now)
        if isinstance(reply, Fault):
            raise TypeError("the simulation has its own faults")
        return reply

    def forget_pace(self, state: KiwoomState) -> None:
        state.levels.clear()
        state.queries.clear()
        state.orders.clear()

    def end_token(self, state: KiwoomState, now: datetime, dice: random.Random) -> None:
        token = state.token
        if token is not None and dice.random() < 0.5:
            state.token = replace(token, expires_at=now)
        else:
            state.token = None

    def adapter(self, transport: httpx.AsyncBaseTransport, clock: Clock) -> KiwoomBroker:
        account = KiwoomAccount(
            mode=Mode.VTS,
            app_key=kiwoom_state.APP_KEY,
            app_secret=kiwoom_state.APP_SECRET,
            account_no=kiwoom_state.ACCOUNT,
            product_code=kiwoom_state.ACCOUNT_CLASS,
            base_url=f"https://{self.host}",
        )
        wire = KiwoomWire(
            account,
            reads=read_client(account.allowed, tls()),
            orders=order_client(account.allowed, tls()),
            clock=clock,
        )
        for client in (wire.reads, wire.orders):
            client._transport = transport
        return KiwoomBroker(account, wire, clock)

    def brokerage(self, adapter: KiwoomBroker, clock: Clock) -> dict[str, Any]:
        return {
            "statements": KiwoomStatements(adapter, clock),
            "token_key": token_key(kiwoom_state.APP_KEY, Mode.VTS),
            "prices_label": "키움 모의투자",
            "pace": Mode.VTS,
            "paces_of": "kiwoom",
        }

    def kind(self, request: Request) -> Kind:
        if request.path.startswith("/oauth2/"):
            return Kind.TOKEN
        return _KINDS.get(request.header("api-id"), Kind.OTHER)

    def step(self, request: Request) -> str:
        kind = self.kind(request)
        return request.header("api-id") if kind is Kind.OTHER else kind.value

    def is_next_page(self, request: Request) -> bool:
        return request.header("cont-yn") == "Y"

    def is_real(self, request: httpx.Request) -> bool:
        del request
        return False  # the host alone tells

    def terms(self, request: Request) -> Terms:
        body = json.loads(request.body)
        side = "buy" if request.header("api-id") == "kt10000" else "sell"
        return Terms(body["stk_cd"], side, int(body["ord_qty"]), int(body["ord_uv"] or 0))

    def quoted(self, request: Request) -> str:
        return str(json.loads(request.body)["stk_cd"])

    def code(self, reply: Reply) -> str:
        return str((reply.payload or {}).get("return_msg", ""))

    def listed(self, reply: Reply) -> set[str]:
        rows = (reply.payload or {}).get(_ROWS)
        if not isinstance(rows, list):
            return set()
        return {str(row["ord_no"]).lstrip("0") for row in rows if "ord_no" in row}

    def tells(self, number: str, content: bytes) -> bool:
        return f'"{number:0>7}"'.encode() in content

    def bend(self, fate: str, body: dict[str, Any], headers: dict[str, str], earlier: int) -> None:
        if fate == "post_number_empty" and "ord_no" in body:
            body["ord_no"] = ""
        elif fate == "post_number_repeated" and "ord_no" in body:
            body["ord_no"] = f"{earlier:07d}" if earlier else body["ord_no"]
        rows = body.get(_ROWS)
        if isinstance(rows, list) and rows:
            _retell(fate, rows, headers)


def _retell(fate: str, rows: list[dict[str, str]], headers: dict[str, str]) -> None:
    """Change what a list says."""
    if fate == "list_empty":
        rows.clear()
        headers |= {"cont-yn": "N", "next-key": ""}
    elif fate == "rows_repeated":
        rows += rows[-1:]
    elif fate == "numbers_unpadded":
        for row in rows:
            row["ord_no"] = row["ord_no"].lstrip("0")
    elif fate == "quantity_fell":
        _lower(rows)
    elif fate == "fill_after_cancel":
        _miss_a_fill(rows)
    elif fate == "pages_truncated" and headers.get("cont-yn") == "Y":
        headers["next-key"] = ""


def _lower(rows: list[dict[str, str]]) -> None:
    """Show one row as it was before its last share traded."""
    for row in rows:
        if int(row["cntr_qty"]) > 0 and not row["ori_ord"].strip("0"):
            row["cntr_qty"] = f"{int(row['cntr_qty']) - 1:010d}"
            row["ord_remnq"] = f"{int(row['ord_remnq']) + 1:010d}"
            return


def _miss_a_fill(rows: list[dict[str, str]]) -> None:
    """Show cancelled orders as they were before their last share traded."""
    for row in rows:
        filled, left = int(row["cntr_qty"]), int(row["ord_remnq"])
        if filled > 0 and not left and filled < int(row["ord_qty"]):
            row["cntr_qty"] = f"{filled - 1:010d}"
