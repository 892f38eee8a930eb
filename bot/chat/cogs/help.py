"""/help: what there is, for daily use and by group, and one command in full."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.budget import GREY, VALUE_MAX, FittedEmbed, lines_within
from bot.chat.command_groups import AnyCommand, key_of
from bot.chat.host import ChatHost, Interaction, tell
from bot.chat.text import label, units
from bot.chat.translation import both_names, named, path_in
from core.ports.phrases import Phrases

CHOICES_MAX = 25
_DAILY = ""


class HelpCog(commands.Cog):
    """Lists the commands from the tree itself, so none can be forgotten."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="help", description="help", extras={"right": Right.LOOK})
    async def show(self, interaction: Interaction, command: str | None = None) -> None:
        """Show every command in one line, or everything about `command`."""
        phrases, known = self.host.words(interaction), self.host.commands_in_order()
        if command is None:
            embed = overview(known, phrases)
        else:
            wanted = " ".join(command.strip().lstrip("/").casefold().split())
            names = {one.qualified_name: one for one in known}
            names |= {path_in(one, phrases): one for one in known}
            found = names.get(wanted)
            if found is None:
                text = phrases.say("chat.help_unknown", name=label(command, 40))
                await tell(interaction, text)
                return
            embed = in_full(found, phrases)
        await interaction.response.send_message(embed=embed, ephemeral=True)

    @show.autocomplete("command")
    async def names(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        """Offer the commands by their names and by what they do."""
        phrases = self.host.words(interaction)
        typed = current.strip().lstrip("/").casefold()
        named = {
            one.qualified_name: f"{both_names(one, phrases)} · {_about(one, phrases)}"
            for one in self.host.commands_in_order()
        }
        return [
            app_commands.Choice(name=label(words, 100), value=name)
            for name, words in named.items()
            if typed in words.casefold()
        ][:CHOICES_MAX]


def overview(known: Sequence[AnyCommand], phrases: Phrases) -> discord.Embed:
    """Return the daily commands first, then a field per group."""
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("chat.help_title"),
        description=phrases.say("chat.help_intro"),
        colour=GREY,
        footer=phrases.say("chat.help_more"),
    )
    more = phrases.say("embeds.more", count="{count}")
    for group, members in groupby(known, _group_of):
        name = phrases.say("chat.help_daily")
        if group != _DAILY:
            own = named(phrases, "name", group) or group
            name = f"/{own} · {phrases.say(f'chat.command_{group}')}"
        lines = [f"`{both_names(one, phrases)}` {_about(one, phrases)}" for one in members]
        for number, part in enumerate(_parts(lines)):
            title = phrases.say("chat.help_on", name=name) if number else name
            fitted.add(title, lines_within(part, more))
    return fitted.embed


def in_full(command: AnyCommand, phrases: Phrases) -> discord.Embed:
    """Return what a command does, who may use it, its options and an example."""
    key = key_of(command)
    right: Right = command.extras.get("right", Right.TRADE)
    fitted = FittedEmbed(
        phrases=phrases,
        title=both_names(command, phrases),
        description=_about(command, phrases),
        colour=GREY,
    )
    fitted.add(phrases.say("chat.help_who"), phrases.say(f"chat.help_right_{right.value}"))
    options = [
        f"`{named(phrases, 'option', one.name) or one.name}` {phrases.say(f'chat.parameter_{key}_{one.name}')}"
        for one in command.parameters
    ]
    fitted.add(phrases.say("chat.help_options"), "\n".join(options))
    fitted.add(phrases.say("chat.help_example"), phrases.say(f"chat.example_{key}"))
    return fitted.embed


def _parts(lines: Sequence[str]) -> list[list[str]]:
    """Return the lines in as many parts as fit into fields."""
    parts: list[list[str]] = [[]]
    for line in lines:
        if parts[-1] and units("\n".join([*parts[-1], line])) > VALUE_MAX:
            parts.append([])
        parts[-1].append(line)
    return parts


def _about(command: AnyCommand, phrases: Phrases) -> str:
    return phrases.say(f"chat.command_{key_of(command)}")


def _group_of(command: AnyCommand) -> str:
    return command.qualified_name.partition(" ")[0] if command.parent else _DAILY
