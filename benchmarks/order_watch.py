"""What the benchmark of the order path listens with, and the floor it compares with."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import httpx

from brokers.wire.clients import order_client
from tests.fakes.kis_desk import KisDesk, account_at


class Watch:
    """Notes when the arm began and ended, when the first byte left, how long answers took."""

    def __init__(self, desk: KisDesk) -> None:
        self._desk = desk
        self._kept: list[tuple[Any, str, Any]] = []
        self.clear()

    def clear(self) -> None:
        """Begin another order."""
        self.armed = self.armed_from = self.first_byte = self.waited = 0.0

    def attach(self) -> None:
        """Listen at the armer and at both clients' wires."""
        armer = self._desk.desk._runner._executor._armer
        submit = armer._submitting

        async def submitting(*args: Any) -> Any:
            armed = await submit(*args)
            # What is left of the arm is its commit, which is one half of the floor.
            self.armed_from = time.perf_counter()
            return armed

        arm = armer.arm

        async def whole(*args: Any) -> Any:
            armed = await arm(*args)
            self.armed = time.perf_counter()
            return armed

        self._put(armer, "_submitting", submitting)
        self._put(armer, "arm", whole)
        wire = self._desk.adapter.wire
        exchange = wire.reads.send

        async def send(request: httpx.Request, **values: Any) -> httpx.Response:
            began = time.perf_counter()
            try:
                return await exchange(request, **values)
            finally:
                self.waited += time.perf_counter() - began

        self._put(wire.reads, "send", send)
        wire.orders.event_hooks = {"request": [self._trace]}

    def _put(self, owner: Any, name: str, instead: Any) -> None:
        self._kept.append((owner, name, instead))
        setattr(owner, name, instead)

    async def _trace(self, request: httpx.Request) -> None:
        async def told(event: str, _info: object) -> None:
            if event == "http11.send_request_headers.complete":
                self.first_byte = time.perf_counter()

        request.extensions["trace"] = told

    def detach(self) -> None:
        """Take the instance's own attributes away again."""
        for owner, name, _ in self._kept:
            delattr(owner, name)
        self._desk.adapter.wire.orders.event_hooks = {}


class Floor:
    """One durable commit and one bare POST over a fresh connection, to its first byte."""

    def __init__(self, folder: Path, url: str) -> None:
        self._connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("CREATE TABLE row (number INTEGER, text TEXT)")
        account = account_at(url)
        self._client = order_client(account.allowed, httpx.create_ssl_context())
        self._url = url + "/uapi/domestic-stock/v1/trading/order-cash"

    async def once(self, number: int) -> float:
        """Return the seconds of one."""
        sent = 0.0

        async def told(event: str, _info: object) -> None:
            nonlocal sent
            if event == "http11.send_request_headers.complete":
                sent = time.perf_counter()

        began = time.perf_counter()
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT INTO row VALUES (?, ?)", (number, "x" * 500))
        self._connection.execute("COMMIT")
        request = self._client.build_request("POST", self._url, content=b"{}")
        request.extensions["trace"] = told
        await self._client.send(request)
        return sent - began

    async def close(self) -> None:
        """Close both."""
        self._connection.close()
        await self._client.aclose()
