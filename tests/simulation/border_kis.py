"""The border to KIS."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import httpx

from brokers.from_lists import StatementsFromLists
from brokers.kis.account import KisAccount
from brokers.kis.broker import KisBroker
from brokers.kis.wire import KisWire
from brokers.sim.values import PriceSource
from brokers.wire.clients import order_client, read_client
from core.domain.modes import Mode
from core.ports.clock import Clock
from core.runtime.token_store import token_key
from sandbox.kis import gateway
from sandbox.kis import state as kis_state
from sandbox.kis.profiles import REAL_TRS, VTS
from sandbox.kis.state import KisState, Market
from sandbox.kis.wire import Fault, Reply, Request
from tests.simulation.border import Kind, Terms

_HOST = "openapivts.koreainvestment.com"
_BUY_IDS = frozenset({"VTTC0012U", "VTTC0802U"})
# Within six hours the server issues the same token again, dead or not.
_OLD = timedelta(hours=7)
_BLANK = json.dumps({"rt_cd": "1", "msg_cd": "", "msg1": ""}).encode()
_TOO_FAST = json.dumps(
    {"rt_cd": "1", "msg_cd": "EGW00201", "msg1": "초당 거래건수를 초과하였습니다."}
).encode()
_DEAD_TOKEN = json.dumps(
    {"rt_cd": "1", "msg_cd": "EGW00123", "msg1": "기간이 만료된 token 입니다."}
).encode()
_NO_SUCH_CODE = json.dumps({"rt_cd": "1", "msg_cd": "XYZ09999", "msg1": "알 수 없는 오류"}).encode()


@cache
def tls() -> Any:
    """One context for all lives: making one takes longer than a seed."""
    return httpx.create_ssl_context(trust_env=False)


class KisBorder:
    """Implements `Border`."""

    name = "kis"
    host = _HOST
    answers: Mapping[str, tuple[int, bytes]] = {
        "post_500_before": (500, _BLANK),
        "post_egw00201": (500, _TOO_FAST),
        "post_token_rejected": (500, _DEAD_TOKEN),
        "read_500": (500, _BLANK),
        "read_egw00201": (500, _TOO_FAST),
        "read_blank_outage": (200, _BLANK),
        "page_two_fails": (500, _BLANK),
        "token_issue_fails": (500, _BLANK),
        "blank_after": (500, _BLANK),
        "unknown_code": (200, _NO_SUCH_CODE),
    }
    post_paces = (VTS.requests_per_second, timedelta(seconds=0.95))

    def server(self, market: Market, tape: PriceSource, orders_page: int) -> KisState:
        return KisState(market, tape, replace(VTS, orders_page=orders_page))

    def handle(self, state: KisState, request: Request, now: datetime) -> Reply:
        reply = gateway.handle(state, request, now)
        if isinstance(reply, Fault):
            raise TypeError("the simulation has its own faults")
        return reply

    def forget_pace(self, state: KisState) -> None:
        state.window.clear()

    def end_token(self, state: KisState, now: datetime, dice: random.Random) -> None:
        token = state.token
        if token is not None and dice.random() < 0.5:
            state.token = replace(token, expires_at=now, issued_at=now - _OLD)
        else:
            state.token = None

    def adapter(self, transport: httpx.AsyncBaseTransport, clock: Clock) -> KisBroker:
        account = _account()
        wire = KisWire(
            account,
            reads=read_client(account.allowed, tls()),
            orders=order_client(account.allowed, tls()),
            clock=clock,
        )
        for client in (wire.reads, wire.orders):
            client._transport = transport
        return KisBroker(account, wire, clock)

    def brokerage(self, adapter: KisBroker, clock: Clock) -> dict[str, Any]:
        return {
            "statements": StatementsFromLists(adapter, clock),
            "token_key": token_key(kis_state.APP_KEY, Mode.VTS),
            "prices_label": "KIS 모의투자",
            "pace": Mode.VTS,
        }

    def kind(self, request: Request) -> Kind:
        if request.path.startswith("/oauth2/"):
            return Kind.TOKEN
        last = self.step(request)
        return next((kind for kind in Kind if kind.value == last), Kind.OTHER)

    def step(self, request: Request) -> str:
        return request.path.rpartition("/")[2]

    def is_next_page(self, request: Request) -> bool:
        return request.header("tr_cont") == "N"

    def is_real(self, request: httpx.Request) -> bool:
        return request.headers.get("tr_id", "") in REAL_TRS

    def terms(self, request: Request) -> Terms:
        body = json.loads(request.body)
        side = "buy" if request.header("tr_id") in _BUY_IDS else "sell"
        return Terms(body["PDNO"], side, int(body["ORD_QTY"]), int(body["ORD_UNPR"]))

    def quoted(self, request: Request) -> str:
        return request.query["FID_INPUT_ISCD"]

    def code(self, reply: Reply) -> str:
        return str((reply.payload or {}).get("msg_cd", ""))

    def listed(self, reply: Reply) -> set[str]:
        rows = (reply.payload or {}).get("output1")
        if not isinstance(rows, list):
            return set()
        return {str(row["odno"]).lstrip("0") for row in rows if "odno" in row}

    def tells(self, number: str, content: bytes) -> bool:
        # Padded in 실전 only.
        return re.search(rf'"ODNO":\s*"0*{number}"'.encode(), content) is not None

    def bend(self, fate: str, body: dict[str, Any], headers: dict[str, str], earlier: int) -> None:
        output = body.get("output")
        if fate == "post_number_empty" and output:
            output["ODNO"] = ""
        elif fate == "post_number_repeated" and output:
            output["ODNO"] = f"{earlier:010d}" if earlier else output["ODNO"]
        rows = body.get("output1")
        if isinstance(rows, list) and rows:
            _retell(fate, rows, body, headers)


def _account() -> KisAccount:
    return KisAccount(
        mode=Mode.VTS,
        app_key=kis_state.APP_KEY,
        app_secret=kis_state.APP_SECRET,
        account_no=kis_state.ACCOUNT,
        product_code=kis_state.PRODUCT,
        base_url=f"https://{_HOST}:29443",
    )


def _retell(
    fate: str, rows: list[dict[str, str]], body: dict[str, object], headers: dict[str, str]
) -> None:
    """Change what a list says."""
    if fate == "list_empty":
        rows.clear()
        headers["tr_cont"] = "D"
    elif fate == "rows_repeated":
        rows += rows[-1:]
    elif fate == "numbers_unpadded":
        for row in rows:
            row["odno"] = row["odno"].lstrip("0")
    elif fate == "quantity_fell":
        _lower(rows)
    elif fate == "fill_after_cancel":
        _miss_a_fill(rows)
    elif fate == "pages_truncated" and headers.get("tr_cont") in {"F", "M"}:
        body["ctx_area_nk100"] = ""


def _lower(rows: list[dict[str, str]]) -> None:
    """Show one row as it was before its last share traded."""
    for row in rows:
        if int(row["tot_ccld_qty"]) > 0 and not row["orgn_odno"].strip():
            row["tot_ccld_qty"] = str(int(row["tot_ccld_qty"]) - 1)
            row["rmn_qty"] = str(int(row["rmn_qty"]) + 1)
            return


def _miss_a_fill(rows: list[dict[str, str]]) -> None:
    """Show cancelled orders as they were before their last share traded."""
    for row in rows:
        if int(row["tot_ccld_qty"]) > 0 and int(row["cncl_cfrm_qty"]) > 0:
            row["tot_ccld_qty"] = str(int(row["tot_ccld_qty"]) - 1)
