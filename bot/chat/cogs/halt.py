"""/stopentry and /halt with their confirmations, and the guided /resume. Approvers only."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction
from bot.chat.resolve_button import resolve_buttons
from bot.chat.rows import button_row
from bot.chat.switch_buttons import SwitchAction, SwitchButton
from bot.chat.switch_words import open_points_embed

# Five rows of five, one of them the confirmation's.
RESOLVE_MAX = 20


class HaltCog(commands.Cog):
    """The kill switch."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="stopentry", description="stopentry", extras={"right": Right.TRADE})
    async def stopentry(self, interaction: Interaction) -> None:
        """Ask once before allowing sales only."""
        await self._ask(interaction, "chat.confirm_stopentry", SwitchAction.REDUCE_ONLY)

    @app_commands.command(name="halt", description="halt", extras={"right": Right.TRADE})
    async def halt(self, interaction: Interaction) -> None:
        """Ask once before stopping; nothing else stands between the person and the stop."""
        both = (SwitchAction.HALT, SwitchAction.HALT_AND_CANCEL)
        await self._ask(interaction, "chat.confirm_halt", *both)

    async def _ask(self, interaction: Interaction, key: str, *actions: SwitchAction) -> None:
        phrases = self.host.words(interaction)
        buttons = (SwitchButton.made(action, phrases) for action in actions)
        await interaction.response.send_message(
            phrases.say(key), view=button_row(*buttons), ephemeral=True
        )

    @app_commands.command(name="resume", description="resume", extras={"right": Right.TRADE})
    async def resume(self, interaction: Interaction) -> None:
        """Show what stands open and what it means, then ask."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        phrases = self.host.words(interaction)
        points = await self.host.services.resumption.look()
        buttons: list[discord.ui.Item[Any]] = []
        if points.can_be_lifted:
            buttons.append(SwitchButton.made(SwitchAction.RESUME, phrases))
        buttons += resolve_buttons(points.doubtful[:RESOLVE_MAX], phrases)
        await interaction.followup.send(
            embed=open_points_embed(points, phrases).embed,
            view=button_row(*buttons),
            ephemeral=True,
        )
