"""/report reflect: the report of a week; a week that was not reflected on yet is, in the channel."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction
from bot.chat.text import one_line
from bot.chat.week_embed import week_embed, week_view
from core.domain.reflection import last_week, parse_week


class ReflectCog(commands.Cog):
    """Looks back."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="reflect", description="reflect", extras={"right": Right.TRADE})
    async def reflect(
        self,
        interaction: Interaction,
        week: str | None = None,
        again: bool = False,  # noqa: FBT001, FBT002 - an option of a command
    ) -> None:
        """Show the stored report, or make it."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        phrases, services = self.host.words(interaction), self.host.services
        newest = last_week(services.clock.now())
        chosen = newest if week is None else parse_week(week.strip())
        if chosen is None:
            text = phrases.say("weeks.bad_week", found=one_line(week or "", 40))
            await interaction.edit_original_response(content=text)
            return
        if chosen > newest:
            text = phrases.say("weeks.week_not_over", week=chosen)
            await interaction.edit_original_response(content=text)
            return
        report = None if again else await services.weeks.stored(chosen)
        if report is None:
            await services.weeks.run(chosen, retry=True)
            await interaction.edit_original_response(content=phrases.say("weeks.done", week=chosen))
            return
        await interaction.edit_original_response(
            embed=week_embed(report, phrases),
            view=week_view(report, phrases) or discord.utils.MISSING,
        )
