"""What happened: for the gateway (wire events) and for whoever watches the desk (DiscordEvent)."""

from __future__ import annotations

import asyncio
import copy
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Literal, TypeVar

from sandbox.discord.state import DiscordState
from sandbox.discord.wire import Json, Moment, Request

EventKind = Literal[
    "message_posted",
    "message_edited",
    "message_deleted",
    "thread_created",
    "thread_updated",
    "interaction",
    "interaction_reply",
    "connected",
    "disconnected",
]

EVENTS_KEPT = 10_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordEvent:
    """One thing a watcher sees. `number` rises by one; `at` is business time.

    `actor` is a user name, `channel` a channel or thread name, `message` a snapshot (a copy),
    `thread` the thread of a thread event. `detail` names the command, button or modal of an
    interaction. An answer to an interaction is an `interaction_reply`, never also a
    `message_posted`; `private` says that only `to` can see it.
    """

    number: int
    at: datetime
    kind: EventKind
    actor: str
    channel: str = ""
    channel_id: str = ""
    message: Json | None = None
    thread: Json | None = None
    detail: str = ""
    to: str = ""
    private: bool = False

    def as_json(self) -> Json:
        """Return a JSON-ready copy."""
        return {**asdict(self), "at": self.at.isoformat()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One change: `event`/`payload` for the gateway, `kind` and the rest for the desk.

    Without `event` no gateway session hears of it (ephemeral messages); without `kind` no watcher.
    """

    event: str | None = None
    payload: Json = field(default_factory=dict)
    kind: EventKind | None = None
    actor_id: str = ""
    channel_id: str = ""
    message: Json | None = None
    thread: Json | None = None
    detail: str = ""
    to: str = ""
    private: bool = False


@dataclass(slots=True)
class Turn:
    """One call being handled: the state it changes and what it makes known."""

    state: DiscordState
    request: Request
    moment: Moment
    params: dict[str, str] = field(default_factory=dict)
    happenings: list[Happening] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """The business instant."""
        return self.moment.business

    @property
    def body(self) -> Json:
        """The JSON object of the request, empty when there is none."""
        return self.request.body if isinstance(self.request.body, dict) else {}

    def tell(self, happening: Happening) -> None:
        """Make a change known once the call has been handled."""
        self.happenings.append(happening)


class Hub:
    """Numbers events, keeps the last ones, calls subscribers and wakes waiters."""

    def __init__(self, state: DiscordState) -> None:
        self._state = state
        self._count = 0
        self._subscribers: list[Callable[[DiscordEvent], None]] = []
        self._waiters: set[asyncio.Future[None]] = set()
        self.kept: deque[DiscordEvent] = deque(maxlen=EVENTS_KEPT)

    def subscribe(self, callback: Callable[[DiscordEvent], None]) -> Callable[[], None]:
        """Call `callback` on every event from now on; returns a function that ends it."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def publish(self, happenings: Iterable[Happening], moment: Moment) -> None:
        """Tell watchers and wake everybody who waits for a change."""
        for happening in happenings:
            if happening.kind is not None:
                event = self._event(happening, happening.kind, moment)
                self.kept.append(event)
                for callback in tuple(self._subscribers):
                    callback(event)
        self.wake()

    def wake(self) -> None:
        """Let every waiter look again."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    async def wait_for(self, look: Callable[[], T | None], timeout: float) -> T:  # noqa: ASYNC109
        """Return the first truthy value of `look`, asked now and after every change.

        Raises TimeoutError after `timeout` host seconds.
        """
        async with asyncio.timeout(timeout):
            while not (value := look()):
                waiter = asyncio.get_running_loop().create_future()
                self._waiters.add(waiter)
                try:
                    await waiter
                finally:
                    self._waiters.discard(waiter)
            return value

    def _event(self, happening: Happening, kind: EventKind, moment: Moment) -> DiscordEvent:
        self._count += 1
        user = self._state.users.get(happening.actor_id)
        channel = self._state.channels.get(happening.channel_id, {})
        return DiscordEvent(
            number=self._count,
            at=moment.business,
            kind=kind,
            actor=user.name if user else "",
            channel=channel.get("name") or "",
            channel_id=happening.channel_id,
            message=copy.deepcopy(happening.message),
            thread=copy.deepcopy(happening.thread),
            detail=happening.detail,
            to=happening.to,
            private=happening.private,
        )
