"""What only an owner does: take the broker's number for ours, and open the real account to orders."""

from __future__ import annotations

import re

import discord
import structlog

from bot.chat.access import Right
from bot.chat.host import Interaction, host_of, misplaced, refused, tell
from bot.chat.modals import accept_modal, arm_modal, open_modal
from bot.chat.text import label
from bot.chat.ticket_buttons import click_of
from core.domain.instrument import Symbol
from core.errors import TradingError
from core.services.orders.flattening import EVERYTHING
from core.services.orders.values import ClickOutcome

_LOG = structlog.get_logger(__name__)


class AcceptButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=re.compile(r"a1:accept:(?P<symbol>[0-9A-Z]{6})"),
):
    """증권사 기록을 받아들이기, for one symbol."""

    def __init__(self, symbol: str, text: str = "=") -> None:
        super().__init__(
            discord.ui.Button(
                style=discord.ButtonStyle.danger,
                label=label(text, 80),
                custom_id=f"a1:accept:{symbol}",
            )
        )
        self.symbol = Symbol(symbol)

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 - the signature is discord.py's
        item: discord.ui.Item[discord.ui.View],  # noqa: ARG003 - the signature is discord.py's
        match: re.Match[str],
        /,
    ) -> AcceptButton:
        """Rebuild the button from its custom_id."""
        return cls(match["symbol"])

    async def callback(self, interaction: Interaction) -> None:
        """Open the form for an owner; the desk refuses anybody else and notes it."""
        if await misplaced(interaction):
            return
        host = host_of(interaction)
        phrases = host.words(interaction)
        if host.access.may(interaction.user.id, Right.OWN):
            await open_modal(interaction, accept_modal(self.symbol, phrases))
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        key = "chat.refused_own"
        try:
            click = click_of(interaction, EVERYTHING)
            outcome = await host.services.books.accept_difference(click, self.symbol)
            if outcome is not ClickOutcome.NOT_ALLOWED:
                # The desk knows better who owns; whatever it did is what is said.
                key = f"orders.click_{outcome.value}"
        except TradingError:
            _LOG.exception("press failed", user=interaction.user.id)
            key = "chat.failed"
        await tell(interaction, phrases.say(key))


class ArmButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=re.compile(r"i1:arm"),
):
    """Opens the typed confirmation of /risk arm."""

    def __init__(self, text: str = "🔓") -> None:
        super().__init__(
            discord.ui.Button(
                style=discord.ButtonStyle.danger, label=label(text, 80), custom_id="i1:arm"
            )
        )

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 - the signature is discord.py's
        item: discord.ui.Item[discord.ui.View],  # noqa: ARG003 - the signature is discord.py's
        match: re.Match[str],  # noqa: ARG003 - the signature is discord.py's
        /,
    ) -> ArmButton:
        """Rebuild the button."""
        return cls()

    async def callback(self, interaction: Interaction) -> None:
        """Open the form."""
        if not await refused(interaction, Right.OWN):
            host = host_of(interaction)
            await open_modal(interaction, arm_modal(host.words(interaction)))
