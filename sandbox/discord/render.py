"""State in the shapes that a client reads (fields as discord.py 2.7.1 indexes them)."""

from __future__ import annotations

import copy
from datetime import datetime

from sandbox.discord import bits
from sandbox.discord.permissions import permissions_in
from sandbox.discord.state import (
    APPLICATION_ID,
    DIRECT,
    GUILD_ID,
    OWNER_ID,
    THREADS,
    DiscordState,
)
from sandbox.discord.wire import Json, iso

JOINED_AT = "2018-10-08T00:00:00.000000+00:00"
UPLOAD_BYTES_MAX = 10 * 1024 * 1024

_APPLICATION_FLAGS = 1 << 19 | 1 << 15 | 1 << 14


def user(state: DiscordState, user_id: str) -> Json:
    """Return a user object."""
    one = state.users[user_id]
    return {
        "id": one.id,
        "username": one.name,
        "global_name": one.display,
        "discriminator": "0" if not one.bot else "0001",
        "avatar": None,
        "bot": one.bot,
        "system": False,
        "public_flags": 0,
        "flags": 0,
    }


def member(state: DiscordState, user_id: str) -> Json:
    """Return a member object without its user; roles are ids, never objects."""
    return {
        "roles": list(state.member_roles[user_id]),
        "joined_at": JOINED_AT,
        "nick": None,
        "avatar": None,
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
        "communication_disabled_until": None,
    }


def full_member(state: DiscordState, user_id: str) -> Json:
    """Return a member object with its user."""
    return {**member(state, user_id), "user": user(state, user_id)}


def member_in(state: DiscordState, user_id: str, channel_id: str) -> Json:
    """Return a member as an interaction carries it, permissions computed for the channel."""
    allowed = permissions_in(state, user_id, channel_id)
    return {**full_member(state, user_id), "permissions": str(allowed)}


def application(state: DiscordState) -> Json:
    """Return the bot's own application."""
    return {
        "id": APPLICATION_ID,
        "name": state.users[APPLICATION_ID].name,
        "icon": None,
        "description": "",
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "owner": user(state, OWNER_ID),
        "flags": _APPLICATION_FLAGS,
        "summary": "",
        "team": None,
    }


def channel(state: DiscordState, channel_id: str) -> Json:
    """Return a channel or thread; the bot's own thread membership is added where it has one."""
    one = copy.deepcopy(state.channels[channel_id])
    joined = state.thread_members.get(channel_id, {}).get(APPLICATION_ID)
    if joined:
        one["member"] = thread_member(channel_id, APPLICATION_ID, joined)
    return one


def thread_member(thread_id: str, user_id: str, joined_at: str) -> Json:
    """Return a thread member object."""
    return {"id": thread_id, "user_id": user_id, "join_timestamp": joined_at, "flags": 0}


def bot_sees(state: DiscordState, channel_id: str) -> bool:
    """Whether the bot may see a channel or thread."""
    return bool(permissions_in(state, APPLICATION_ID, channel_id) & bits.VIEW_CHANNEL)


def guild_channels(state: DiscordState) -> list[Json]:
    """Return all channels of the guild that are not threads."""
    kinds = (*THREADS, DIRECT)
    return [channel(state, key) for key, one in state.channels.items() if one["type"] not in kinds]


def active_threads(state: DiscordState) -> list[Json]:
    """Return the threads that the bot sees and that are not archived."""
    return [
        channel(state, key)
        for key, one in state.channels.items()
        if one["type"] in THREADS
        and not one["thread_metadata"]["archived"]
        and bot_sees(state, key)
    ]


def guild(state: DiscordState) -> Json:
    """Return the guild as REST gives it."""
    return {
        "id": GUILD_ID,
        "name": "autotrade",
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "banner": None,
        "description": None,
        "owner_id": OWNER_ID,
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": state.locale,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "vanity_url_code": None,
        "features": [],
        "emojis": [],
        "stickers": [],
        "roles": list(state.roles.values()),
    }


def guild_create(state: DiscordState) -> Json:
    """Return the guild as GUILD_CREATE gives it: with channels, threads and every member."""
    members = [full_member(state, one) for one in state.member_roles]
    return {
        **guild(state),
        "joined_at": JOINED_AT,
        "large": False,
        "unavailable": False,
        "member_count": len(members),
        "members": members,
        "channels": guild_channels(state),
        "threads": active_threads(state),
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def message_event(state: DiscordState, message: Json) -> Json:
    """Return a message as MESSAGE_CREATE/UPDATE give it: with guild and member where they apply."""
    event = copy.deepcopy(message)
    if state.channels[message["channel_id"]]["type"] != DIRECT:
        event["guild_id"] = GUILD_ID
        event["member"] = member(state, message["author"]["id"])
    return event


def new_message(state: DiscordState, channel_id: str, author_id: str, now: datetime) -> Json:
    """Return an empty message with every field that a client may index."""
    return {
        "id": state.snowflake(now),
        "channel_id": channel_id,
        "author": user(state, author_id),
        "content": "",
        "timestamp": iso(now),
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "components": [],
        "pinned": False,
        "type": 0,
        "flags": 0,
    }
