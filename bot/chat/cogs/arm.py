"""/risk arm: what still keeps orders from the real account, and the owner's typed confirmation.

/risk disarm takes the confirmation back.
"""

from __future__ import annotations

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.budget import AMBER, GREY, RED, FittedEmbed
from bot.chat.host import ChatHost, Interaction, tell
from bot.chat.owner_buttons import ArmButton
from bot.chat.rows import button_row
from bot.chat.text import clip, harmless, one_line
from core.domain.interlock import Point
from core.domain.krx import KST
from core.errors import StorageError
from core.ports.phrases import Phrases
from core.runtime.interlock import Standing

_LOG = structlog.get_logger(__name__)
POINT_MAX = 200


class ArmCog(commands.Cog):
    """The interlock of real money. Owners only."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="arm", description="arm", extras={"right": Right.OWN})
    async def arm(self, interaction: Interaction) -> None:
        """Examine everything and show it; the form is offered when nothing else is missing."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        phrases = self.host.words(interaction)
        arming = self.host.services.arming
        if arming is None:
            await tell(interaction, phrases.say("chat.arm_not_real"))
            return
        found = await arming.standing()
        buttons = [ArmButton(phrases.say("chat.button_arm"))] if found.to_type else []
        await interaction.followup.send(
            embed=standing_embed(found, phrases), view=button_row(*buttons), ephemeral=True
        )

    @app_commands.command(name="disarm", description="disarm", extras={"right": Right.OWN})
    async def disarm(self, interaction: Interaction) -> None:
        """Take the confirmation back at once, without a question, and say so to everybody."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        phrases, services = self.host.words(interaction), self.host.services
        if services.arming is None:
            await tell(interaction, phrases.say("chat.disarm_not_real"))
            return
        try:
            is_closed = await services.arming.disarm(interaction.user.id)
        except StorageError:
            # Whoever wants to stop must learn that it did not work, and what does.
            _LOG.exception("disarming could not be stored", user=interaction.user.id)
            await tell(interaction, phrases.say("chat.disarm_failed"))
            return
        if not is_closed:
            await tell(interaction, phrases.say("chat.refused_own"))
            return
        await tell(interaction, phrases.say("chat.disarm_done"))
        who = clip(harmless(interaction.user.display_name), 60)
        await interaction.followup.send(services.public.say("chat.disarm_announced", who=who))


def standing_embed(found: Standing, phrases: Phrases) -> discord.Embed:
    """Return each missing point with ✘, how many are there with ✔, and what is to be typed."""
    lines = [f"✘ {one_line(point, POINT_MAX)}" for point in found.missing]
    lines.append(phrases.say("chat.arm_there", count=len(Point) - len(found.missing)))
    if found.is_complete and found.arming is not None:
        until = f"{found.arming.expires_at.astimezone(KST):%Y-%m-%d %H:%M}"
        lines.append(phrases.say("chat.arm_complete", until=until))
    elif found.to_type:
        lines.append(phrases.say("chat.arm_type", text=one_line(found.to_type, 60)))
    else:
        lines.append(phrases.say("chat.arm_missing"))
    return FittedEmbed(
        phrases=phrases,
        title=phrases.say("chat.arm_title"),
        description="\n".join(lines),
        colour=RED if found.is_complete else AMBER if found.to_type else GREY,
    ).embed
