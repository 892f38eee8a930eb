"""/briefing."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction
from bot.chat.report_embeds import briefing_embed


class BriefingCog(commands.Cog):
    """Shows today's briefing again."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="briefing", description="briefing", extras={"right": Right.LOOK})
    async def briefing(self, interaction: Interaction) -> None:
        """Show the briefing of today, or say that there is none yet."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        phrases = self.host.words(interaction)
        found = await self.host.services.cycle.briefing_today()
        if found is None:
            await interaction.followup.send(phrases.say("chat.no_briefing"), ephemeral=True)
            return
        await interaction.followup.send(embed=briefing_embed(found, phrases), ephemeral=True)
