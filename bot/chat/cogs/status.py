"""/status."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.budget import GREY, FittedEmbed
from bot.chat.host import ChatHost, Interaction
from bot.chat.switch_words import standing
from bot.chat.text import label, one_line


class StatusCog(commands.Cog):
    """Shows how the application is doing."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="status", description="status", extras={"right": Right.LOOK})
    async def status(self, interaction: Interaction) -> None:
        """Show the lines of the status reader and whether trading is on."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        services = self.host.services
        phrases = self.host.words(interaction)
        found = await services.switch.reasons()
        fitted = FittedEmbed(
            phrases=phrases,
            title=phrases.say("chat.status_title"),
            description=standing(found, phrases),
            colour=GREY,
        )
        for name, text in await services.status.status(phrases):
            fitted.add(label(name, 100), one_line(text, 300), inline=True)
        await interaction.followup.send(embed=fitted.embed, ephemeral=True)
