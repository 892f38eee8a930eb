"""/risk flatten. Approvers only; what it sells still waits for a ✅."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.exit_words import exposure_embed
from bot.chat.flatten_button import FlattenButton
from bot.chat.host import ChatHost, Interaction
from bot.chat.rows import button_row
from bot.chat.switch_buttons import SwitchAction, SwitchButton
from core.domain.modes import TradingState


class FlattenCog(commands.Cog):
    """Sells everything, through an ordinary ticket."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="flatten", description="flatten", extras={"right": Right.TRADE})
    async def flatten(self, interaction: Interaction) -> None:
        """Show what is held and what still buys, and offer the next step."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        services, phrases = self.host.services, self.host.words(interaction)
        found = await services.exits.exposure()
        is_halted = (await services.switch.reasons()).state is TradingState.HALTED
        buttons: list[discord.ui.Item[Any]] = []
        if found.open_buys:
            buttons.append(SwitchButton.made(SwitchAction.CANCEL_BUYS, phrases))
        if found.sellable and not is_halted:
            buttons.append(FlattenButton(phrases.say("chat.button_flatten")))
        embed = exposure_embed(found, phrases, services.market, is_halted=is_halted)
        await interaction.followup.send(embed=embed, view=button_row(*buttons), ephemeral=True)
