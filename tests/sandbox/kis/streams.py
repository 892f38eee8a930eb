"""A tiny listener to the pure stream: what a test would otherwise repeat."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from brokers.sim.exchange import Exchange
from brokers.sim.prices_synthetic import SyntheticMarket
from sandbox.kis.auth import approval_key
from sandbox.kis.profiles import PROFILES
from sandbox.kis.state import KisState
from sandbox.kis.stream import Connection, StreamHub
from sandbox.streams import Act, HangUp, Send
from tests.sandbox.kis.client import KST, SESSION, SYMBOL

CLOSED = "closed"


@dataclass
class Listener:
    """One connection, its business clock and its host clock, moved by hand."""

    hub: StreamHub
    now: datetime
    host: float
    connection: Connection

    def again(self) -> Listener:
        """Connect once more, at the same instant."""
        return Listener(self.hub, self.now, self.host, self.hub.connect(self.now, self.host))

    def at(self, hour: int, minute: int, second: int = 0) -> Listener:
        self.now = datetime(
            SESSION.year, SESSION.month, SESSION.day, hour, minute, second, tzinfo=KST
        )
        return self

    def say(self, document: object) -> list[Any]:
        text = document if isinstance(document, str) else json.dumps(document)
        return read(self.connection.said(text, self.now, self.host))

    def ask(self, tr_id: str, tr_key: str = SYMBOL, tr_type: str = "1", **header: str) -> Any:
        """Register; return what was answered."""
        said = self.say(request(approval_key(self.hub.kis), tr_id, tr_key, tr_type, **header))
        return said[0] if said else None

    def code(self, tr_id: str, tr_key: str = SYMBOL, tr_type: str = "1", **header: str) -> str:
        return str(self.ask(tr_id, tr_key, tr_type, **header)["body"]["msg_cd"])

    def pump(self, *, business: float = 0.0, host: float = 0.0) -> list[Any]:
        """Let time pass and return what came, PINGPONG left out."""
        return [item for item in self.pump_all(business=business, host=host) if not is_ping(item)]

    def pump_all(self, *, business: float = 0.0, host: float = 0.0) -> list[Any]:
        self.now += timedelta(seconds=business)
        self.host += host
        return read(self.connection.pump(self.now, self.host))


def request(
    key: str, tr_id: str, tr_key: str, tr_type: str = "1", **header: str
) -> dict[str, object]:
    return {
        "header": {
            "approval_key": key,
            "custtype": "P",
            "tr_type": tr_type,
            "content-type": "utf-8",
            **header,
        },
        "body": {"input": {"tr_id": tr_id, "tr_key": tr_key}},
    }


def read(acts: list[Act]) -> list[Any]:
    """Return messages as documents or texts, and the end as `CLOSED`."""
    found: list[Any] = []
    for act in acts:
        if isinstance(act, HangUp):
            found.append(CLOSED)
        elif isinstance(act, Send):
            is_json = act.text.startswith("{")
            found.append(json.loads(act.text) if is_json else act.text)
    return found


def is_ping(item: object) -> bool:
    return isinstance(item, dict) and item["header"]["tr_id"] == "PINGPONG"


def listener(mode: str = "vts", **hub: Any) -> Listener:
    """Return a first connection to a market that is open."""
    now = datetime(SESSION.year, SESSION.month, SESSION.day, 10, 0, tzinfo=KST)
    prices = SyntheticMarket(7, {SYMBOL: "KODEX 200", "102110": "TIGER 200"}, SESSION)
    kis = KisState(Exchange(prices, opening_cash_won=1_000_000), prices, PROFILES[mode])
    made = StreamHub(kis, **hub)
    return Listener(made, now, 1000.0, made.connect(now, 1000.0))
