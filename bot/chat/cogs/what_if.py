"""/strategy whatif: what approving all, nothing, the plain strategy and others would have made."""

from __future__ import annotations

import io

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction, tell
from bot.chat.text import label
from bot.chat.what_if_embed import PICTURE, picture_words, profit_spec, what_if_embed
from core.domain.calendar import CalendarUnknown
from core.errors import DataError
from core.ports.pictures import ChartSpec

_LOG = structlog.get_logger(__name__)


class WhatIfCog(commands.Cog):
    """Reads only. Viewers may."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="whatif", description="whatif", extras={"right": Right.LOOK})
    async def what_if(self, interaction: Interaction) -> None:
        """Show every course beside what was done; without a picture the figures still come."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        services, phrases = self.host.services, self.host.words(interaction)
        try:
            found = await services.what_ifs.what_if()
        except CalendarUnknown as error:
            _LOG.warning("no what-if ledger", reason=str(error))
            found = None
        if found is None:
            await tell(interaction, phrases.say("whatif.no_answer"))
            return
        png = await self._picture(profit_spec(found, phrases))
        embed = what_if_embed(found, phrases, services.market, picture=PICTURE if png else "")
        if png is None:
            await interaction.followup.send(embed=embed, ephemeral=True)
            return
        alt = label(picture_words(found, phrases), 1000)
        file = discord.File(io.BytesIO(png), PICTURE, description=alt)
        await interaction.followup.send(embed=embed, file=file, ephemeral=True)

    async def _picture(self, spec: ChartSpec) -> bytes | None:
        try:
            return await self.host.services.painter.paint(spec)
        except DataError as error:
            _LOG.warning("what-if picture failed", reason=str(error)[:200])
            return None
