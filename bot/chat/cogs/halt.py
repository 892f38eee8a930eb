"""/halt with its confirmation, and /resume. Approvers only."""

from __future__ import annotations

from typing import Literal

from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.halt_button import HaltButton, announcement
from bot.chat.host import ChatHost, Interaction
from bot.chat.rows import button_row
from bot.chat.switch_words import stop_of_today
from core.domain.modes import TradingState


class HaltCog(commands.Cog):
    """The kill switch."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="halt", description="halt", extras={"right": Right.TRADE})
    async def halt(
        self, interaction: Interaction, mode: Literal["HALTED", "REDUCE_ONLY"] = "HALTED"
    ) -> None:
        """Ask once before stopping; nothing else stands between the person and the stop."""
        phrases = self.host.words(interaction)
        state = TradingState(mode)
        button = HaltButton(state, phrases.say(f"chat.button_{mode.lower()}"))
        await interaction.response.send_message(
            phrases.say(f"chat.confirm_{mode.lower()}"), view=button_row(button), ephemeral=True
        )

    @app_commands.command(name="resume", description="resume", extras={"right": Right.TRADE})
    async def resume(self, interaction: Interaction) -> None:
        """Switch trading on again and say what state is then in force."""
        await interaction.response.defer(thinking=True)
        services = self.host.services
        reason = self.host.words(interaction).say(
            "chat.resume_reason", who=interaction.user.display_name
        )
        was_stopped = await stop_of_today(services)
        await services.switch.set_state(
            TradingState.ACTIVE, actor=str(interaction.user.id), reason=reason
        )
        # The halt file outranks the stored state, so the answer is read back, not assumed.
        state, stopped = await services.switch.state(), await stop_of_today(services)
        text = announcement(state, stopped, interaction, services.public)
        if was_stopped is not None and stopped is None:
            text += "\n" + services.public.say("chat.day_stop_lifted")
        if state is not TradingState.ACTIVE:
            text += "\n" + services.public.say("chat.still_halted")
        await interaction.followup.send(text)
