"""Whom a message calls: a phone rings for a mention, and never for a message without notification."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import discord

from bot.chat.services import ChatServices
from core.domain.notices import Loudness, NoticeKind, kind_of
from core.runtime.notice_digest import DIGEST_KEY

# Discord takes 2,000 characters of content; a mention is 23 at most.
PEOPLE_MAX = 50


def manner_of_alarm(services: ChatServices, key: str) -> dict[str, Any]:
    """Return how an alarm is sent. One that nobody can silence calls everybody at any hour."""
    kind = kind_of(key)
    if key.startswith(f"{DIGEST_KEY}:"):
        rings = key.startswith(f"{DIGEST_KEY}:{Loudness.ON.value}:")
        return calling(services.notices.awake()) if rings else calling(())
    if kind is None:
        # Even with nobody to name, it is no message to post without a sound.
        return calling(services.settings.called_ids) if services.settings.called_ids else {}
    return manner_of(services, kind)


def manner_of(services: ChatServices, kind: NoticeKind) -> dict[str, Any]:
    """Return how a message of a kind is sent: it calls who is awake, or nobody."""
    rings = services.notices.current.loudness(kind) is Loudness.ON
    return calling(services.notices.awake() if rings else ())


def calling(people: Collection[int]) -> dict[str, Any]:
    """Return what a message is sent with that calls these people; without any it rings nowhere."""
    if not people:
        return {"silent": True}
    called = sorted(people)[:PEOPLE_MAX]
    return {
        "content": " ".join(f"<@{person}>" for person in called),
        "allowed_mentions": discord.AllowedMentions(
            everyone=False, roles=False, users=[discord.Object(person) for person in called]
        ),
    }
