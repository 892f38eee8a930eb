"""The link under a reminder or a result: one touch to the message of its ticket."""

from __future__ import annotations

import re

import discord

from bot.chat.rows import button_row
from bot.chat.services import ChatServices
from core.domain.notices import KEY_OF, NoticeKind

_BEGINS = "|".join(KEY_OF[kind] for kind in (NoticeKind.REMINDER, NoticeKind.RESULT))
_ABOUT_A_TICKET = re.compile(rf"(?:{_BEGINS})(?P<channel>[0-9]+):(?P<message>[0-9]+)(?::.*)?")


def reminder_link(key: str, services: ChatServices) -> discord.ui.View | None:
    """Return the link of an alarm that leads to a ticket, None for every other alarm."""
    found = _ABOUT_A_TICKET.fullmatch(key)
    if found is None:
        return None
    place = f"{services.settings.guild_id}/{found['channel']}/{found['message']}"
    button: discord.ui.Button[discord.ui.View] = discord.ui.Button(
        label=services.public.say("chat.button_see_ticket"),
        url=f"https://discord.com/channels/{place}",
    )
    return button_row(button)
