"""What one connection of the Kiwoom stream has registered, and what it asks for next.

No socket and no clock. LOGIN goes out first and nothing else before its answer. An answer names no
registration, so one request is under way at a time. Registrations of one type travel together; once
such a frame is refused, its members are asked for one by one, so that one bad code costs no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from brokers.kiwoom.stream_frames import LOGIN, REG, REMOVE, Answer, login, register, remove
from core.domain.ticks import FeedTrouble


class Topic(NamedTuple):
    """What one registration is for: a realtime type and its item ("" where it takes none)."""

    kind: str
    item: str


class _Asked(NamedTuple):
    name: str
    topics: tuple[Topic, ...] = ()


class StreamSession:
    """The login and the registrations of one connection."""

    def __init__(self, token: str, wanted: Iterable[Topic]) -> None:
        """Begin with nothing registered; `wanted` is in order of importance."""
        self._token = token
        self._wanted = tuple(wanted)
        self._held: set[Topic] = set()
        self._refused: set[Topic] = set()
        self._alone: set[Topic] = set()
        self._asked: _Asked | None = None
        self.is_logged_in = False

    @property
    def held(self) -> frozenset[Topic]:
        """What the server has confirmed."""
        return frozenset(self._held)

    @property
    def is_waiting(self) -> bool:
        """Whether a request is out and not answered."""
        return self._asked is not None

    def want(self, wanted: Iterable[Topic]) -> None:
        """Replace what is wanted."""
        self._wanted = tuple(wanted)

    def request(self) -> str | None:
        """Return the next frame to send: what is not wanted any more goes first. None: nothing."""
        if self._asked is not None:
            return None
        if not self.is_logged_in:
            self._asked = _Asked(LOGIN)
            return login(self._token)
        gone = sorted(self._held.difference(self._wanted))
        if gone:
            return self._ask(REMOVE, gone, remove)
        known = self._held | self._refused
        missing = [topic for topic in self._wanted if topic not in known]
        return self._ask(REG, missing, register) if missing else None

    def take(self, answer: Answer) -> None:
        """Learn from the answer to what is under way; another one changes nothing."""
        asked = self._asked
        if asked is None or answer.kind != asked.name:
            return
        self._asked = None
        topics = asked.topics
        if asked.name == LOGIN:
            self.is_logged_in = answer.succeeded
        elif asked.name == REMOVE:
            self._held.difference_update(topics)
        elif answer.succeeded:
            self._held.update(topics)
        elif len(topics) > 1:
            self._alone.update(topics)
        else:
            self._refused.update(topics)

    def give_up_waiting(self) -> FeedTrouble | None:
        """Treat the request that is out as lost. Without a login the connection is worth nothing."""
        asked, self._asked = self._asked, None
        if asked is None:
            return None
        if asked.name == LOGIN:
            return FeedTrouble.SILENT
        if asked.name == REMOVE:
            self._held.difference_update(asked.topics)
        else:
            self._refused.update(asked.topics)
        return None

    def forgive(self) -> None:
        """Ask again, from now on, for what was refused."""
        self._refused.clear()

    def _ask(
        self, name: str, topics: Sequence[Topic], frame: Callable[[Sequence[str], str], str]
    ) -> str:
        first = topics[0]
        chosen = (
            (first,)
            if first in self._alone
            else tuple(
                topic for topic in topics if topic.kind == first.kind and topic not in self._alone
            )
        )
        self._asked = _Asked(name, chosen)
        return frame([topic.item for topic in chosen], first.kind)
