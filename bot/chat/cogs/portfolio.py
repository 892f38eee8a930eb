"""/portfolio."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.account_embed import portfolio_embed
from bot.chat.host import ChatHost, Interaction


class PortfolioCog(commands.Cog):
    """Shows cash and holdings."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="portfolio", description="portfolio", extras={"right": Right.LOOK})
    async def portfolio(self, interaction: Interaction) -> None:
        """Read the account now and show it to the person who asked."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await self.host.services.portfolio.portfolio()
        embed = portfolio_embed(found, self.host.words(interaction))
        await interaction.followup.send(embed=embed, ephemeral=True)
