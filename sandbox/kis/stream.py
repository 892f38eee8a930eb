"""The stream's server: who is connected, what each is registered for, and what is due to each.

Pure but for its own state: no socket, no clock. `Connection.said` answers one message, `pump`
returns what is due at an instant. Market data follow business time; PINGPONG, the limit for its
answer and the slot that stays held after a disconnect follow host seconds, because they are about
the wire.
"""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, cycle, islice

from sandbox.market import opening
from sandbox.stream_faults import StreamFaults
from sandbox.streams import Act, Busy, HangUp, Newcomers, Pings, Send, WayOut
from sandbox.streams import Connection as AnyConnection

from . import stream_texts as texts
from . import stream_values as values
from .auth import approval_key
from .state import KisState

PONG_WITHIN_HOST_SECONDS = 100.0
HELD_HOST_SECONDS = 1.0
HTS_ID = "sandbox"
_REMEMBERED = 10_000
_CUSTOMER_TYPES = ("P", "B")
_REGISTER, _UNREGISTER = "1", "2"


@dataclass(frozen=True, slots=True)
class SeenRegistration:
    """One registration as the server saw it, for tests and the demo's narrator."""

    at: datetime
    tr_type: str
    tr_id: str
    tr_key: str
    msg_cd: str


@dataclass(slots=True)
class StreamHub:
    """What all connections share: one broker, one app key, whose slot one of them holds."""

    kis: KisState
    hts_id: str = HTS_ID
    held_host_seconds: float = HELD_HOST_SECONDS
    pong_within_host_seconds: float = PONG_WITHIN_HOST_SECONDS
    faults: StreamFaults = field(default_factory=StreamFaults)
    trades_per_second: int = 0
    """Trades on top of the market's own, per host second: a busy market (0: none)."""
    told: int = 0
    """Messages of data that went out, on every connection."""
    connections: int = 0
    holder: Connection | None = None
    held_until: float = 0.0
    seen: deque[SeenRegistration] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def connect(self, now: datetime, host: float) -> Connection:
        """Return a new connection; it takes the slot with its first registration."""
        self.connections += 1
        return Connection(self, self.connections, now, host)

    def take_slot(self, asking: Connection, host: float) -> bool:
        """Give `asking` the app key's slot unless another one holds it, or held it just now."""
        if self.holder is asking:
            return True
        if self.holder is not None or host < self.held_until:
            return False
        self.holder = asking
        return True

    def gone(self, connection: AnyConnection, host: float) -> None:
        """Note that a connection ended; its slot stays held for a moment."""
        if self.holder is connection:
            self.holder = None
            self.held_until = host + self.held_host_seconds


class Connection:
    """One client's connection as the server sees it."""

    def __init__(self, hub: StreamHub, number: int, now: datetime, host: float) -> None:
        """Made by `StreamHub.connect`."""
        self._hub = hub
        self._number = number
        self._registered: dict[tuple[str, str], object] = {}
        self._keys: dict[str, tuple[str, str]] = {}
        self._asked = 0
        self._pings = Pings(now, host)
        self._newcomers = Newcomers(now)
        self._way_out = WayOut(hub.faults)
        self._busy = Busy(host)

    @property
    def registered(self) -> frozenset[tuple[str, str]]:
        """What this connection is registered for: (tr_id, tr_key)."""
        return frozenset(self._registered)

    def said(self, message: str, now: datetime, host: float) -> list[Act]:
        """Answer one text message."""
        document = _object(message)
        header = document.get("header") if document is not None else None
        if isinstance(header, Mapping) and header.get("tr_id") == texts.PINGPONG:
            self._pings.answered()
            return []
        if document is None:
            return [Send(texts.unread("OPSP9999"))]
        if not isinstance(header, Mapping):
            return [Send(texts.unread("OPSP9998"))]
        return self._request(header, document.get("body"), now, host)

    def ponged(self, payload: str) -> None:
        """Take a PONG control frame: it answers PINGPONG when it carries its text."""
        self._pings.answered(payload)

    def pump(self, now: datetime, host: float) -> list[Act]:
        """Return what is due: data, a PINGPONG, or the end."""
        if self._pings.is_overdue(host, self._hub.pong_within_host_seconds):
            return [HangUp()]
        acts: list[Act] = []
        for message in chain(self._due(now), self._more(now, host)):
            self._hub.told += 1
            acts += self._way_out.carry(message, host)
            if acts and isinstance(acts[-1], HangUp):
                return acts
        if self._pings.is_due(now, host):
            acts.append(self._pings.send(texts.ping(now), now, host))
        return acts

    def _request(
        self, header: Mapping[str, object], body: object, now: datetime, host: float
    ) -> list[Act]:
        refused = _unreadable(header, body)
        if refused is not None:
            return [Send(texts.unread(refused))]
        if header["approval_key"] != approval_key(self._hub.kis):
            return [Send(texts.unread("OPSP0011"))]
        if not self._hub.take_slot(self, host):
            return [Send(texts.in_use())]
        given = body["input"] if isinstance(body, Mapping) else {}
        tr_id, tr_key = str(given["tr_id"]), str(given["tr_key"])
        if tr_id in texts.NOTICES.values() and tr_key != self._hub.hts_id:
            return [HangUp()]
        tr_type = str(header["tr_type"])
        code = self._registers(tr_type, tr_id, tr_key, now)
        self._hub.seen.append(SeenRegistration(now, tr_type, tr_id, tr_key, code))
        keys = self._keys_for(tr_id, tr_key) if code == "OPSP0000" else None
        return [Send(texts.answer(code, tr_id, tr_key, keys))]

    def _registers(self, tr_type: str, tr_id: str, tr_key: str, now: datetime) -> str:
        """Register or unregister; return the code of the answer."""
        kis, topic = self._hub.kis, (tr_id, tr_key)
        if tr_id not in texts.OFFERED[kis.profile.mode]:
            return "OPSP8991"
        is_notice = tr_id in texts.NOTICES.values()
        if not is_notice and kis.exchange.market(now, tr_key) is None:
            return "OPSP8992"
        if tr_type == _UNREGISTER:
            return "OPSP0003" if self._registered.pop(topic, self) is self else "OPSP0001"
        if topic in self._registered:
            return "OPSP0002"
        if len(self._registered) >= texts.REGISTRATIONS_MAX:
            return "OPSP0008"
        if is_notice:
            self._newcomers.catch_up(kis.exchange, now)
        is_state = texts.SAME.get(tr_id, tr_id) == texts.STATES
        known = values.state_of(kis, tr_key) if is_state else None
        self._registered[topic] = known
        return "OPSP0000"

    def _keys_for(self, tr_id: str, tr_key: str) -> tuple[str, str]:
        self._asked += 1
        self._keys[tr_id] = texts.keys_of(f"{self._number}:{self._asked}:{tr_id}:{tr_key}")
        return self._keys[tr_id]

    def _due(self, now: datetime) -> Iterator[str]:
        kis = self._hub.kis
        kis.exchange.advance(now)
        opens = opening(kis.prices, now)
        for (tr_id, symbol), told in list(self._registered.items()):
            if tr_id in texts.NOTICES.values():
                yield from self._notices(tr_id, now)
            elif texts.SAME.get(tr_id, tr_id) == texts.STATES:
                state = values.state_of(kis, symbol)
                if state != told:
                    self._registered[tr_id, symbol] = state
                    yield _plain(tr_id, [values.state_record(symbol, *state)])
            elif opens is not None and tr_id not in texts.SILENT:
                # A minute is constant: it is told once.
                minute = now.replace(second=0, microsecond=0)
                if minute != told:
                    self._registered[tr_id, symbol] = minute
                    yield from self._prices(tr_id, symbol, now, opens)

    def _more(self, now: datetime, host: float) -> Iterator[str]:
        """Tell the newest trade of each registered symbol again, as often as the hub is busy."""
        kis, wanted = self._hub.kis, self._busy.due(self._hub.trades_per_second, host)
        opens = opening(kis.prices, now)
        if not wanted or opens is None:
            return
        newest = [
            _plain(tr_id, records[-1:])
            for tr_id, symbol in self._registered
            if texts.SAME.get(tr_id, tr_id) == texts.TRADES
            and (view := kis.exchange.market(now, symbol)) is not None
            and (records := values.trade_records(symbol, view, now, opens))
        ]
        yield from islice(cycle(newest), wanted)

    def _prices(self, tr_id: str, symbol: str, now: datetime, opens: datetime) -> Iterator[str]:
        view = self._hub.kis.exchange.market(now, symbol)
        if view is None:
            return
        kind = texts.SAME.get(tr_id, tr_id)
        added = texts.ADDED.get(tr_id, "") if self._hub.kis.adds_fields else ""
        if kind == texts.BOOKS:
            record = values.book_record(symbol, view, now)
            # Of all venues together it has the middle of NXT's prices behind that of KRX.
            end = "^0^0^0" if tr_id == texts.ALL_VENUES_BOOKS else ""
            yield _plain(tr_id, [record + end + added])
        elif kind == texts.NAVS:
            yield _plain(tr_id, [values.nav_record(self._hub.kis, symbol, view, now)])
        elif kind == texts.TRADES:
            records = values.trade_records(symbol, view, now, opens)
            if records:
                yield _plain(tr_id, [record + added for record in records])

    def _notices(self, tr_id: str, now: datetime) -> Iterator[str]:
        kis, hts_id = self._hub.kis, self._hub.hts_id
        orders, fills = self._newcomers.take(kis.exchange, now)
        told = [values.order_notice(kis, hts_id, order) for order in orders]
        told += [values.fill_notice(kis, hts_id, order, fill) for order, fill in fills]
        for notice in told:
            yield f"1|{tr_id}|001|{_sealed(notice, *self._keys[tr_id])}"


def _object(message: str) -> Mapping[str, object] | None:
    try:
        document = json.loads(message)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _unreadable(header: Mapping[str, object], body: object) -> str | None:
    """Return the code of what is missing or malformed in a registration, or None."""
    given = body.get("input") if isinstance(body, Mapping) else None
    asked = given if isinstance(given, Mapping) else {}
    key = asked.get("tr_key")
    checks = (
        (isinstance(header.get("approval_key"), str), "OPSP9996"),
        ("custtype" in header, "OPSP9997"),
        (header.get("custtype") in _CUSTOMER_TYPES, "OPSP8998"),
        (header.get("tr_type") in (_REGISTER, _UNREGISTER), "OPSP8997"),
        (isinstance(body, Mapping), "OPSP9992"),
        (isinstance(given, Mapping), "OPSP9991"),
        ("tr_key" in asked, "OPSP9990"),
        (isinstance(key, str) and bool(key.strip()), "OPSP8993"),
        (isinstance(asked.get("tr_id"), str), "OPSP8991"),
    )
    return next((code for is_right, code in checks if not is_right), None)


def _plain(tr_id: str, records: list[str]) -> str:
    return f"0|{tr_id}|{len(records):03d}|{'^'.join(records)}"


def _sealed(text: str, iv: str, key: str) -> str:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    padder = PKCS7(algorithms.AES.block_size).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    aes = Cipher(algorithms.AES(key.encode()), modes.CBC(iv.encode())).encryptor()
    return base64.b64encode(aes.update(padded) + aes.finalize()).decode()
