"""/system: mode, settings, self-check, calendar, a day's rest, and the panel. Switches no mode."""

from __future__ import annotations

import io

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction, tell
from bot.chat.panel import panel_message
from bot.chat.rows import button_row
from bot.chat.switch_buttons import SwitchAction, SwitchButton
from bot.chat.system_words import (
    calendar_embed,
    checkup_embed,
    mode_embed,
    setting_line,
    settings_text,
)
from bot.chat.text import label
from core.domain.krx import KST

_LOG = structlog.get_logger(__name__)
CHOICES_MAX = 25


class SystemCog(commands.Cog):
    """What people ask of the bot itself."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="mode", description="mode", extras={"right": Right.LOOK})
    async def mode(self, interaction: Interaction) -> None:
        """Say where orders go and what changes that; nothing here does."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        services = self.host.services
        standing = None if services.arming is None else await services.arming.standing()
        embed = mode_embed(services.installation.identity(), standing, self.host.words(interaction))
        await interaction.followup.send(embed=embed, ephemeral=True)

    @app_commands.command(name="settings", description="settings", extras={"right": Right.OWN})
    async def settings(self, interaction: Interaction, name: str | None = None) -> None:
        """Show one setting, or all as a file; secrets and account numbers are masked."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        phrases, known = self.host.words(interaction), self.host.services.installation.settings()
        if name is None:
            file = discord.File(io.BytesIO(settings_text(known)), "settings.txt")
            text = phrases.say("system.settings", count=len(known))
            await interaction.followup.send(text, file=file, ephemeral=True)
            return
        wanted = name.strip().casefold()
        if wanted not in known:
            await tell(interaction, phrases.say("system.no_setting", name=label(name, 60)))
            return
        await tell(interaction, setting_line(wanted, known[wanted], phrases))

    @settings.autocomplete("name")
    async def names(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        """Offer the names that contain what is typed."""
        del interaction  # the settings are the same for everybody who may ask
        typed = current.strip().casefold()
        found = [name for name in self.host.services.installation.settings() if typed in name]
        return [app_commands.Choice(name=one.upper(), value=one) for one in found[:CHOICES_MAX]]

    @app_commands.command(name="doctor", description="doctor", extras={"right": Right.TRADE})
    async def doctor(self, interaction: Interaction) -> None:
        """Examine the running bot and say how to mend what is not well."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        checks = await self.host.services.installation.examine()
        embed = checkup_embed(checks, self.host.words(interaction))
        await interaction.followup.send(embed=embed, ephemeral=True)

    @app_commands.command(name="calendar", description="calendar", extras={"right": Right.LOOK})
    async def calendar(self, interaction: Interaction) -> None:
        """Show today, the next sessions and the special days ahead."""
        services = self.host.services
        today = services.clock.now().astimezone(KST).date()
        embed = calendar_embed(services.calendar, today, self.host.words(interaction))
        await interaction.response.send_message(embed=embed, ephemeral=True)

    @app_commands.command(
        name="cooling-off", description="cooling-off", extras={"right": Right.TRADE}
    )
    async def cooling_off(self, interaction: Interaction) -> None:
        """Ask once, because nobody can take it back before tomorrow."""
        phrases = self.host.words(interaction)
        view = button_row(SwitchButton.made(SwitchAction.REST, phrases))
        await interaction.response.send_message(
            phrases.say("chat.confirm_rest"), view=view, ephemeral=True
        )

    @app_commands.command(name="panel", description="panel", extras={"right": Right.TRADE})
    async def panel(self, interaction: Interaction) -> None:
        """Post the panel for everybody and pin it where the bot may."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        phrases, public = self.host.words(interaction), self.host.services.public
        place = self.host.get_partial_messageable(
            interaction.channel_id or 0, guild_id=interaction.guild_id
        )
        embed, view = panel_message(public)
        message = await place.send(embed=embed, view=view)
        try:
            await message.pin()
        except discord.HTTPException as error:
            # The panel works without its pin; the right to pin is not among those we ask for.
            _LOG.info("the panel is not pinned", error=repr(error))
            await tell(interaction, phrases.say("system.panel_not_pinned"))
            return
        await tell(interaction, phrases.say("system.panel_pinned"))
