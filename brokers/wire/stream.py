"""What keeps a broker's stream up, whichever broker it is: a socket, pauses, patience, turns.

A connection is served in turns: within one the loop only receives, between two it looks around and
asks for what is missing. The clock paces reconnects; silence and time-outs on the socket are host
seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, NamedTuple, NoReturn, Protocol, TypeVar

import structlog

from core.domain.ticks import FeedTrouble
from core.errors import BrokerError, BrokerRefused
from core.ports.clock import Clock, Identifiers
from core.ports.feed import FeedSink

_LOG = structlog.get_logger(__name__)
_Granted = TypeVar("_Granted")

# Business seconds.
PAUSES_SECONDS: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
# Whoever holds the app key keeps it for a while, and connect storms are blocked.
IN_USE_PAUSE_SECONDS: Final = 60.0
REFUSED_PAUSE_SECONDS: Final = 300.0
_SLASHES_OF_A_HOST = 2
# The first faults of a connection are logged, and then one in so many.
_FAULTS_PER_LINE = 1000


class Socket(Protocol):
    """What a stream needs of a WebSocket connection (`websockets` has it)."""

    async def recv(self) -> str | bytes:
        """Return the next message."""

    async def send(self, message: str) -> None:
        """Send one text message."""


Connect = Callable[[str], AbstractAsyncContextManager[Socket]]
Control = Callable[[str | bytes], Awaitable[FeedTrouble | None]]


class Registrations(Protocol):
    """What one connection has registered and asks for next: one request is out at a time."""

    @property
    def is_waiting(self) -> bool:
        """Whether a request is out and not answered."""

    def request(self) -> str | None:
        """Return the next message to send. None: nothing."""

    def give_up_waiting(self) -> FeedTrouble | None:
        """Treat the request that is out as lost; return why the connection ends over it, if so."""

    def forgive(self) -> None:
        """Ask again, from now on, for what was refused."""


class Receiving(Protocol):
    """Takes in what arrives on one connection."""

    @property
    def heard(self) -> int:
        """How many messages have arrived."""

    def keep(self, message: str | bytes) -> bool:
        """Take a message of data; return False for one that asks for an answer or is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPatience:
    """Host seconds of a turn; the rest is counted in turns.

    How long nothing at all may arrive, how long a request may go without an answer, and how long
    one that was refused is left alone.
    """

    turn_seconds: float = 1.0
    silence_turns: int = 60
    answer_turns: int = 10
    forgive_turns: int = 300


class Ended(NamedTuple):
    """Why a connection ended, and whether it had ever worked."""

    trouble: FeedTrouble
    was_up: bool


class CountsFaults:
    """Counts what could not be read."""

    faults: int = 0

    def count_fault(self, what: str) -> None:
        """Count one, and say so now and then."""
        self.faults += 1
        if self.faults % _FAULTS_PER_LINE == 1:
            _LOG.warning("stream message not read", why=what, faults=self.faults)


async def keep_up(
    connection: Callable[[], Awaitable[Ended]],
    sink: FeedSink,
    clock: Clock,
    identifiers: Identifiers,
) -> NoReturn:
    """Connect until cancelled, and again when a connection ends, after a pause that grows."""
    failures = 0
    while True:
        trouble, was_up = await connection()
        failures = 0 if was_up else failures + 1
        sink.down(trouble)
        pause = _pause_seconds(trouble, failures) * (1 + identifiers.jitter() / 4)
        _LOG.warning("stream is down", trouble=trouble.value, next_try_seconds=round(pause))
        await clock.sleep(pause)


def _pause_seconds(trouble: FeedTrouble, failures: int) -> float:
    pause = PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS) - 1)]
    if trouble is FeedTrouble.KEY_IN_USE:
        return max(pause, IN_USE_PAUSE_SECONDS)
    if trouble is FeedTrouble.REFUSED:
        return max(pause, REFUSED_PAUSE_SECONDS)
    return pause


async def granted(
    ask: Callable[[], Awaitable[_Granted]], what: str
) -> tuple[_Granted | None, FeedTrouble]:
    """Ask for what opens the stream; return it, or None and why there is none."""
    try:
        return await ask(), FeedTrouble.NONE
    except BrokerRefused as error:
        _LOG.warning("nothing to open the stream with", wanted=what, error=str(error))
        return None, FeedTrouble.REFUSED
    except BrokerError as error:
        _LOG.warning("nothing to open the stream with", wanted=what, error=str(error))
        return None, FeedTrouble.DISCONNECTED


async def connected(
    connect: Connect, url: str, serving: Callable[[Socket], Awaitable[FeedTrouble]]
) -> FeedTrouble | None:
    """Open a socket and serve it; return why that ended, None when the connection broke."""
    from websockets.exceptions import WebSocketException

    try:
        async with connect(url) as socket:
            return await serving(socket)
    except (OSError, WebSocketException) as error:  # TimeoutError is an OSError
        _LOG.warning("stream broke", error=type(error).__name__)
        return None


async def serve(
    socket: Socket,
    registrations: Registrations,
    receiving: Receiving,
    control: Control,
    patience: StreamPatience,
) -> FeedTrouble:
    """Stay on one connection turn by turn; return why it ends.

    `control` takes what `receiving` does not keep, and says when the connection is over.
    """
    quiet = unanswered = turns = 0
    while True:
        turns += 1
        if turns % patience.forgive_turns == 0:
            registrations.forgive()
        await ask(socket, registrations)
        heard = receiving.heard
        trouble = await _turn(socket, receiving, control, patience.turn_seconds)
        unanswered = unanswered + 1 if registrations.is_waiting else 0
        if trouble is None and unanswered >= patience.answer_turns:
            trouble = registrations.give_up_waiting()
        if trouble is not None:
            return trouble
        quiet = quiet + 1 if receiving.heard == heard else 0
        if quiet >= patience.silence_turns:
            return FeedTrouble.SILENT


async def ask(socket: Socket, registrations: Registrations) -> None:
    """Send the next request, if one may leave."""
    request = registrations.request()
    if request is not None:
        await socket.send(request)


async def _turn(
    socket: Socket, receiving: Receiving, control: Control, seconds: float
) -> FeedTrouble | None:
    """Receive for one turn; return why the connection ends, or None."""
    receive, keep = socket.recv, receiving.keep
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if keep(message):
                    continue
                trouble = await control(message)
                if trouble is not None:
                    return trouble
    except TimeoutError:
        return None


def with_path(url: str, path: str) -> str:
    """Return the address of a stream; one that names a host only gets `path`."""
    bare = url.rstrip("/")
    return url if bare.count("/") > _SLASHES_OF_A_HOST else bare + path


def open_socket(url: str) -> AbstractAsyncContextManager[Socket]:
    """Return a connection of `websockets`: no proxy, no pings of its own, messages up to 1 MiB."""
    from websockets.asyncio.client import connect

    return connect(
        url,
        open_timeout=10,
        close_timeout=2,
        ping_interval=None,  # the server's own pings do that
        compression=None,
        proxy=None,
    )
