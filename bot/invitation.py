"""What the bot must be allowed to do in Discord: in the invite link, and in each of its channels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import discord

# In the order in which they are named to people; the sentences are ``doctor.permission_<name>``.
NEEDED = (
    "view_channel",
    "send_messages",
    "send_messages_in_threads",
    "create_public_threads",
    "embed_links",
    "attach_files",
    "read_message_history",
)
# What /trade takes where its threads are private (DISCORD_PRIVATE_THREADS).
FOR_PRIVATE_THREADS = ("create_private_threads",)
# Discord gave pinning a permission of its own; servers of before go by the older one.
FOR_PINS = ("manage_messages", "pin_messages")
SCOPES = ("bot", "applications.commands")


def needed(*, private_threads: bool) -> tuple[str, ...]:
    """Return what the bot needs in each of its channels."""
    return (*NEEDED, *FOR_PRIVATE_THREADS) if private_threads else NEEDED


def invite_permissions(*, pin: bool = False, private_threads: bool = False) -> discord.Permissions:
    """Return exactly what is asked for; with `pin`, what pinning the panel takes as well."""
    names = (*needed(private_threads=private_threads), *(FOR_PINS if pin else ()))
    permissions = discord.Permissions.none()
    permissions.update(**dict.fromkeys(names, True))
    return permissions


def invite_link(application_id: int, *, pin: bool = False, private_threads: bool = False) -> str:
    """Return the address where a person adds the bot to a server."""
    permissions = invite_permissions(pin=pin, private_threads=private_threads)
    return discord.utils.oauth_url(application_id, permissions=permissions, scopes=SCOPES)


def lacking(permissions: discord.Permissions, *, private_threads: bool) -> tuple[str, ...]:
    """Return which of the needed permissions are not there; an administrator has all."""
    if permissions.administrator:
        return ()
    names = needed(private_threads=private_threads)
    return tuple(name for name in names if not getattr(permissions, name))


def permissions_in(
    channel: Mapping[str, Any],
    roles: Iterable[Mapping[str, Any]],
    member: Mapping[str, Any],
    guild_id: int,
) -> discord.Permissions:
    """Return what a member may do in a channel, from Discord's own records.

    As Discord computes it (docs.discord.com, topic "permissions"): the roles, then the channel's
    overwrites for everyone, for the member's roles together, and for the member.
    """
    own = {str(guild_id), *member["roles"]}
    total = 0
    for role in roles:
        if role["id"] in own:
            total |= int(role["permissions"])
    if discord.Permissions(total).administrator:
        return discord.Permissions.all()
    written = {one["id"]: one for one in channel.get("permission_overwrites", ())}
    everyone = written.get(str(guild_id))
    total = _overwritten(total, [everyone] if everyone else [])
    total = _overwritten(total, [written[one] for one in member["roles"] if one in written])
    mine = written.get(member["user"]["id"])
    total = _overwritten(total, [mine] if mine else [])
    found = discord.Permissions(total)
    return found if found.view_channel else discord.Permissions.none()


def _overwritten(total: int, rules: Iterable[Mapping[str, Any]]) -> int:
    allow = deny = 0
    for rule in rules:
        allow |= int(rule["allow"])
        deny |= int(rule["deny"])
    return total & ~deny | allow
