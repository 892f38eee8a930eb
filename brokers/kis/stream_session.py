"""What one connection of the KIS stream is registered for, and what its server's answers mean.

No socket and no clock: `request` says what to send next, `take` what an answer changes. One request
is out at a time, so an answer that names nothing (the server sends "(null)") still belongs to one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from brokers.kis.stream_frames import Answer
from brokers.kis.stream_notices import NOTICE_IDS, Cipher
from core.errors import BrokerProtocolError

REGISTRATIONS_MAX: Final = 41
_REGISTER, _UNREGISTER = "1", "2"

_REGISTERED = frozenset({"OPSP0000", "OPSP0002"})
_UNREGISTERED = frozenset({"OPSP0001", "OPSP0003"})
_FULL = "OPSP0008"
_IN_USE = "OPSP8996"
_KEY_UNKNOWN = frozenset({"OPSP0011"})
_KEY_REFUSED = frozenset({"OPSP0010", "OPSP8994", "OPSP8995"})


class Verdict(Enum):
    """What an answer means for the connection."""

    GO_ON = "go on"
    IN_USE = "another session uses the app key"
    NEW_KEY = "the approval key is not known any more"
    REFUSED = "the app key is refused"


@dataclass(frozen=True, slots=True, order=True)
class Topic:
    """What one registration is for: a transaction id and its key (a symbol, or the HTS id)."""

    tr_id: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Outstanding:
    topic: Topic
    registers: bool


class StreamSession:
    """The registrations of one connection."""

    def __init__(self, approval_key: str, custtype: str, wanted: Iterable[Topic]) -> None:
        """Begin with nothing registered; `wanted` is in order of importance."""
        self._approval_key = approval_key
        self._custtype = custtype
        self._wanted = tuple(wanted)
        self._held: set[Topic] = set()
        self._refused: dict[Topic, str] = {}
        self._outstanding: _Outstanding | None = None
        self._room = REGISTRATIONS_MAX
        self._ciphers: dict[str, Cipher] = {}
        self._without_key: set[Topic] = set()

    @property
    def held(self) -> frozenset[Topic]:
        """What the server has confirmed."""
        return frozenset(self._held)

    @property
    def refused(self) -> dict[Topic, str]:
        """What the server does not register, with its code."""
        return dict(self._refused)

    @property
    def is_waiting(self) -> bool:
        """Whether a request is out and not answered."""
        return self._outstanding is not None

    @property
    def outstanding(self) -> Topic | None:
        """What the request that is out is about."""
        return self._outstanding.topic if self._outstanding is not None else None

    def cipher(self, tr_id: str) -> Cipher | None:
        """Return the key that came with the registration of `tr_id`."""
        return self._ciphers.get(tr_id)

    def want(self, wanted: Iterable[Topic]) -> None:
        """Replace what is wanted."""
        self._wanted = tuple(wanted)

    def request(self) -> str | None:
        """Return the next message to send: what is not wanted any more goes first. None: nothing."""
        if self._outstanding is not None:
            return None
        wanted = [topic for topic in self._wanted if topic not in self._refused][: self._room]
        gone = sorted(self._held.difference(wanted) | self._without_key)
        if gone:
            return self._ask(gone[0], registers=False)
        missing = [topic for topic in wanted if topic not in self._held]
        return self._ask(missing[0], registers=True) if missing else None

    def take(self, answer: Answer) -> Verdict:
        """Learn from an answer; one that belongs to no request still tells about the connection."""
        if answer.code == _IN_USE:
            return Verdict.IN_USE
        if answer.code in _KEY_UNKNOWN:
            return Verdict.NEW_KEY
        if answer.code in _KEY_REFUSED:
            return Verdict.REFUSED
        asked = self._asked_by(answer)
        if asked is None:
            return Verdict.GO_ON
        self._outstanding = None
        if answer.code in _REGISTERED:
            self._hold(asked, answer)
        elif answer.code in _UNREGISTERED:
            self._drop(asked.topic)
        elif answer.code == _FULL:
            # Registrations of an earlier connection may still count: fewer fit than should.
            self._room = len(self._held)
        elif asked.registers:
            self._refused[asked.topic] = answer.code
        else:
            self._drop(asked.topic)
        return Verdict.GO_ON

    def give_up_waiting(self) -> None:
        """Treat the request that is out as lost; `forgive` has it asked again."""
        asked, self._outstanding = self._outstanding, None
        if asked is None:
            return
        if asked.registers:
            self._refused[asked.topic] = "no answer"
        else:
            self._drop(asked.topic)

    def forgive(self) -> None:
        """Ask again, from now on, for what was refused or did not fit."""
        self._refused.clear()
        self._room = REGISTRATIONS_MAX

    def _hold(self, asked: _Outstanding, answer: Answer) -> None:
        topic = asked.topic
        self._held.add(topic)
        if topic.tr_id not in NOTICE_IDS:
            return
        try:
            self._ciphers[topic.tr_id] = Cipher(key=answer.key, iv=answer.iv)
        except BrokerProtocolError:
            # "Already registered" comes without a key: only a registration of its own brings one.
            if topic.tr_id not in self._ciphers:
                self._without_key.add(topic)

    def _drop(self, topic: Topic) -> None:
        self._held.discard(topic)
        self._without_key.discard(topic)

    def _asked_by(self, answer: Answer) -> _Outstanding | None:
        asked = self._outstanding
        if asked is None:
            return None
        is_other = answer.tr_id and answer.tr_id != asked.topic.tr_id
        is_other = is_other or (answer.tr_key and answer.tr_key != asked.topic.key)
        return None if is_other else asked

    def _ask(self, topic: Topic, *, registers: bool) -> str:
        self._outstanding = _Outstanding(topic, registers)
        document = {
            "header": {
                "approval_key": self._approval_key,
                "custtype": self._custtype,
                "tr_type": _REGISTER if registers else _UNREGISTER,
                "content-type": "utf-8",
            },
            "body": {"input": {"tr_id": topic.tr_id, "tr_key": topic.key}},
        }
        return json.dumps(document, separators=(",", ":"))
