"""/system setup: owners choose places, approvers, instruments and limits."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction
from bot.chat.setup_controls import setup_message


class SetupCog(commands.Cog):
    """Shows what counts now, and the controls that change it."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="setup", description="setup", extras={"right": Right.OWN})
    async def setup(self, interaction: Interaction) -> None:
        """Show it to the owner alone; what is chosen is told to everybody."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        embed, view = await setup_message(self.host, self.host.words(interaction))
        await interaction.followup.send(embed=embed, view=view, ephemeral=True)
