"""What the answer to one message consists of, piece by piece."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AnswerText:
    """A piece of the answer. Pieces join to one text; `final` marks its last piece."""

    text: str
    final: bool


@dataclass(frozen=True, slots=True)
class AnswerChart:
    """A picture that belongs to the answer. `alt` says in words what it shows."""

    png: bytes
    filename: str
    alt: str


@dataclass(frozen=True, slots=True)
class AnswerNotice:
    """A sentence of the application itself (a failure, a limit), not of the model."""

    text: str


AnswerEvent = AnswerText | AnswerChart | AnswerNotice
