"""What every cog, button and modal finds behind `interaction.client`."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import aiohttp
import discord
import structlog
from discord.ext import commands

from bot.chat.access import Access, Right
from bot.chat.command_groups import AnyCommand, placed
from bot.chat.services import ChatServices
from core.ports.phrases import Phrases

_LOG = structlog.get_logger(__name__)
Interaction = discord.Interaction[Any]


class ChatHost(commands.Bot):
    """A bot that carries the services. `TradeBot` is the one that runs."""

    services: ChatServices
    access: Access

    def settle(self) -> None:
        """Act from now on where and for whom owners chose it in /system setup."""
        services = self.services
        chosen = services.setup.current
        settings = replace(
            services.settings,
            main_channel_id=chosen.main_channel_id,
            alert_channel_id=chosen.alerts_go_to,
            approver_ids=chosen.approver_ids,
        )
        self.services = replace(services, settings=settings)
        self.access = Access(settings)

    def words(self, interaction: Interaction) -> Phrases:
        """Return the language of the person who acted, else that of everybody's messages."""
        return self.services.for_locale(interaction.locale.value)

    def commands_in_order(self) -> tuple[AnyCommand, ...]:
        """Return the slash commands of our guild, the daily ones first."""
        return tuple(placed(self.tree, discord.Object(self.services.settings.guild_id)))


def host_of(interaction: Interaction) -> ChatHost:
    """Return the bot behind an interaction. Raises TypeError for any other client."""
    if not isinstance(interaction.client, ChatHost):
        raise TypeError("interaction of a foreign client")
    return interaction.client


async def taken(call: Awaitable[object]) -> bool:
    """Await an answer to Discord; return whether Discord took it.

    For answers about what is done already, or must be done whatever becomes of them.
    """
    try:
        await call
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        _LOG.warning("answer not delivered", error=repr(error))
        return False
    return True


async def tell(interaction: Interaction, text: str) -> None:
    """Answer ephemerally, as first answer or as follow-up. A lost interaction is only logged."""
    if interaction.response.is_done():
        await taken(interaction.followup.send(text, ephemeral=True))
    else:
        await taken(interaction.response.send_message(text, ephemeral=True))


async def refused(interaction: Interaction, right: Right) -> bool:
    """Answer and return True when the person may not do this here."""
    return await _refused_because(
        interaction, host_of(interaction).access.refusal(interaction, right)
    )


async def misplaced(interaction: Interaction) -> bool:
    """Answer and return True when this is not one of our places, whoever acts."""
    return await _refused_because(
        interaction, host_of(interaction).access.place_refusal(interaction)
    )


async def _refused_because(interaction: Interaction, key: str | None) -> bool:
    if key is None:
        return False
    _LOG.info("refused", reason=key, user=interaction.user.id, channel=interaction.channel_id)
    host = host_of(interaction)
    await tell(interaction, host.words(interaction).say(key))
    what = interaction.command.qualified_name if interaction.command else _pressed(interaction)
    user = interaction.user
    place = interaction.channel_id or 0
    await host.services.refusals.note(user.id, user.display_name, what, place, key)
    return True


def _pressed(interaction: Interaction) -> str:
    """Return the custom id of what was pressed or sent, as far as there is one."""
    data: Any = interaction.data or {}
    return str(data.get("custom_id", "-"))[:100]
