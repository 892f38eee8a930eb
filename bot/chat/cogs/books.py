"""/risk reconcile: ours against theirs."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.books_embed import books_embed, settled_symbols
from bot.chat.host import ChatHost, Interaction
from bot.chat.owner_buttons import AcceptButton
from bot.chat.rows import button_row

BUTTONS_MAX = 25


class BooksCog(commands.Cog):
    """Compares; what follows from a difference, an owner decides."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="reconcile", description="reconcile", extras={"right": Right.LOOK})
    async def reconcile(self, interaction: Interaction) -> None:
        """Read both sides now and show where they differ."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        services, phrases = self.host.services, self.host.words(interaction)
        found = await services.books.reconcile()
        symbols: list[str] = []
        if self.host.access.may(interaction.user.id, Right.OWN):
            symbols = settled_symbols(found)[:BUTTONS_MAX]
        view = button_row(
            *(AcceptButton(one, phrases.say("chat.button_accept", symbol=one)) for one in symbols)
        )
        embed = books_embed(found, phrases, services.market)
        await interaction.followup.send(embed=embed, view=view, ephemeral=True)
