"""The stream's server: who is connected and logged in, what each is registered for, what is due.

Pure but for its own state: no socket, no clock. `Connection.said` answers one frame, `pump` returns
what is due at an instant.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.market import opening
from sandbox.stream_faults import StreamFaults
from sandbox.streams import DONE, GOING_AWAY, Act, HangUp, Newcomers, Pings, Send, WayOut
from sandbox.streams import Connection as AnyConnection

from . import stream_market as market
from . import stream_notices as notices
from . import stream_texts as texts
from .state import KiwoomState
from .stream_asking import Asking, Topic, judged, read_asking, symbol_of
from .stream_fields import Row

PONG_WITHIN_HOST_SECONDS = 30.0
_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """One frame that asked for something as the server saw it, for tests and the narrator."""

    at: datetime
    trnm: str
    types: tuple[str, ...]
    items: tuple[str, ...]
    return_code: int


@dataclass(slots=True)
class StreamHub:
    """What all connections share: one broker, one app key, whose session one of them has.

    A login sooner than `rest_host_seconds` after the last one is hung up on without an answer, as
    the real server was seen to do.
    """

    kiwoom: KiwoomState
    pong_within_host_seconds: float = PONG_WITHIN_HOST_SECONDS
    rest_host_seconds: float = 0.0
    faults: StreamFaults = field(default_factory=StreamFaults)
    connections: int = 0
    holder: Connection | None = None
    last_login: float | None = None
    seen: deque[SeenFrame] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def connect(self, now: datetime, host: float) -> Connection:
        """Return a new connection; its login takes the session over."""
        self.connections += 1
        return Connection(self, now, host)

    def take_over(self, connection: Connection) -> None:
        """Give the session of the app key to `connection`; who had it is told and ended."""
        if self.holder is not None:
            self.holder.kick()
        self.holder = connection

    def gone(self, connection: AnyConnection, _host: float) -> None:
        """Note that a connection ended."""
        if self.holder is connection:
            self.holder = None


class Connection:
    """One client's connection as the server sees it."""

    def __init__(self, hub: StreamHub, now: datetime, host: float) -> None:
        """Made by `StreamHub.connect`."""
        self._hub = hub
        self._registered: dict[Topic, object] = {}
        self._is_logged_in = False
        self._is_kicked = False
        self._pings = Pings(now, host)
        self._newcomers = Newcomers(now)
        self._way_out = WayOut(hub.faults)

    @property
    def registered(self) -> frozenset[tuple[str, str]]:
        """What this connection is registered for: (type, item)."""
        return frozenset((topic.kind, topic.item) for topic in self._registered)

    def kick(self) -> None:
        """End this session: another one took the key."""
        self._is_kicked = True

    def said(self, message: str, now: datetime, host: float) -> list[Act]:
        """Answer one text message."""
        if message == texts.PING:
            self._pings.answered(message)
            return []
        document = _object(message)
        trnm = document.get("trnm")
        if not isinstance(trnm, str) or not trnm:
            return [Send(texts.answer("", texts.MISSING))]
        if trnm == "LOGIN":
            return self._login(document, now, host)
        return self._asked(trnm, document, now)

    def ponged(self, payload: str) -> None:
        """Pass over a PONG control frame: only the same text answers a PING here."""

    def pump(self, now: datetime, host: float) -> list[Act]:
        """Return what is due: data, a PING, or the end."""
        if self._is_kicked:
            return [Send(texts.kicked()), HangUp(GOING_AWAY)]
        if not self._is_logged_in:
            return []
        if self._pings.is_overdue(host, self._hub.pong_within_host_seconds):
            return [HangUp(DONE)]
        acts: list[Act] = []
        for frame in self._due(now):
            acts += self._way_out.carry(frame, host)
            if acts and isinstance(acts[-1], HangUp):
                return acts
        if self._pings.is_due(now, host):
            acts.append(self._pings.send(texts.PING, now, host))
        return acts

    def _login(self, document: Mapping[str, object], now: datetime, host: float) -> list[Act]:
        hub, asking = self._hub, Asking("LOGIN")
        last, hub.last_login = hub.last_login, host
        if last is not None and host - last < hub.rest_host_seconds:
            return [HangUp(DONE)]
        if self._is_logged_in:
            return self._answered(now, asking, texts.LOGGED_IN_ALREADY)
        given, known = document.get("token"), hub.kiwoom.token
        if not given:
            return [*self._answered(now, asking, texts.NO_TOKEN), HangUp(DONE)]
        if known is None or given != known.value or now >= known.expires_at:
            return [*self._answered(now, asking, texts.DEAD_TOKEN), HangUp(DONE)]
        hub.take_over(self)
        self._is_logged_in = True
        self._pings = Pings(now, host)
        return self._answered(now, asking, texts.OK)

    def _asked(self, trnm: str, document: Mapping[str, object], now: datetime) -> list[Act]:
        if not self._is_logged_in:
            return self._answered(now, Asking(trnm), texts.BEFORE_LOGIN)
        if trnm not in {"REG", "REMOVE"}:
            return self._answered(now, Asking(trnm), texts.UNKNOWN_TRNM)
        asking = read_asking(trnm, document)
        if asking is None:
            return self._answered(now, Asking(trnm), texts.MISSING)
        said = judged(self._hub.kiwoom, asking, self._after(asking), now)
        if said is texts.OK:
            self._take(asking, now)
        return self._answered(now, asking, said)

    def _answered(self, now: datetime, asking: Asking, said: tuple[int, str]) -> list[Act]:
        kinds = tuple(dict.fromkeys(topic.kind for topic in asking.topics))
        items = tuple(dict.fromkeys(topic.item for topic in asking.topics))
        self._hub.seen.append(SeenFrame(now, asking.trnm, kinds, items, said[0]))
        return [Send(texts.answer(asking.trnm, said))]

    def _after(self, asking: Asking) -> int:
        """Return how many registrations the group would have after a REG."""
        kept = () if asking.drops_others else self._registered
        return len({topic for topic in kept if topic.group == asking.group} | set(asking.topics))

    def _take(self, asking: Asking, now: datetime) -> None:
        if asking.trnm == "REMOVE":
            for topic in asking.topics:
                self._registered.pop(topic, None)
            return
        if asking.drops_others:
            for topic in [one for one in self._registered if one.group == asking.group]:
                del self._registered[topic]
        if not self._listens("00", "04"):
            self._newcomers.catch_up(self._hub.kiwoom.exchange, now)
        for topic in asking.topics:
            # A phase is told when it begins, everything else as it stands.
            told = market.phase(self._hub.kiwoom, now) if topic.kind == "0s" else None
            self._registered.setdefault(topic, told)

    def _listens(self, *kinds: str) -> bool:
        return any(topic.kind in kinds for topic in self._registered)

    def _due(self, now: datetime) -> Iterator[str]:
        kiwoom = self._hub.kiwoom
        kiwoom.exchange.advance(now)
        yield from self._notices(now)
        opens = opening(kiwoom.prices, now)
        minute = now.replace(second=0, microsecond=0)
        for topic, told in list(self._registered.items()):
            if topic.kind == "0s":
                phase = market.phase(kiwoom, now)
                if phase != told:
                    self._registered[topic] = phase
                    if phase:
                        yield texts.real("0s", "", [phase])
            elif topic.kind not in texts.WITHOUT_ITEM and opens is not None and minute != told:
                self._registered[topic] = minute
                rows = self._rows(topic, now, opens)
                if rows:
                    yield texts.real(topic.kind, topic.item, rows)

    def _rows(self, topic: Topic, now: datetime, opens: datetime) -> list[Row]:
        kiwoom = self._hub.kiwoom
        if topic.kind == "0J":
            return [market.index(kiwoom, topic.item, now)]
        symbol = symbol_of(topic.item)
        view = kiwoom.exchange.market(now, symbol)
        if view is None:
            return []
        if topic.kind == "0B":
            return market.trades(symbol, view, now, opens)
        if topic.kind == "0D":
            return [market.book(view, now)]
        return [market.nav(kiwoom, symbol, view, now)]

    def _notices(self, now: datetime) -> Iterator[str]:
        kiwoom = self._hub.kiwoom
        if not self._listens("00", "04"):
            return
        orders, fills = self._newcomers.take(kiwoom.exchange, now)
        if self._listens("00"):
            for order in orders:
                for row in notices.order_notices(kiwoom, order, now):
                    yield texts.real("00", order.symbol, [row])
        for order, fill in fills:
            if self._listens("00"):
                row = notices.fill_notice(kiwoom, order, fill, now)
                yield texts.real("00", order.symbol, [row])
            if self._listens("04"):
                row = notices.holding(kiwoom, order.symbol, now)
                yield texts.real("04", order.symbol, [row])


def _object(message: str) -> Mapping[str, object]:
    try:
        document = json.loads(message)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
