"""A tiny listener to this broker's pure stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.kiwoom.stream import Connection, StreamHub
from tests.sandbox.kiwoom.client import SYMBOL, caller
from tests.sandbox.streams import StreamListener


@dataclass
class Listener(StreamListener):
    hub: StreamHub
    connection: Connection

    def login(self) -> Any:
        token = self.hub.kiwoom.token
        assert token is not None
        return self.say({"trnm": "LOGIN", "token": token.value})[0]

    def register(self, kind: str, *items: str, **more: object) -> Any:
        return self.say(registration("REG", kind, *items, **more))[0]

    def remove(self, kind: str, *items: str) -> Any:
        return self.say(registration("REMOVE", kind, *items))[0]

    def entries(self, *, business: float = 0.0) -> list[Any]:
        """Let time pass and return every entry of what came."""
        return [entry for frame in self.pump(business=business) for entry in frame["data"]]


def registration(trnm: str, kind: str, *items: str, **more: object) -> dict[str, object]:
    data = [{"item": list(items or (SYMBOL,)), "type": [kind]}]
    return {"trnm": trnm, "grp_no": "1", "refresh": "1", "data": data, **more}


def listener(mode: str = "vts", **hub: Any) -> Listener:
    """Return a first connection to a market that is open, not logged in yet."""
    desk = caller(mode)
    made = StreamHub(desk.state, **hub)
    return Listener(made, desk.now, 1000.0, made.connect(desk.now, 1000.0))


def logged_in(mode: str = "vts", **hub: Any) -> Listener:
    one = listener(mode, **hub)
    assert one.login()["return_code"] == 0
    return one
