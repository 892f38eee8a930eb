"""Who may do what where: roles, overwrites, threads; and the refusals that follow."""

from __future__ import annotations

from sandbox.discord import bits
from sandbox.discord.state import (
    DIRECT,
    GUILD_ID,
    OWNER_ID,
    PRIVATE_THREAD,
    THREADS,
    DiscordState,
)
from sandbox.discord.wire import Json, Refusal


def guild_permissions(state: DiscordState, user_id: str) -> int:
    """Return the OR of a member's roles, everything for the owner and administrators."""
    if user_id == OWNER_ID:
        return bits.ALL
    total = int(state.roles[GUILD_ID]["permissions"])
    for role_id in state.member_roles.get(user_id, ()):
        total |= int(state.roles[role_id]["permissions"])
    return bits.ALL if total & bits.ADMINISTRATOR else total


def permissions_in(state: DiscordState, user_id: str, channel_id: str) -> int:
    """Return a member's permissions in a channel; a thread has those of its parent."""
    channel = state.channels[channel_id]
    if channel["type"] == DIRECT:
        inside = any(one["id"] == user_id for one in channel["recipients"])
        return bits.ALL & ~bits.ADMINISTRATOR if inside or state.users[user_id].bot else 0
    total = guild_permissions(state, user_id)
    if total == bits.ALL:
        return total
    thread = channel["type"] in THREADS
    place = state.channels[channel["parent_id"]] if thread else channel
    total = _overwritten(state, user_id, place, total)
    if channel["type"] == PRIVATE_THREAD and user_id not in state.thread_members[channel_id]:
        total = total if total & bits.MANAGE_THREADS else 0
    return total if total & bits.VIEW_CHANNEL else 0


def _overwritten(state: DiscordState, user_id: str, channel: Json, total: int) -> int:
    rules = {one["id"]: one for one in channel["permission_overwrites"]}
    everyone = rules.get(GUILD_ID)
    if everyone:
        total = total & ~int(everyone["deny"]) | int(everyone["allow"])
    allow = deny = 0
    for role_id in state.member_roles.get(user_id, ()):
        if role_id in rules:
            allow |= int(rules[role_id]["allow"])
            deny |= int(rules[role_id]["deny"])
    total = total & ~deny | allow
    own = rules.get(user_id)
    return total & ~int(own["deny"]) | int(own["allow"]) if own else total


def overwrite(state: DiscordState, channel_id: str, who: str, *, allow: int, deny: int) -> None:
    """Replace the overwrite of a role or member in a channel; none when both are 0."""
    channel = state.channels[channel_id]
    rules = [one for one in channel["permission_overwrites"] if one["id"] != who]
    if allow or deny:
        kind = 0 if who in state.roles else 1
        rules.append({"id": who, "type": kind, "allow": str(allow), "deny": str(deny)})
    channel["permission_overwrites"] = rules


def visible_channel(state: DiscordState, user_id: str, channel_id: str) -> Json:
    """Return the channel. Raises Refusal 10003 when unknown, 50001 when not to be seen."""
    channel = state.channels.get(channel_id)
    if channel is None:
        raise Refusal(404, 10003, "Unknown Channel")
    if not permissions_in(state, user_id, channel_id) & bits.VIEW_CHANNEL:
        raise Refusal(403, 50001, "Missing Access")
    return channel


def demand(state: DiscordState, user_id: str, channel_id: str, needed: int) -> None:
    """Raise Refusal 50013 unless the user has every bit of `needed` in the channel."""
    if permissions_in(state, user_id, channel_id) & needed != needed:
        raise Refusal(403, 50013, "Missing Permissions")


def may_send(channel: Json) -> int:
    """Return the permission that posting in this channel takes."""
    return bits.SEND_MESSAGES_IN_THREADS if channel["type"] in THREADS else bits.SEND_MESSAGES
