"""The Kiwoom stream as a source of ticks: one connection, kept up, with what is wanted registered.

One session per app key: a second one ends the first. An answer names no registration, so one
request is under way at a time. Registrations do not survive a connection. The clock paces
reconnects; silence and time-outs on the socket are host seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

import structlog

from brokers.kiwoom import stream_records as records
from brokers.kiwoom.stream_frames import (
    Answer,
    Kicked,
    Ping,
    Real,
    login,
    read_frame,
)
from brokers.kiwoom.stream_session import StreamSession
from core.domain.ticks import Channel, FeedTrouble, Registration
from core.errors import BrokerError, BrokerRefused
from core.ports.broker import AccessToken
from core.ports.clock import Clock, Identifiers
from core.ports.feed import FeedSink

_LOG = structlog.get_logger(__name__)

NAME: Final = "Kiwoom WebSocket"
REGISTRATIONS_MAX: Final = 100
# Business seconds.
PAUSES_SECONDS: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
# Another session took the key, or the server has had enough of us.
IN_USE_PAUSE_SECONDS: Final = 60.0
REFUSED_PAUSE_SECONDS: Final = 300.0
_KINDS: Final[Mapping[Channel, str]] = {
    Channel.TRADE: records.TRADES,
    Channel.BOOK: records.BOOKS,
    Channel.NAV: records.NAVS,
}
_FAULTS_PER_LINE = 1000


class Socket(Protocol):
    """What the stream needs of a WebSocket connection (`websockets` has it)."""

    async def recv(self) -> str | bytes:
        """Return the next message."""

    async def send(self, message: str) -> None:
        """Send one text message."""


Connect = Callable[[str], AbstractAsyncContextManager[Socket]]


class Tokens(Protocol):
    """The access tokens that REST uses, which LOGIN needs as well."""

    async def get(self) -> AccessToken:
        """Return a valid token. Raises BrokerError."""

    def invalidate(self, token: AccessToken) -> None:
        """Forget a token that the broker rejected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPatience:
    """Host seconds of a turn; in turns: how long nothing may arrive, and an answer may be away."""

    turn_seconds: float = 1.0
    silence_turns: int = 60
    answer_turns: int = 10


class KiwoomStream:
    """Implements `core.ports.feed.TickSource` over one WebSocket."""

    def __init__(
        self,
        url: str,
        tokens: Tokens,
        clock: Clock,
        identifiers: Identifiers,
        connect: Connect | None = None,
        patience: StreamPatience | None = None,
    ) -> None:
        """`connect` opens a socket (default: `websockets`)."""
        self._url = url
        self._tokens = tokens
        self._clock = clock
        self._identifiers = identifiers
        self._connect = connect or open_socket
        self._patience = patience or StreamPatience()
        self._topics: tuple[tuple[str, str], ...] = ()
        self._wanted = asyncio.Event()
        self._was_up = False
        self._heard = 0
        self.faults = 0

    @property
    def name(self) -> str:
        """Say what it is."""
        return NAME

    @property
    def channels(self) -> frozenset[Channel]:
        """Say which channels it offers."""
        return frozenset(_KINDS)

    @property
    def budget(self) -> int:
        """Say how many registrations it holds beside the notices of our own orders."""
        return REGISTRATIONS_MAX

    @property
    def refreshes_within(self) -> timedelta | None:
        """Say nothing: the stream tells what happens, and nothing else."""
        return None

    def follow(self, wanted: Sequence[Registration]) -> None:
        """Replace what is followed. Returns at once; the connection catches up within a turn."""
        self._topics = tuple(
            (_KINDS[one.channel], str(one.symbol)) for one in wanted[: self.budget]
        )
        if self._topics:
            self._wanted.set()

    async def run(self, sink: FeedSink) -> None:
        """Bring data until cancelled: connect once anything is wanted, and again when it breaks."""
        failures = 0
        while True:
            await self._wanted.wait()
            self._was_up = False
            trouble = await self._connection(sink)
            failures = 0 if self._was_up else failures + 1
            sink.down(trouble)
            pause = self._pause(trouble, failures)
            _LOG.warning("stream is down", trouble=trouble.value, next_try_seconds=round(pause))
            await self._clock.sleep(pause)

    def _pause(self, trouble: FeedTrouble, failures: int) -> float:
        pause = PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS) - 1)]
        if trouble is FeedTrouble.KEY_IN_USE:
            pause = max(pause, IN_USE_PAUSE_SECONDS)
        if trouble is FeedTrouble.REFUSED:
            pause = max(pause, REFUSED_PAUSE_SECONDS)
        return pause * (1 + self._identifiers.jitter() / 4)

    def _all_topics(self) -> tuple[tuple[str, str], ...]:
        return ((records.ORDERS, ""), (records.HOLDINGS, ""), *self._topics)

    async def _connection(self, sink: FeedSink) -> FeedTrouble:
        """Connect once and stay; return why it ended."""
        from websockets.exceptions import WebSocketException

        try:
            token = await self._tokens.get()
        except BrokerRefused as error:
            _LOG.warning("no token for the stream", error=str(error))
            return FeedTrouble.REFUSED
        except BrokerError as error:
            _LOG.warning("no token for the stream", error=str(error))
            return FeedTrouble.DISCONNECTED
        try:
            async with self._connect(self._url) as socket:
                return await self._served(socket, sink, token)
        except (OSError, WebSocketException) as error:  # TimeoutError is an OSError
            _LOG.warning("stream broke", error=type(error).__name__)
            return FeedTrouble.DISCONNECTED

    async def _served(self, socket: Socket, sink: FeedSink, token: AccessToken) -> FeedTrouble:
        session, patience = StreamSession(), self._patience
        quiet = unanswered = 0
        await socket.send(login(token.value))
        while True:
            request = session.next_request(self._all_topics())
            if request is not None:
                await socket.send(request)
            heard = self._heard
            trouble = await self._turn(socket, sink, session, token)
            if trouble is not None:
                return trouble
            quiet = quiet + 1 if self._heard == heard else 0
            waits = session.asked is not None or not session.is_logged_in
            unanswered = unanswered + 1 if waits else 0
            if unanswered >= patience.answer_turns:
                if not session.is_logged_in:
                    return FeedTrouble.SILENT
                session.give_up_waiting()
            if quiet >= patience.silence_turns:
                return FeedTrouble.SILENT

    async def _turn(
        self, socket: Socket, sink: FeedSink, session: StreamSession, token: AccessToken
    ) -> FeedTrouble | None:
        """Receive for one turn; return why the connection ends, or None."""
        try:
            async with asyncio.timeout(self._patience.turn_seconds):
                while True:
                    message = await socket.recv()
                    trouble = await self._take(socket, sink, session, token, message)
                    if trouble is not None:
                        return trouble
        except TimeoutError:
            return None

    async def _take(
        self,
        socket: Socket,
        sink: FeedSink,
        session: StreamSession,
        token: AccessToken,
        message: str | bytes,
    ) -> FeedTrouble | None:
        self._heard += 1
        sink.alive()
        if not isinstance(message, str):
            self._count_fault("a binary message")
            return None
        try:
            frame = read_frame(message)
        except BrokerError as error:
            self._count_fault(str(error))
            return None
        if isinstance(frame, Ping):
            await socket.send(frame.text)
            return None
        if isinstance(frame, Real):
            self._tell(frame, sink)
            return None
        if isinstance(frame, Kicked):
            _LOG.warning("another session took the key", code=frame.code, said=frame.text)
            return FeedTrouble.KEY_IN_USE
        return await self._answered(socket, sink, session, token, frame)

    async def _answered(
        self,
        socket: Socket,
        sink: FeedSink,
        session: StreamSession,
        token: AccessToken,
        answer: Answer,
    ) -> FeedTrouble | None:
        if answer.kind == "LOGIN":
            if not answer.succeeded:
                return self._refused(answer, token)
            session.is_logged_in = True
        else:
            if not answer.succeeded:
                _LOG.warning("registration refused", kind=answer.kind, said=answer.text)
            session.answered(answer)
        if session.held and not self._was_up:
            self._was_up = True
            sink.up()
        request = session.next_request(self._all_topics())
        if request is not None:
            await socket.send(request)
        return None

    def _refused(self, answer: Answer, token: AccessToken) -> FeedTrouble:
        _LOG.warning("login refused", said=answer.text)
        if answer.is_dead_token:
            self._tokens.invalidate(token)
            return FeedTrouble.DISCONNECTED
        return FeedTrouble.REFUSED

    def _tell(self, frame: Real, sink: FeedSink) -> None:
        """Hand on what a frame says; of each symbol and kind only the newest entry."""
        for _ in range(frame.unread):
            self._count_fault("an entry of a REAL frame")
        now = self._clock.now()
        newest: dict[tuple[str, str], int] = {
            (entry.kind, entry.item): place for place, entry in enumerate(frame.entries)
        }
        for entry in frame.entries:
            if entry.kind in {records.ORDERS, records.HOLDINGS}:
                sink.hint(records.hint(entry, now))
        for place in sorted(newest.values()):
            entry = frame.entries[place]
            try:
                if entry.kind == records.TRADES:
                    sink.trade(records.trade(entry, now))
                elif entry.kind == records.BOOKS:
                    sink.book(records.book(entry, now))
                elif entry.kind == records.NAVS:
                    sink.nav(records.nav(entry, now))
            except BrokerError as error:
                self._count_fault(str(error))

    def _count_fault(self, what: str) -> None:
        """Count what could not be read, and say so now and then."""
        self.faults += 1
        if self.faults % _FAULTS_PER_LINE == 1:
            _LOG.warning("stream message not read", why=what, faults=self.faults)


def open_socket(url: str) -> AbstractAsyncContextManager[Socket]:
    """Return a connection of `websockets`: no proxy, no pings of its own, messages up to 1 MiB."""
    from websockets.asyncio.client import connect

    return connect(
        url,
        open_timeout=10,
        close_timeout=2,
        ping_interval=None,  # the server's PING does that
        compression=None,
        proxy=None,
    )
