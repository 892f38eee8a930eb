"""The link under a reminder: one touch to the message that still waits for its ✅."""

from __future__ import annotations

import re

import discord

from bot.chat.rows import button_row
from bot.chat.services import ChatServices
from core.services.orders.reminding import REMINDER_KEY

_REMINDER = re.compile(rf"{REMINDER_KEY}:(?P<channel>[0-9]+):(?P<message>[0-9]+)")


def reminder_link(key: str, services: ChatServices) -> discord.ui.View | None:
    """Return the link of an alarm that reminds of a ticket, None for every other alarm."""
    found = _REMINDER.fullmatch(key)
    if found is None:
        return None
    place = f"{services.settings.guild_id}/{found['channel']}/{found['message']}"
    button: discord.ui.Button[discord.ui.View] = discord.ui.Button(
        label=services.public.say("chat.button_see_ticket"),
        url=f"https://discord.com/channels/{place}",
    )
    return button_row(button)
