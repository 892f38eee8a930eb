"""/report pnl: what the account made today, this week, this month, and since the first record."""

from __future__ import annotations

from typing import Literal

import structlog
from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction
from bot.chat.picture_specs import course_alt, course_spec
from bot.chat.pictured import painted, send_pictured
from bot.chat.pnl_embed import pnl_embed
from core.domain.period import PeriodKind, period_of
from core.errors import BrokerError

_LOG = structlog.get_logger(__name__)


class PnlCog(commands.Cog):
    """Reads the books and, for the value of now, the broker."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="pnl", description="pnl", extras={"right": Right.LOOK})
    async def pnl(
        self, interaction: Interaction, period: Literal["day", "week", "month", "all"] = "day"
    ) -> None:
        """Show the numbers of a period; what is unknown says so."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        services = self.host.services
        asked = period_of(PeriodKind(period), services.clock.now())
        try:
            now = (await services.portfolio.portfolio()).account
        except BrokerError as error:
            # The stored numbers are worth having without the value of this moment.
            _LOG.warning("the account was not read", error=repr(error))
            now = None
        numbers = await services.performance.numbers(asked, now)
        phrases = self.host.words(interaction)
        embed = pnl_embed(asked, numbers, phrases, is_of_now=now is not None)
        course = await services.performance.course(asked)
        spec = course_spec(course, phrases.say(f"report.period_{period}"), phrases)
        png = await painted(services.painter, spec)
        alt = course_alt(course, phrases) if course else ""
        await send_pictured(interaction, embed, png, name="course", alt=alt)
