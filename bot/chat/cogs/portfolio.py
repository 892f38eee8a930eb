"""/portfolio."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.account_embed import portfolio_embed
from bot.chat.host import ChatHost, Interaction
from bot.chat.picture_specs import allocation_alt, allocation_spec
from bot.chat.pictured import painted, send_pictured


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
        phrases = self.host.words(interaction)
        embed = portfolio_embed(found, phrases)
        spec = allocation_spec(found.account, phrases)
        png = await painted(self.host.services.painter, spec)
        alt = allocation_alt(spec, phrases) if spec else ""
        await send_pictured(interaction, embed, png, name="allocation", alt=alt)
