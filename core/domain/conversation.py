"""Chat sessions and their messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class SessionState(Enum):
    """Where one chat session stands."""

    OPEN = "open"
    SUMMARISED = "summarised"
    ARCHIVED = "archived"


class Role(Enum):
    """Who said a line of a session."""

    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSession:
    """One Discord thread opened by /trade."""

    thread_id: int
    channel_id: int
    owner_id: int
    title: str
    state: SessionState
    opened_at: datetime
    last_activity_at: datetime
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLine:
    """One stored line of a session, in order of `line_id` (0 before it is stored)."""

    thread_id: int
    role: Role
    author: str
    text: str
    at: datetime
    line_id: int = 0
