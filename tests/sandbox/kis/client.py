"""A tiny caller of the pure handler: what a test would otherwise repeat."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any

from brokers.sim.exchange import Exchange
from brokers.sim.prices_synthetic import SyntheticMarket
from sandbox.kis.gateway import handle
from sandbox.kis.profiles import REAL, VTS, Call
from sandbox.kis.state import ACCOUNT, APP_KEY, APP_SECRET, PRODUCT, KisState
from sandbox.kis.wire import Reply, Request

KST = timezone(timedelta(hours=9))
SESSION = date(2026, 11, 20)
SYMBOL = "069500"
KEYS = {"appkey": APP_KEY, "appsecret": APP_SECRET}
ACCOUNT_FIELDS = {"CANO": ACCOUNT, "ACNT_PRDT_CD": PRODUCT}

CCLD = {
    **ACCOUNT_FIELDS,
    "INQR_STRT_DT": "20261120",
    "INQR_END_DT": "20261120",
    "SLL_BUY_DVSN_CD": "00",
    "INQR_DVSN": "00",
    "PDNO": "",
    "CCLD_DVSN": "00",
    "ORD_GNO_BRNO": "",
    "ODNO": "",
    "INQR_DVSN_3": "00",
    "INQR_DVSN_1": "",
    "CTX_AREA_FK100": "",
    "CTX_AREA_NK100": "",
}
BALANCE = {
    **ACCOUNT_FIELDS,
    "AFHR_FLPR_YN": "N",
    "OFL_YN": "",
    "INQR_DVSN": "01",
    "UNPR_DVSN": "01",
    "FUND_STTL_ICLD_YN": "N",
    "FNCG_AMT_AUTO_RDPT_YN": "N",
    "PRCS_DVSN": "00",
    "CTX_AREA_FK100": "",
    "CTX_AREA_NK100": "",
}
POWER = {
    **ACCOUNT_FIELDS,
    "PDNO": SYMBOL,
    "ORD_UNPR": "0",
    "ORD_DVSN": "01",
    "CMA_EVLU_AMT_ICLD_YN": "N",
    "OVRS_ICLD_YN": "N",
}
OPEN = {
    **ACCOUNT_FIELDS,
    "CTX_AREA_FK100": "",
    "CTX_AREA_NK100": "",
    "INQR_DVSN_1": "0",
    "INQR_DVSN_2": "0",
}
QUOTE = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": SYMBOL}
CHART = {
    **QUOTE,
    "FID_INPUT_DATE_1": "20260101",
    "FID_INPUT_DATE_2": "20261231",
    "FID_PERIOD_DIV_CODE": "D",
    "FID_ORG_ADJ_PRC": "0",
}


@dataclass
class Caller:
    """One client of one broker, with a clock that the test moves."""

    state: KisState
    exchange: Exchange
    now: datetime
    token: str = ""
    pause: timedelta = timedelta(seconds=1)
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, method, path, *, headers=None, query=None, body=None) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        request = Request(method, path, headers or {}, query or {}, content)
        return handle(self.state, request, self.now)

    def login(self) -> Any:
        body = {"grant_type": "client_credentials", **KEYS}
        reply: Any = self.send("POST", "/oauth2/tokenP", body=body)
        if reply.status == 200:
            self.token = reply.payload["access_token"]
        return reply

    def call(self, call: Call, tr_id: str, fields, *, cont="", **headers) -> Any:
        self.now += self.pause
        sent = {
            "authorization": f"Bearer {self.token}",
            **KEYS,
            "tr_id": tr_id,
            "tr_cont": cont,
            "custtype": "P",
            **headers,
        }
        method = "POST" if call in {Call.ORDER, Call.CHANGE} else "GET"
        part = {"body": fields} if method == "POST" else {"query": fields}
        reply = self.send(method, call.value, headers=sent, **part)
        assert isinstance(reply, Reply)
        return reply

    @property
    def letter(self) -> str:
        return "V" if self.state.profile.is_vts else "T"

    def order(self, quantity=1, price=0, *, buy=True, symbol=SYMBOL, division="00", **more) -> Any:
        fields = {
            **ACCOUNT_FIELDS,
            "PDNO": symbol,
            "ORD_DVSN": division,
            "ORD_QTY": str(quantity),
            "ORD_UNPR": str(price),
            "EXCG_ID_DVSN_CD": "KRX",
            **more,
        }
        tail = "TTC0012U" if buy else "TTC0011U"
        return self.call(Call.ORDER, self.letter + tail, fields)

    def cancel(self, number, **more) -> Any:
        fields = {
            **ACCOUNT_FIELDS,
            "KRX_FWDG_ORD_ORGNO": "",
            "ORGN_ODNO": number,
            "ORD_DVSN": "00",
            "RVSE_CNCL_DVSN_CD": "02",
            "ORD_QTY": "0",
            "ORD_UNPR": "0",
            "QTY_ALL_ORD_YN": "Y",
            "EXCG_ID_DVSN_CD": "KRX",
            **more,
        }
        return self.call(Call.CHANGE, self.letter + "TTC0013U", fields)

    def ccld(self, **more) -> Any:
        reply = self.call(Call.DAILY_ORDERS, self.letter + "TTC0081R", {**CCLD, **more})
        return reply.payload

    def balance(self, **more) -> Any:
        reply = self.call(Call.BALANCE, self.letter + "TTC8434R", {**BALANCE, **more})
        return reply.payload

    def view(self, symbol=SYMBOL):
        return self.state.exchange.market(self.now, symbol)

    def at(self, hour, minute=0, second=0, day=SESSION) -> None:
        self.now = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=KST)


def caller(mode: str, *, symbols=(SYMBOL, "091160", "102110"), hour=10, multiples=None) -> Caller:
    prices = SyntheticMarket(7, {code: f"ETF {code}" for code in symbols}, SESSION)
    exchange = Exchange(prices, opening_cash_won=1_000_000, multiples=multiples)
    state = KisState(exchange, prices, VTS if mode == "vts" else REAL)
    start = datetime(2026, 11, 20, hour, 0, tzinfo=KST)
    ready = Caller(state, exchange, start)
    ready.login()
    return ready
