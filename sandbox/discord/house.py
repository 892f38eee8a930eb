"""One Discord: the state, the gateway and the watchers, kept in step by one `run`."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sandbox.discord.events import Happening, Hub, Turn
from sandbox.discord.gateway import Gateway, Link
from sandbox.discord.rest import handle
from sandbox.discord.state import DiscordState, new_state
from sandbox.discord.wire import KST, HasNow, Moment, Reply, Request

T = TypeVar("T")


class RealClock:
    """Business time is host time: for a sandbox without a directed clock."""

    def now(self) -> datetime:
        """Return the present instant in KST."""
        return datetime.now(KST)


class House:
    """Where calls of the bot and acts of people change the same state."""

    def __init__(self, clock: HasNow) -> None:
        self._clock = clock
        self.state: DiscordState = new_state(clock.now())
        self.gateway = Gateway(self.state)
        self.hub = Hub(self.state)

    def moment(self) -> Moment:
        """Return now on both clocks."""
        return Moment(business=self._clock.now(), host=time.monotonic())

    def answer(self, request: Request) -> Reply:
        """Answer a REST call of the bot and tell of what it changed."""
        return self.run(handle, request)

    def run(self, act: Callable[[Turn], T], request: Request | None = None) -> T:
        """Let `act` change the state, then tell the gateway and the watchers."""
        turn = Turn(self.state, request or Request("ACT", "/"), self.moment())
        result = act(turn)
        self._tell(turn.happenings, turn.moment)
        return result

    def connect(self, link: Link) -> None:
        """Greet a gateway connection."""
        self.gateway.open(link)

    def receive(self, link: Link, text: str) -> None:
        """Handle one gateway frame."""
        moment = self.moment()
        self._tell(self.gateway.receive(link, text, moment), moment)

    def disconnect(self, link: Link, code: int | None) -> None:
        """Note that a gateway connection has ended."""
        moment = self.moment()
        self._tell(self.gateway.closed(link, code, moment), moment)

    def _tell(self, happenings: list[Happening], moment: Moment) -> None:
        for happening in happenings:
            self.gateway.dispatch(happening)
        self.hub.publish(happenings, moment)
