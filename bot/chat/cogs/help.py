"""/help: what the bot can do, by topic; a topic's commands and one command in full by choice."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.help_controls import help_view
from bot.chat.help_words import about, found_by, in_full, overview, topic_of
from bot.chat.host import ChatHost, Interaction, tell
from bot.chat.text import label
from bot.chat.translation import both_names

CHOICES_MAX = 25


class HelpCog(commands.Cog):
    """Lists the commands from the tree itself, so none can be forgotten."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="help", description="help", extras={"right": Right.LOOK})
    async def show(self, interaction: Interaction, command: str | None = None) -> None:
        """Show the topics, or everything about `command`."""
        phrases, known = self.host.words(interaction), self.host.commands_in_order()
        if command is None:
            embed, view = overview(phrases), help_view(known, phrases)
        else:
            found = found_by(known, command, phrases)
            if found is None:
                text = phrases.say("chat.help_unknown", name=label(command, 40))
                await tell(interaction, text)
                return
            embed = in_full(found, phrases)
            view = help_view(known, phrases, topic=topic_of(found), command=found)
        await interaction.response.send_message(embed=embed, view=view, ephemeral=True)

    @show.autocomplete("command")
    async def names(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        """Offer the commands by their names and by what they do."""
        phrases = self.host.words(interaction)
        typed = current.strip().lstrip("/").casefold()
        named = {
            one.qualified_name: f"{both_names(one, phrases)} · {about(one, phrases)}"
            for one in self.host.commands_in_order()
        }
        return [
            app_commands.Choice(name=label(words, 100), value=name)
            for name, words in named.items()
            if typed in words.casefold()
        ][:CHOICES_MAX]
