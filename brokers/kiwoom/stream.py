"""The Kiwoom stream as a source of ticks: one connection, kept up, with what is wanted registered.

One session per app key: a second one ends the first. Registrations do not survive a connection, so
each begins with LOGIN and registers anew. Notices of our own orders come with the account of the
token and cost no setting, so the stream connects even while nothing is followed. How a connection is
kept up is `brokers.wire.stream`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Final

import structlog

from brokers.kiwoom.fields_stream import (
    BOOKS,
    HOLDINGS,
    INDICES,
    MARKET_HOURS,
    NAVS,
    ORDERS,
    TRADES,
)
from brokers.kiwoom.stream_frames import LOGIN, Answer, Kicked, Ping, System
from brokers.kiwoom.stream_reading import Reading
from brokers.kiwoom.stream_session import StreamSession, Topic
from brokers.wire.stream import (
    Connect,
    Ended,
    Socket,
    StreamPatience,
    ask,
    connected,
    granted,
    keep_up,
    open_socket,
    serve,
    with_path,
)
from core.domain.ticks import Channel, FeedTrouble, Registration
from core.ports.broker import AccessToken, AccessTokens
from core.ports.clock import Clock, Identifiers
from core.ports.feed import FeedSink

_LOG = structlog.get_logger(__name__)

NAME: Final = "Kiwoom WebSocket"
PATH: Final = "/api/dostk/websocket"
# Of one group, as far as anybody knows; nobody knows a total, so we use one group only.
REGISTRATIONS_MAX: Final = 100
# The notices come first. KOSPI and KOSDAQ only tell the log where the market stood, so they go last.
NOTICES: Final = (Topic(ORDERS, ""), Topic(HOLDINGS, ""), Topic(MARKET_HOURS, ""))
INDEX_TOPICS: Final = (Topic(INDICES, "001"), Topic(INDICES, "101"))
KINDS: Final[Mapping[Channel, str]] = MappingProxyType(
    {Channel.TRADE: TRADES, Channel.BOOK: BOOKS, Channel.NAV: NAVS}
)


class KiwoomStream:
    """Implements `core.ports.feed.TickSource` over one WebSocket."""

    def __init__(
        self,
        url: str,
        tokens: AccessTokens,
        clock: Clock,
        identifiers: Identifiers,
        connect: Connect | None = None,
        patience: StreamPatience | None = None,
    ) -> None:
        """`tokens` are those of REST; `connect` opens a socket (default: `websockets`)."""
        self._url = with_path(url, PATH)
        self._tokens = tokens
        self._clock = clock
        self._identifiers = identifiers
        self._connect = connect or open_socket
        self._patience = patience or StreamPatience()
        self._topics: tuple[Topic, ...] = ()
        self._session: StreamSession | None = None
        self._dead_tokens = 0

    @property
    def name(self) -> str:
        """Say what it is."""
        return NAME

    @property
    def channels(self) -> frozenset[Channel]:
        """Say which channels it offers."""
        return frozenset(KINDS)

    @property
    def budget(self) -> int:
        """Say how many registrations it holds beside those it always has."""
        return REGISTRATIONS_MAX - len(NOTICES) - len(INDEX_TOPICS)

    @property
    def refreshes_within(self) -> timedelta | None:
        """Say nothing: the stream tells what happens, and nothing else."""
        return None

    def follow(self, wanted: Sequence[Registration]) -> None:
        """Replace what is followed. Returns at once; the connection catches up within a turn."""
        self._topics = tuple(
            Topic(KINDS[one.channel], str(one.symbol)) for one in wanted[: self.budget]
        )
        if self._session is not None:
            self._session.want(self._all_topics())

    async def run(self, sink: FeedSink) -> None:
        """Bring data until cancelled: connect, and again when the connection breaks."""

        async def once() -> Ended:
            reading = Reading(sink, self._clock)
            return Ended(await self._connection(sink, reading), reading.was_up)

        await keep_up(once, sink, self._clock, self._identifiers)

    def _all_topics(self) -> tuple[Topic, ...]:
        return (*NOTICES, *self._topics, *INDEX_TOPICS)

    async def _connection(self, sink: FeedSink, reading: Reading) -> FeedTrouble:
        """Connect once and stay; return why it ended."""
        token, trouble = await granted(self._tokens.get, "an access token")
        if token is None:
            return trouble
        session = StreamSession(token.value, self._all_topics())
        self._session = session

        async def serving(socket: Socket) -> FeedTrouble:
            control = partial(self._control, socket, sink, session, reading, token)
            return await serve(socket, session, reading, control, self._patience)

        try:
            ended = await connected(self._connect, self._url, serving)
        finally:
            self._session = None
        return ended or FeedTrouble.DISCONNECTED

    async def _control(
        self,
        socket: Socket,
        sink: FeedSink,
        session: StreamSession,
        reading: Reading,
        token: AccessToken,
        message: str | bytes,
    ) -> FeedTrouble | None:
        """Answer or learn from what is no data; return why the connection ends, or None."""
        frame = reading.read(message)
        if isinstance(frame, Ping):
            await socket.send(frame.text)
        elif isinstance(frame, Kicked):
            _LOG.warning("another session took the key", said=frame.text)
            return FeedTrouble.KEY_IN_USE
        elif isinstance(frame, System):
            _LOG.warning("stream says", code=frame.code, said=frame.text)
        elif isinstance(frame, Answer):
            return await self._answered(socket, sink, session, reading, token, frame)
        return None

    async def _answered(
        self,
        socket: Socket,
        sink: FeedSink,
        session: StreamSession,
        reading: Reading,
        token: AccessToken,
        answer: Answer,
    ) -> FeedTrouble | None:
        if answer.kind == LOGIN and not answer.succeeded:
            return self._shut_out(answer, token)
        if not answer.succeeded:
            _LOG.warning(
                "registration refused", kind=answer.kind, code=answer.code, said=answer.text
            )
        session.take(answer)
        if session.is_logged_in:
            self._dead_tokens = 0
        if session.held and not reading.was_up:
            reading.was_up = True
            sink.up()
        await ask(socket, session)
        return None

    def _shut_out(self, answer: Answer, token: AccessToken) -> FeedTrouble:
        """Drop a dead token once; a second one in a row is no matter of tokens."""
        _LOG.warning("login refused", code=answer.code, said=answer.text)
        if not answer.is_dead_token or self._dead_tokens:
            return FeedTrouble.REFUSED
        self._dead_tokens += 1
        self._tokens.invalidate(token)
        return FeedTrouble.DISCONNECTED
