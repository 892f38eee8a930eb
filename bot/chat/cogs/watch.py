"""/market watch: what is watched beside the holdings."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction, tell
from bot.chat.symbols import chosen_symbol, instrument_choices
from bot.chat.text import label
from bot.chat.watch_embed import outcome_text, watch_embed
from core.services.watch.wishes import WATCHED_MAX, WishOutcome


class WatchCog(commands.Cog):
    """Viewers read the list, approvers change it."""

    watch = app_commands.Group(name="watch", description="watch")

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @watch.command(name="list", description="list", extras={"right": Right.LOOK})
    async def show(self, interaction: Interaction) -> None:
        """Show the list with the newest prices."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        watching, phrases = self.host.services.watching, self.host.words(interaction)
        wishes = await watching.wishes.load()
        embed = watch_embed(wishes, watching.newest, self.host.services.market, phrases)
        await interaction.followup.send(embed=embed, ephemeral=True)

    @watch.command(name="add", description="add", extras={"right": Right.TRADE})
    async def add(self, interaction: Interaction, symbol: str) -> None:
        """Put a symbol on the list."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = chosen_symbol(self.host.services.market, symbol)
        outcome = WishOutcome.UNKNOWN_SYMBOL
        if found is not None:
            outcome = await self.host.services.watching.wishes.watch(found, by=interaction.user.id)
        await self._answer(interaction, outcome, symbol)

    @watch.command(name="remove", description="remove", extras={"right": Right.TRADE})
    async def remove(self, interaction: Interaction, symbol: str) -> None:
        """Take a symbol off the list."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        wishes = self.host.services.watching.wishes
        entry = next((w.symbol for w in (await wishes.load()).watched if w.symbol == symbol), None)
        outcome = WishOutcome.NOT_THERE
        if entry is not None:
            outcome = await wishes.unwatch(entry, by=interaction.user.id)
        await self._answer(interaction, outcome, symbol)

    @add.autocomplete("symbol")
    async def symbols(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Offer instruments by code, Korean name or initial consonants."""
        del interaction  # the universe is the same for everybody
        return instrument_choices(self.host.services.market, current)

    @remove.autocomplete("symbol")
    async def entries(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Offer what is on the list."""
        del interaction
        on_list = {w.symbol for w in self.host.services.watching.wishes.current.watched}
        return instrument_choices(self.host.services.market, current, on_list)

    async def _answer(self, interaction: Interaction, outcome: WishOutcome, symbol: str) -> None:
        phrases = self.host.words(interaction)
        values = {"symbol": label(symbol, 40), "limit": WATCHED_MAX}
        await tell(interaction, outcome_text(outcome, phrases, **values))
