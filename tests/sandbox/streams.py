"""A tiny listener to a pure stream, whichever broker's: what a test would otherwise repeat."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from sandbox.streams import Act, HangUp, Send
from tests.sandbox.kis.client import KST, SESSION

CLOSED = "closed"


@dataclass
class StreamListener:
    """One connection, its business clock and its host clock, moved by hand."""

    hub: Any
    now: datetime
    host: float
    connection: Any

    def again(self) -> Self:
        """Connect once more, at the same instant."""
        return type(self)(self.hub, self.now, self.host, self.hub.connect(self.now, self.host))

    def at(self, hour: int, minute: int, second: int = 0) -> Self:
        self.now = datetime(
            SESSION.year, SESSION.month, SESSION.day, hour, minute, second, tzinfo=KST
        )
        return self

    def say(self, document: object) -> list[Any]:
        text = document if isinstance(document, str) else json.dumps(document)
        return read(self.connection.said(text, self.now, self.host))

    def pump(self, *, business: float = 0.0, host: float = 0.0) -> list[Any]:
        """Let time pass and return what came, pings left out."""
        return [one for one in self.pump_all(business=business, host=host) if not is_ping(one)]

    def pump_all(self, *, business: float = 0.0, host: float = 0.0) -> list[Any]:
        self.now += timedelta(seconds=business)
        self.host += host
        return read(self.connection.pump(self.now, self.host))


def read(acts: list[Act]) -> list[Any]:
    """Return messages as documents or texts, and the end as `CLOSED`."""
    found: list[Any] = []
    for act in acts:
        if isinstance(act, HangUp):
            found.append(CLOSED)
        elif isinstance(act, Send):
            try:
                found.append(json.loads(act.text))
            except ValueError:
                found.append(act.text)
    return found


def is_ping(item: object) -> bool:
    """Whether it is Kiwoom's PING or KIS's PINGPONG."""
    if not isinstance(item, dict):
        return False
    return item == {"trnm": "PING"} or item.get("header", {}).get("tr_id") == "PINGPONG"
