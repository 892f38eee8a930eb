"""The KIS stream as a source of ticks: one connection, kept up, with what is wanted registered.

The receive loop keeps the newest message per symbol and reads it once everything that had arrived
is through: a burst costs one reading per symbol, and nobody looks at the trades in between.
Messages of several records are read whole. What cannot be read is counted and logged; the next
message goes on. How a connection is kept up is `brokers.wire.stream`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from brokers.kis.stream_frames import Data, Ping, read_message
from brokers.kis.stream_notices import NOTICE_IDS, NOTICES_REAL, NOTICES_VTS
from brokers.kis.stream_reading import Reading
from brokers.kis.stream_records import CHANNEL_IDS
from brokers.kis.stream_session import REGISTRATIONS_MAX, StreamSession, Topic, Verdict
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
from core.errors import BrokerError
from core.ports.clock import Clock, Identifiers
from core.ports.feed import FeedSink

_LOG = structlog.get_logger(__name__)

NAME: Final = "KIS WebSocket"
KEY_LASTS: Final = timedelta(hours=23)
# A wrong HTS id has no answer: the server drops the connection.
DROPS_MAX: Final = 2
PATH: Final = "/tryitout"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTerms:
    """Where to connect and for whom. `hts_id` "" follows no order notices."""

    url: str
    is_vts: bool
    account: str = field(repr=False)
    hts_id: str = field(default="", repr=False)
    custtype: str = "P"
    patience: StreamPatience = field(default_factory=StreamPatience)

    @property
    def notices(self) -> Topic | None:
        """The registration for notices of our own orders, if they are wanted."""
        if not self.hts_id:
            return None
        return Topic(NOTICES_VTS if self.is_vts else NOTICES_REAL, self.hts_id)


class KisStream:
    """Implements `core.ports.feed.TickSource` over one WebSocket."""

    def __init__(
        self,
        terms: StreamTerms,
        approval: Callable[[], Awaitable[str]],
        clock: Clock,
        identifiers: Identifiers,
        connect: Connect | None = None,
    ) -> None:
        """`approval` asks for an approval key; `connect` opens a socket (default: `websockets`)."""
        self._terms = terms
        self._approval = approval
        self._clock = clock
        self._identifiers = identifiers
        self._connect = connect or open_socket
        self._topics: tuple[Topic, ...] = ()
        self._wanted = asyncio.Event()
        self._key: str | None = None
        self._key_until = clock.now()
        self._drops = 0
        self._session: StreamSession | None = None

    @property
    def name(self) -> str:
        """Say what it is."""
        return NAME

    @property
    def channels(self) -> frozenset[Channel]:
        """Say which channels it offers; 모의투자 has trades and books only."""
        if self._terms.is_vts:
            return frozenset({Channel.TRADE, Channel.BOOK})
        return frozenset(CHANNEL_IDS)

    @property
    def budget(self) -> int:
        """Say how many registrations it holds beside that of the notices."""
        return REGISTRATIONS_MAX - (self._terms.notices is not None)

    @property
    def refreshes_within(self) -> timedelta | None:
        """Say nothing: KIS tells what happens, and nothing else."""
        return None

    def follow(self, wanted: Sequence[Registration]) -> None:
        """Replace what is followed. Returns at once; the connection catches up within a turn."""
        self._topics = tuple(
            Topic(CHANNEL_IDS[one.channel], str(one.symbol)) for one in wanted[: self.budget]
        )
        if self._session is not None:
            self._session.want(self._all_topics())
        if self._all_topics():
            self._wanted.set()

    async def run(self, sink: FeedSink) -> None:
        """Bring data until cancelled: connect while anything is wanted, and again when it breaks."""
        if self._terms.notices is not None:
            self._wanted.set()

        async def once() -> Ended:
            await self._wanted.wait()
            reading = Reading(sink, self._clock, self._terms.account)
            return Ended(await self._connection(sink, reading), reading.was_up)

        await keep_up(once, sink, self._clock, self._identifiers)

    def _all_topics(self) -> tuple[Topic, ...]:
        notices = self._terms.notices
        if notices is None or self._drops >= DROPS_MAX:
            return self._topics
        return (notices, *self._topics)

    async def _approval_key(self) -> str:
        if self._key is None or self._clock.now() >= self._key_until:
            self._key = await self._approval()
            self._key_until = self._clock.now() + KEY_LASTS
        return self._key

    async def _connection(self, sink: FeedSink, reading: Reading) -> FeedTrouble:
        """Connect once and stay; return why it ended."""
        key, trouble = await granted(self._approval_key, "an approval key")
        if key is None:
            return trouble
        session = StreamSession(key, self._terms.custtype, self._all_topics())
        self._session = session

        async def serving(socket: Socket) -> FeedTrouble:
            control = partial(self._control, socket, sink, session, reading)
            return await serve(socket, session, reading, control, self._terms.patience)

        url = with_path(self._terms.url, PATH)
        try:
            ended = await connected(self._connect, url, serving)
        finally:
            self._session = None
        if ended is None:
            self._suspect_notices(session)
            return FeedTrouble.DISCONNECTED
        return ended

    def _suspect_notices(self, session: StreamSession) -> None:
        """Leave the notices out when the connection breaks again and again as they are asked for."""
        asked = session.outstanding
        if asked is None or asked.tr_id not in NOTICE_IDS:
            return
        self._drops += 1
        if self._drops == DROPS_MAX:
            _LOG.error("KIS_HTS_ID seems wrong: no order notices until the next start")

    async def _control(
        self,
        socket: Socket,
        sink: FeedSink,
        session: StreamSession,
        reading: Reading,
        message: str | bytes,
    ) -> FeedTrouble | None:
        """Answer or learn from what is no plain data; return why the connection ends, or None."""
        if not isinstance(message, str):
            reading.count_fault("a binary message")
            return None
        try:
            read = read_message(message)
        except BrokerError as error:
            reading.count_fault(str(error))
            return None
        if isinstance(read, Ping):
            await socket.send(read.text)
            return None
        if isinstance(read, Data):
            reading.notice(read, session.cipher(read.tr_id))
            return None
        verdict = session.take(read)
        if verdict is not Verdict.GO_ON:
            _LOG.warning("stream refused", code=read.code, said=read.text, means=verdict.value)
            return self._trouble_of(verdict)
        if not read.succeeded:
            _LOG.warning("registration refused", tr_id=read.tr_id, code=read.code, said=read.text)
        if session.held and not reading.was_up:
            reading.was_up = True
            sink.up()
        await ask(socket, session)
        return None

    def _trouble_of(self, verdict: Verdict) -> FeedTrouble:
        if verdict is Verdict.IN_USE:
            return FeedTrouble.KEY_IN_USE
        self._key = None
        return FeedTrouble.DISCONNECTED if verdict is Verdict.NEW_KEY else FeedTrouble.REFUSED
