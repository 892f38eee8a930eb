"""The gateway: identify, resume, heartbeat, dispatch and its close codes, without sockets.

The shell gives each connection a `Link`; the gateway answers through it.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from sandbox.discord import bits, render
from sandbox.discord.events import EventKind, Happening
from sandbox.discord.state import APPLICATION_ID, DIRECT, GUILD_ID, DiscordState
from sandbox.discord.wire import Json, Moment

HEARTBEAT_MS: Final = 41_250
REPLAY_KEPT: Final = 1_000
SESSIONS_KEPT: Final = 8
SENDS_PER_MINUTE: Final = 120
RESUMABLE_SECONDS: Final = 180.0

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME = 0, 1, 2, 3, 4, 6
RECONNECT, REQUEST_MEMBERS, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 7, 8, 9, 10, 11

_NEEDED_INTENT: Final = {
    "MESSAGE": (bits.INTENT_GUILD_MESSAGES, bits.INTENT_DIRECT_MESSAGES),
    "THREAD_MEMBERS": (bits.INTENT_GUILDS | bits.INTENT_MEMBERS, 0),
    "THREAD": (bits.INTENT_GUILDS, 0),
    "CHANNEL": (bits.INTENT_GUILDS, bits.INTENT_GUILDS | bits.INTENT_DIRECT_MESSAGES),
}


class Link(Protocol):
    """One connection as the gateway sees it."""

    def send(self, payload: str) -> None:
        """Queue one frame."""

    def close(self, code: int) -> None:
        """Close with a code once the queue is empty."""


@dataclass(slots=True)
class Session:
    """What RESUME finds again: the sequence, the intents and the last events."""

    id: str
    intents: int
    sequence: int = 0
    link: Link | None = None
    lost_at: float = 0.0
    replay: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=REPLAY_KEPT))


@dataclass(slots=True)
class _Pipe:
    """A connection that may not have a session yet."""

    link: Link
    session: Session | None = None
    sends: deque[float] = field(default_factory=lambda: deque(maxlen=SENDS_PER_MINUTE))


class Gateway:
    """All sessions of the one bot."""

    def __init__(self, state: DiscordState) -> None:
        self._state = state
        self._pipes: dict[int, _Pipe] = {}
        self._count = 0
        self.sessions: dict[str, Session] = {}

    @property
    def connected(self) -> bool:
        """Whether any session has a live connection."""
        return any(one.link is not None for one in self.sessions.values())

    def open(self, link: Link) -> None:
        """Greet a new connection."""
        self._pipes[id(link)] = _Pipe(link)
        link.send(_frame(HELLO, {"heartbeat_interval": HEARTBEAT_MS}))

    def closed(self, link: Link, code: int | None, moment: Moment) -> list[Happening]:
        """Forget a connection; its session stays resumable unless the client ended it (1000/1001)."""
        pipe = self._pipes.pop(id(link), None)
        session = pipe.session if pipe else None
        if session is None or session.link is not link:
            return []
        session.link = None
        session.lost_at = moment.host
        if code in (1000, 1001):
            self.sessions.pop(session.id, None)
        return [_presence("disconnected", f"close {code}")]

    def receive(self, link: Link, text: str, moment: Moment) -> list[Happening]:
        """Handle one frame from a client."""
        pipe = self._pipes.get(id(link))
        if pipe is None:
            return []
        if self._too_fast(pipe, moment.host):
            link.close(4008)
            return []
        try:
            frame = json.loads(text)
            operation, data = frame["op"], frame.get("d")
        except (ValueError, KeyError, TypeError):
            link.close(4002)
            return []
        return self._operate(pipe, operation, data, moment)

    def _operate(self, pipe: _Pipe, operation: Any, data: Any, moment: Moment) -> list[Happening]:
        if operation == IDENTIFY:
            return self._identify(pipe, data, moment)
        if operation == RESUME:
            return self._resume(pipe, data, moment)
        if operation == HEARTBEAT:
            pipe.link.send(_frame(HEARTBEAT_ACK, None))
        else:
            self._other(pipe, operation, data)
        return []

    @staticmethod
    def _too_fast(pipe: _Pipe, host: float) -> bool:
        full = len(pipe.sends) == SENDS_PER_MINUTE and host - pipe.sends[0] < 60.0
        pipe.sends.append(host)
        return full

    def _other(self, pipe: _Pipe, operation: Any, data: Any) -> None:
        if operation not in (PRESENCE, VOICE, REQUEST_MEMBERS):
            pipe.link.close(4001)
        elif pipe.session is None:
            pipe.link.close(4003)
        elif operation == REQUEST_MEMBERS:
            members = [render.full_member(self._state, one) for one in self._state.member_roles]
            chunk: Json = {
                "guild_id": GUILD_ID,
                "members": members,
                "chunk_index": 0,
                "chunk_count": 1,
                "nonce": (data or {}).get("nonce"),
            }
            self._send(pipe.session, "GUILD_MEMBERS_CHUNK", chunk)

    def _identify(self, pipe: _Pipe, data: Any, moment: Moment) -> list[Happening]:
        refusal = self._refusal(pipe, data)
        if refusal:
            pipe.link.close(refusal)
            return []
        self._forget_old(moment.host)
        self._count += 1
        session = Session(f"session{self._count:06d}", int(data["intents"]), link=pipe.link)
        pipe.session = self.sessions[session.id] = session
        self._send(session, "READY", self._ready(session, data))
        if session.intents & bits.INTENT_GUILDS:
            self._send(session, "GUILD_CREATE", render.guild_create(self._state))
        return [_presence("connected", "identify")]

    def _refusal(self, pipe: _Pipe, data: Any) -> int:
        """Return the close code of an IDENTIFY that is not accepted, 0 when it is."""
        if pipe.session is not None:
            return 4005
        if not isinstance(data, dict):
            return 4002
        if data.get("token") != self._state.bot_token:
            return 4004
        intents = data.get("intents")
        if not isinstance(intents, int) or intents & ~bits.ALL_INTENTS:
            return 4013
        return 4014 if intents & bits.PRIVILEGED & ~self._state.allowed_intents else 0

    def _ready(self, session: Session, data: Json) -> Json:
        ready: Json = {
            "v": 10,
            "user": render.user(self._state, APPLICATION_ID),
            "guilds": [{"id": GUILD_ID, "unavailable": True}],
            "session_id": session.id,
            "resume_gateway_url": self._state.gateway_url,
            "application": {
                "id": APPLICATION_ID,
                "flags": render.application(self._state)["flags"],
            },
        }
        return {**ready, "shard": data["shard"]} if data.get("shard") else ready

    def _resume(self, pipe: _Pipe, data: Any, moment: Moment) -> list[Happening]:
        if not isinstance(data, dict) or data.get("token") != self._state.bot_token:
            pipe.link.close(4004)
            return []
        self._forget_old(moment.host)
        session = self.sessions.get(str(data.get("session_id")))
        sequence = int(data.get("seq") or 0)
        if session is None or not _covers(session, sequence):
            pipe.link.send(_frame(INVALID_SESSION, data=False))
            return []
        if sequence > session.sequence:
            pipe.link.close(4007)
            return []
        session.link, pipe.session = pipe.link, session
        for number, payload in session.replay:
            if number > sequence:
                pipe.link.send(payload)
        self._send(session, "RESUMED", {})
        return [_presence("connected", "resume")]

    def _forget_old(self, host: float) -> None:
        for key, one in list(self.sessions.items()):
            stale = one.link is None and host - one.lost_at > RESUMABLE_SECONDS
            if stale or (one.link is None and len(self.sessions) >= SESSIONS_KEPT):
                del self.sessions[key]

    def dispatch(self, happening: Happening) -> None:
        """Send a change to every session whose intents cover it."""
        if happening.event is None or self._hidden(happening):
            return
        for session in self.sessions.values():
            if self._wants(session, happening.event, happening.payload):
                self._send(session, happening.event, self._stripped(session, happening))

    def _hidden(self, happening: Happening) -> bool:
        """Whether the change is in a channel that the bot may not see (interactions always show)."""
        channel_id = happening.payload.get("channel_id")
        if happening.event == "INTERACTION_CREATE" or channel_id not in self._state.channels:
            return False
        return not render.bot_sees(self._state, channel_id)

    def _wants(self, session: Session, event: str, payload: Json) -> bool:
        for prefix, (in_guild, direct) in _NEEDED_INTENT.items():
            if event.startswith(prefix):
                needed = in_guild if "guild_id" in payload else direct
                return bool(session.intents & needed)
        return True

    def _stripped(self, session: Session, happening: Happening) -> Json:
        """Return the payload without content where the session may not read it."""
        payload = happening.payload
        if happening.event not in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
            return payload
        if session.intents & bits.INTENT_MESSAGE_CONTENT:
            return payload
        own = payload["author"]["id"] == APPLICATION_ID
        named = any(one["id"] == APPLICATION_ID for one in payload["mentions"])
        direct = self._state.channels[payload["channel_id"]]["type"] == DIRECT
        if own or named or direct:
            return payload
        return {**payload, "content": "", "embeds": [], "attachments": [], "components": []}

    def _send(self, session: Session, event: str, data: Json) -> None:
        session.sequence += 1
        payload = _frame(DISPATCH, data, sequence=session.sequence, event=event)
        session.replay.append((session.sequence, payload))
        if session.link is not None:
            session.link.send(payload)

    def drop(self, how: str) -> int:
        """Cut every live connection and return how many there were.

        `how` is "reconnect" (op 7), "invalid" (op 9, must identify anew), "resumable" (op 9) or a
        close code such as "4000".
        """
        live = [one for one in self.sessions.values() if one.link is not None]
        for session in live:
            link = session.link
            if link is None:
                continue
            if how == "reconnect":
                link.send(_frame(RECONNECT, None))
            elif how in ("invalid", "resumable"):
                link.send(_frame(INVALID_SESSION, how == "resumable"))
            else:
                link.close(int(how))
            if how == "invalid":
                self.sessions.pop(session.id, None)
        return len(live)


def _covers(session: Session, sequence: int) -> bool:
    """Whether every event after `sequence` is still kept."""
    return not session.replay or session.replay[0][0] <= sequence + 1


def _frame(
    operation: int, data: Any, *, sequence: int | None = None, event: str | None = None
) -> str:
    return json.dumps({"op": operation, "d": data, "s": sequence, "t": event}, ensure_ascii=False)


def _presence(kind: EventKind, detail: str) -> Happening:
    return Happening(kind=kind, actor_id=APPLICATION_ID, detail=detail)
