"""/trade, and the messages that continue its threads."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.conversation import Conversations
from bot.chat.host import ChatHost, Interaction
from bot.chat.modals import open_modal, trade_modal
from bot.chat.symbols import chosen_symbol, instrument_choices
from bot.chat.text import label
from core.domain.instrument import Instrument

MESSAGE_MAX = 4000


class TradeCog(commands.Cog):
    """Opens conversations and carries them on."""

    def __init__(self, host: ChatHost, conversations: Conversations) -> None:
        """Keep what answers."""
        self.host = host
        self.conversations = conversations

    @app_commands.command(name="trade", description="trade", extras={"right": Right.TRADE})
    async def trade(self, interaction: Interaction, symbol: str | None = None) -> None:
        """Show the form; its submit opens the thread."""
        phrases = self.host.words(interaction)
        chosen = self._instrument(symbol) if symbol else None
        if symbol and chosen is None:
            text = phrases.say("chat.unknown_symbol", symbol=label(symbol, 40))
            await interaction.response.send_message(text, ephemeral=True)
            return
        modal = trade_modal(phrases, chosen.symbol if chosen else "", chosen.name if chosen else "")
        await open_modal(interaction, modal)

    @trade.autocomplete("symbol")
    async def symbols(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Offer instruments by code, Korean name or initial consonants."""
        del interaction  # the universe is the same for everybody
        return instrument_choices(self.host.services.market, current)

    def _instrument(self, text: str) -> Instrument | None:
        market = self.host.services.market
        found = chosen_symbol(market, text)
        return None if found is None else market.instrument(found)

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Answer what an allowed person writes in the thread of a session."""
        host = self.host
        if message.author.bot or not isinstance(message.channel, discord.Thread):
            return
        if not message.content.strip() or not self._is_allowed(message):
            return
        if await host.services.sessions.session(message.channel.id) is None:
            return
        text = message.content.strip()[:MESSAGE_MAX]
        await self.conversations.answer(message.channel, message.author, text)

    def _is_allowed(self, message: discord.Message) -> bool:
        access = self.host.access
        is_ours = message.guild is not None and message.guild.id == access.settings.guild_id
        is_place = access.is_our_place(message.channel)
        return is_ours and is_place and access.may(message.author.id, Right.TRADE)
