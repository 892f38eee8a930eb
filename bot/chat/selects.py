"""Lists of choices that are rebuilt from their custom_id, and what was chosen in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord

from bot.chat.host import Interaction
from bot.chat.text import label

PLACEHOLDER_MAX = 150


def list_of(
    custom_id: str,
    options: Sequence[discord.SelectOption],
    text: str = "",
    *,
    least: int = 1,
    most: int = 1,
) -> discord.ui.Select[discord.ui.View]:
    """Return a list under the hint `text`, of which `least` to `most` options may be chosen."""
    return discord.ui.Select(
        custom_id=custom_id,
        placeholder=label(text, PLACEHOLDER_MAX) or None,
        min_values=least,
        max_values=most,
        # A select without options cannot be made; a rebuilt one only carries the answer.
        options=list(options) or [discord.SelectOption(label="-", value="-")],
    )


def values_of(interaction: Interaction) -> list[str]:
    """Return what was chosen, as Discord sends it: of a rebuilt list the library knows no options."""
    data: Any = interaction.data
    return [str(value) for value in data.get("values") or ()]
