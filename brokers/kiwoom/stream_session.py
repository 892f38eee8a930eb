"""What one connection of the Kiwoom stream has registered, and what it asks for next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from brokers.kiwoom.stream_frames import Answer, register, remove


@dataclass(slots=True)
class StreamSession:
    """What one connection has registered, and what is under way."""

    held: set[tuple[str, str]] = field(default_factory=set)
    refused: set[tuple[str, str]] = field(default_factory=set)
    asked: tuple[str, tuple[tuple[str, str], ...]] | None = None
    is_logged_in: bool = False

    def next_request(self, wanted: Sequence[tuple[str, str]]) -> str | None:
        """Return the frame that brings what is held nearer to what is wanted, if one may leave."""
        if not self.is_logged_in or self.asked is not None:
            return None
        gone = [topic for topic in sorted(self.held) if topic not in set(wanted)]
        if gone:
            return self._ask("REMOVE", gone, remove)
        missing = [one for one in wanted if one not in self.held and one not in self.refused]
        return self._ask("REG", missing, register) if missing else None

    def answered(self, answer: Answer) -> None:
        """Take the answer to what is under way."""
        if self.asked is None or answer.kind != self.asked[0]:
            return
        name, topics = self.asked
        self.asked = None
        if name == "REMOVE":
            self.held.difference_update(topics)
        elif answer.succeeded:
            self.held.update(topics)
        else:
            self.refused.update(topics)

    def give_up_waiting(self) -> None:
        """Take what was not answered for refused."""
        if self.asked is not None:
            self.answered(Answer(self.asked[0], succeeded=False, text="no answer"))

    def _ask(
        self,
        name: str,
        topics: Sequence[tuple[str, str]],
        frame: Callable[[Sequence[str], str], str],
    ) -> str:
        kind = topics[0][0]
        chosen = tuple(topic for topic in topics if topic[0] == kind)
        self.asked = (name, chosen)
        return frame([item for _, item in chosen], kind)
