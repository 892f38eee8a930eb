"""/help: every command with an example."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.budget import GREY, FittedEmbed
from bot.chat.host import ChatHost, Interaction


class HelpCog(commands.Cog):
    """Lists the commands from the tree itself, so none can be forgotten."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="help", description="help", extras={"right": Right.LOOK})
    async def help(self, interaction: Interaction) -> None:
        """Show what each command does and an example of it."""
        phrases = self.host.words(interaction)
        fitted = FittedEmbed(
            title=phrases.say("chat.help_title"),
            description=phrases.say("chat.help_intro"),
            colour=GREY,
        )
        for name in self.host.command_names():
            what = phrases.say(f"chat.command_{name}")
            example = phrases.say(f"chat.example_{name}")
            fitted.add(f"/{name}", f"{what}\n{example}")
        await interaction.response.send_message(embed=fitted.embed, ephemeral=True)
