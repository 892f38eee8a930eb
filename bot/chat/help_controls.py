"""The two lists under /help: of topics, and of the commands of one. Good after a restart too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import discord

from bot.chat.access import Right
from bot.chat.command_groups import AnyCommand
from bot.chat.help_words import (
    TOPICS,
    about,
    found_by,
    in_full,
    of_topic,
    topic_about,
    topic_embed,
    topic_name,
    topic_of,
)
from bot.chat.host import Interaction, host_of, refused, tell
from bot.chat.rows import button_row
from bot.chat.selects import list_of, values_of
from bot.chat.text import label
from bot.chat.translation import both_names
from core.ports.phrases import Phrases

TEXT_MAX = 100
_Wrapped = discord.ui.DynamicItem


class TopicSelect(_Wrapped[discord.ui.Select[discord.ui.View]], template=re.compile(r"h1:topic")):
    """Chooses a topic, whose commands are then shown in the same message."""

    def __init__(self, options: Sequence[discord.SelectOption] = (), text: str = "") -> None:
        super().__init__(list_of("h1:topic", options, text))

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 - the signature is discord.py's
        item: discord.ui.Item[Any],  # noqa: ARG003 - the signature is discord.py's
        match: re.Match[str],  # noqa: ARG003 - the signature is discord.py's
        /,
    ) -> TopicSelect:
        """Rebuild the list; what was chosen comes with the interaction."""
        return cls()

    async def callback(self, interaction: Interaction) -> None:
        """Show the topic's commands."""
        if await refused(interaction, Right.LOOK):
            return
        host, [topic] = host_of(interaction), values_of(interaction)
        phrases, known = host.words(interaction), host.commands_in_order()
        if topic not in TOPICS:
            # The list is older than the bot, and what it names is there no more.
            await tell(interaction, phrases.say("chat.help_unknown", name=label(topic, 40)))
            return
        embed = topic_embed(topic, known, phrases)
        await interaction.response.edit_message(
            embed=embed, view=help_view(known, phrases, topic=topic)
        )


class CommandSelect(
    _Wrapped[discord.ui.Select[discord.ui.View]], template=re.compile(r"h1:command:([a-z]+)")
):
    """Chooses a command of a topic, which is then shown in full in the same message."""

    def __init__(
        self, topic: str, options: Sequence[discord.SelectOption] = (), text: str = ""
    ) -> None:
        super().__init__(list_of(f"h1:command:{topic}", options, text))

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 - the signature is discord.py's
        item: discord.ui.Item[Any],  # noqa: ARG003 - the signature is discord.py's
        match: re.Match[str],
        /,
    ) -> CommandSelect:
        """Rebuild the list; what was chosen comes with the interaction."""
        return cls(match[1])

    async def callback(self, interaction: Interaction) -> None:
        """Show the command in full."""
        if await refused(interaction, Right.LOOK):
            return
        host, [name] = host_of(interaction), values_of(interaction)
        phrases, known = host.words(interaction), host.commands_in_order()
        command = found_by(known, name, phrases)
        if command is None:
            # As with a topic.
            await tell(interaction, phrases.say("chat.help_unknown", name=label(name, 40)))
            return
        view = help_view(known, phrases, topic=topic_of(command), command=command)
        await interaction.response.edit_message(embed=in_full(command, phrases), view=view)


HELP_CONTROLS = (TopicSelect, CommandSelect)


def help_view(
    known: Sequence[AnyCommand],
    phrases: Phrases,
    *,
    topic: str | None = None,
    command: AnyCommand | None = None,
) -> discord.ui.View:
    """Return the list of topics, and below it that of the commands of the chosen one."""
    topics = [
        discord.SelectOption(
            label=label(topic_name(one, phrases), TEXT_MAX),
            value=one,
            description=label(topic_about(one, phrases), TEXT_MAX),
            default=one == topic,
        )
        for one in TOPICS
    ]
    shown = TopicSelect(topics, phrases.say("chat.help_pick_topic"))
    if topic is None:
        return button_row(shown)
    commands = [
        discord.SelectOption(
            label=label(both_names(one, phrases), TEXT_MAX),
            value=one.qualified_name,
            description=label(about(one, phrases), TEXT_MAX),
            default=one is command,
        )
        for one in of_topic(known, topic)
    ]
    return button_row(shown, CommandSelect(topic, commands, phrases.say("chat.help_pick_command")))
