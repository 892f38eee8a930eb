"""A tiny listener to the pure stream: what a test would otherwise repeat."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.kiwoom.stream import Connection, StreamHub
from sandbox.streams import Act, HangUp, Send
from tests.sandbox.kiwoom.client import KST, SESSION, SYMBOL, caller

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

    def login(self) -> Any:
        token = self.hub.kiwoom.token
        assert token is not None
        return self.say({"trnm": "LOGIN", "token": token.value})[0]

    def register(self, kind: str, *items: str, **more: object) -> Any:
        return self.say(registration("REG", kind, *items, **more))[0]

    def remove(self, kind: str, *items: str) -> Any:
        return self.say(registration("REMOVE", kind, *items))[0]

    def pump(self, *, business: float = 0.0, host: float = 0.0) -> list[Any]:
        """Let time pass and return what came, PING left out."""
        return [one for one in self.pump_all(business=business, host=host) if not is_ping(one)]

    def pump_all(self, *, business: float = 0.0, host: float = 0.0) -> list[Any]:
        self.now += timedelta(seconds=business)
        self.host += host
        return read(self.connection.pump(self.now, self.host))

    def entries(self, *, business: float = 0.0) -> list[Any]:
        """Let time pass and return every entry of what came."""
        return [entry for frame in self.pump(business=business) for entry in frame["data"]]


def registration(trnm: str, kind: str, *items: str, **more: object) -> dict[str, object]:
    data = [{"item": list(items or (SYMBOL,)), "type": [kind]}]
    return {"trnm": trnm, "grp_no": "1", "refresh": "1", "data": data, **more}


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
    return item == {"trnm": "PING"}


def listener(mode: str = "vts", **hub: Any) -> Listener:
    """Return a first connection to a market that is open, not logged in yet."""
    desk = caller(mode)
    made = StreamHub(desk.state, **hub)
    return Listener(made, desk.now, 1000.0, made.connect(desk.now, 1000.0))


def logged_in(mode: str = "vts", **hub: Any) -> Listener:
    one = listener(mode, **hub)
    assert one.login()["return_code"] == 0
    return one
