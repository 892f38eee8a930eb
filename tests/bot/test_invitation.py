from __future__ import annotations

import discord
import pytest

from bot.invitation import (
    FOR_PINS,
    NEEDED,
    invite_link,
    invite_permissions,
    lacking,
    permissions_in,
)
from bot.operations.discord_rest import looks_like_token

GUILD, ROLE, OTHER, ME = "1", "2", "3", "9"
VIEW = discord.Permissions(view_channel=True).value
SEND = discord.Permissions(send_messages=True).value
EMBED = discord.Permissions(embed_links=True).value


def held(*overwrites: tuple[str, int, int], roles: tuple[str, ...] = (ROLE,)) -> int:
    found = permissions_in(
        {"permission_overwrites": [{"id": i, "allow": a, "deny": d} for i, a, d in overwrites]},
        [
            {"id": GUILD, "permissions": str(VIEW | SEND)},
            {"id": ROLE, "permissions": str(EMBED)},
            {"id": OTHER, "permissions": str(discord.Permissions(administrator=True).value)},
        ],
        {"user": {"id": ME}, "roles": list(roles)},
        int(GUILD),
    )
    return found.value


def test_the_link_asks_for_seven_permissions_and_no_more():
    asked = [getattr(discord.Permissions, name).flag for name in NEEDED]
    assert invite_permissions().value == sum(asked)
    assert len(NEEDED) == 7
    link = invite_link(5)
    assert "client_id=5" in link
    assert "scope=bot+applications.commands" in link
    assert f"permissions={invite_permissions().value}" in link
    pins = [getattr(discord.Permissions, name).flag for name in FOR_PINS]
    assert invite_permissions(pin=True).value == sum(asked) + sum(pins)


def test_private_threads_ask_for_one_permission_more():
    more = invite_permissions(private_threads=True)
    assert (
        more.value == invite_permissions().value | discord.Permissions.create_private_threads.flag
    )
    assert f"permissions={more.value}" in invite_link(5, private_threads=True)
    assert lacking(invite_permissions(), private_threads=True) == ("create_private_threads",)
    assert lacking(more, private_threads=True) == ()


def test_every_bit_alone_is_missed():
    assert lacking(discord.Permissions.none(), private_threads=False) == NEEDED
    admin = discord.Permissions(administrator=True)
    assert lacking(admin, private_threads=True) == ()
    for name in NEEDED:
        rest = invite_permissions()
        rest.update(**{name: False})
        assert lacking(rest, private_threads=False) == (name,)


@pytest.mark.parametrize(
    ("overwrites", "expected"),
    [
        ((), VIEW | SEND | EMBED),
        (((GUILD, 0, SEND),), VIEW | EMBED),
        # What a role allows beats what everyone is denied; what the member is denied beats both.
        (((GUILD, 0, SEND), (ROLE, SEND, 0)), VIEW | SEND | EMBED),
        (((ROLE, SEND, 0), (ME, 0, SEND)), VIEW | EMBED),
        (((ROLE, 0, EMBED), (ME, EMBED, 0)), VIEW | SEND | EMBED),
        (((OTHER, 0, SEND),), VIEW | SEND | EMBED),
        # Who does not see a channel can do nothing in it.
        (((GUILD, 0, VIEW),), 0),
    ],
)
def test_a_channel_has_the_last_word_over_the_roles(overwrites, expected):
    assert held(*overwrites) == expected


def test_an_administrator_is_stopped_by_nothing():
    assert held((ME, 0, VIEW), roles=(OTHER,)) == discord.Permissions.all().value


@pytest.mark.parametrize("text", ["a.b.c", "MTIz.X-y_z.0123456789"])
def test_three_parts_are_a_token(text):
    assert looks_like_token(text)


@pytest.mark.parametrize("text", ["", "abc", "a.b", "a.b.c.d", "a. b.c", "a..c", "a.b.c\n"])
def test_other_texts_are_none(text):
    assert not looks_like_token(text)
