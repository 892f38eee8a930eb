"""A tiny listener to this broker's pure stream."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from brokers.sim.exchange import Exchange
from brokers.sim.prices_synthetic import SyntheticMarket
from sandbox.kis.auth import approval_key
from sandbox.kis.profiles import PROFILES
from sandbox.kis.state import KisState
from sandbox.kis.stream import Connection, StreamHub
from tests.sandbox.kis.client import KST, SESSION, SYMBOL
from tests.sandbox.streams import StreamListener


@dataclass
class Listener(StreamListener):
    hub: StreamHub
    connection: Connection

    def ask(self, tr_id: str, tr_key: str = SYMBOL, tr_type: str = "1", **header: str) -> Any:
        """Register; return what was answered."""
        said = self.say(request(approval_key(self.hub.kis), tr_id, tr_key, tr_type, **header))
        return said[0] if said else None

    def code(self, tr_id: str, tr_key: str = SYMBOL, tr_type: str = "1", **header: str) -> str:
        return str(self.ask(tr_id, tr_key, tr_type, **header)["body"]["msg_cd"])


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


def listener(mode: str = "vts", **hub: Any) -> Listener:
    """Return a first connection to a market that is open."""
    now = datetime(SESSION.year, SESSION.month, SESSION.day, 10, 0, tzinfo=KST)
    prices = SyntheticMarket(7, {SYMBOL: "KODEX 200", "102110": "TIGER 200"}, SESSION)
    kis = KisState(Exchange(prices, opening_cash_won=1_000_000), prices, PROFILES[mode])
    made = StreamHub(kis, **hub)
    return Listener(made, now, 1000.0, made.connect(now, 1000.0))
