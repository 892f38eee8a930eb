"""A tiny caller of the pure handler: what a test would otherwise repeat."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

from brokers.sim.exchange import Exchange
from brokers.sim.prices_synthetic import SyntheticMarket
from sandbox.kis.wire import Reply, Request
from sandbox.kiwoom.gateway import handle
from sandbox.kiwoom.state import APP_KEY, APP_SECRET, PROFILES, KiwoomState

KST = timezone(timedelta(hours=9))
SESSION = date(2026, 11, 20)
SYMBOL = "069500"
KEYS = {"appkey": APP_KEY, "secretkey": APP_SECRET}
ORDERS = {
    "ord_dt": "20261120",
    "qry_tp": "1",
    "stk_bond_tp": "1",
    "sell_tp": "0",
    "stk_cd": "",
    "fr_ord_no": "",
    "dmst_stex_tp": "KRX",
}
VALUATION = {"qry_tp": "0", "dmst_stex_tp": "KRX"}
HOLDINGS = {"qry_tp": "1", "dmst_stex_tp": "KRX"}
ORDERABLE = {"stk_cd": SYMBOL, "trde_tp": "2", "uv": "35000"}
CHART = {"stk_cd": SYMBOL, "base_dt": "20261119", "upd_stkpc_tp": "0"}
INDEX_CHART = {"inds_cd": "001", "base_dt": "20261119"}
PROFITS = {"strt_dt": "20261116", "end_dt": "20261120"}
OPEN = {"all_stk_tp": "0", "trde_tp": "0", "stex_tp": "1"}
FILLS = {"qry_tp": "0", "sell_tp": "0", "stex_tp": "1"}
CHANGES = {
    "mrkt_tp": "000",
    "sort_tp": "1",
    "trde_qty_cnd": "0000",
    "stk_cnd": "0",
    "crd_cnd": "0",
    "updown_incls": "0",
    "pric_cnd": "0",
    "trde_prica_cnd": "0",
    "stex_tp": "1",
}
VOLUMES = {
    "mrkt_tp": "000",
    "sort_tp": "1",
    "mang_stk_incls": "0",
    "crd_tp": "0",
    "trde_qty_tp": "0",
    "pric_tp": "0",
    "trde_prica_tp": "0",
    "mrkt_open_tp": "0",
    "stex_tp": "1",
}
PATHS = {"kt1": "ordr", "kt0": "acnt", "ka00": "acnt", "ka1007": "acnt", "ka4": "etf"}
OTHER_PATHS = {
    "ka10001": "stkinfo",
    "ka10099": "stkinfo",
    "ka10100": "stkinfo",
    "ka10004": "mrkcond",
    "ka10081": "chart",
    "ka20001": "sect",
    "ka20006": "chart",
    "ka10027": "rkinfo",
    "ka10030": "rkinfo",
}


def path_of(api_id: str) -> str:
    known = OTHER_PATHS.get(api_id) or next(
        path for start, path in PATHS.items() if api_id.startswith(start)
    )
    return f"/api/dostk/{known}"


@dataclass
class Caller:
    """One client of one broker, with a clock that the test moves."""

    state: KiwoomState
    exchange: Exchange
    now: datetime
    token: str = ""
    pause: timedelta = timedelta(seconds=1)

    def send(self, path, body=None, *, method="POST", **headers) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return handle(self.state, Request(method, path, named, {}, content), self.now)

    def login(self) -> Any:
        body = {"grant_type": "client_credentials", **KEYS}
        reply: Any = self.send("/oauth2/token", body)
        self.token = reply.payload.get("token", "")
        return reply

    def call(self, api_id, fields=None, *, path="", **headers) -> Any:
        self.now += self.pause
        sent = {"authorization": f"Bearer {self.token}", "api_id": api_id, **headers}
        reply = self.send(path or path_of(api_id), fields or {}, **sent)
        assert isinstance(reply, Reply)
        return reply

    def read(self, api_id, fields=None, **headers) -> Any:
        reply = self.call(api_id, fields, **headers)
        assert reply.payload["return_code"] == 0, reply.payload
        return reply.payload

    def order(self, quantity=1, price=0, *, buy=True, symbol=SYMBOL, **more) -> Any:
        fields = {
            "dmst_stex_tp": "KRX",
            "stk_cd": symbol,
            "ord_qty": str(quantity),
            "ord_uv": str(price) if price else "",
            "trde_tp": "0" if price else "3",
            "cond_uv": "",
            **more,
        }
        return self.call("kt10000" if buy else "kt10001", fields)

    def cancel(self, number, **more) -> Any:
        fields = {"dmst_stex_tp": "KRX", "orig_ord_no": number, "stk_cd": SYMBOL, "cncl_qty": "0"}
        return self.call("kt10003", fields | more)

    def rows(self, **more) -> Any:
        return self.read("kt00007", ORDERS | more)["acnt_ord_cntr_prps_dtl"]

    def view(self, symbol=SYMBOL):
        return self.state.exchange.market(self.now, symbol)

    def at(self, hour, minute=0, second=0, day=SESSION) -> None:
        self.now = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=KST)


def caller(mode: str, *, hour=10, **pages: Any) -> Caller:
    symbols = (SYMBOL, "091160", "102110")
    prices = SyntheticMarket(7, {code: f"ETF {code}" for code in symbols}, SESSION)
    exchange = Exchange(prices, opening_cash_won=1_000_000)
    state = KiwoomState(exchange, prices, replace(PROFILES[mode], **pages))
    ready = Caller(state, exchange, datetime(2026, 11, 20, hour, 0, tzinfo=KST))
    ready.login()
    return ready
