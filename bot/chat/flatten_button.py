"""The confirmation of /risk flatten. What it offers is an ordinary ticket and waits for its ✅."""

from __future__ import annotations

import re

import discord
import structlog

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction, host_of, refused, tell
from bot.chat.text import clip, harmless, label
from bot.chat.ticket_buttons import click_of
from core.domain.risk import Denied
from core.errors import BrokerError, TradingError
from core.ports.phrases import Phrases
from core.services.orders.flattening import EVERYTHING, Flattened
from core.services.orders.values import ClickOutcome
from core.services.risk.wording import explain

_LOG = structlog.get_logger(__name__)
REASONS_MAX = 1200


class FlattenButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=re.compile(r"f1:sell"),
):
    """Offers to sell everything."""

    def __init__(self, text: str = "💰") -> None:
        super().__init__(
            discord.ui.Button(
                style=discord.ButtonStyle.danger, label=label(text, 80), custom_id="f1:sell"
            )
        )

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 - the signature is discord.py's
        item: discord.ui.Item[discord.ui.View],  # noqa: ARG003 - the signature is discord.py's
        match: re.Match[str],  # noqa: ARG003 - the signature is discord.py's
        /,
    ) -> FlattenButton:
        """Rebuild the button."""
        return cls()

    async def callback(self, interaction: Interaction) -> None:
        """Acknowledge, ask for the ticket, and say where it is or why there is none."""
        if await refused(interaction, Right.TRADE):
            return
        await interaction.response.defer()
        host = host_of(interaction)
        phrases = host.words(interaction)
        try:
            made = await host.services.exits.flatten(click_of(interaction, EVERYTHING))
        except TradingError as error:
            _LOG.exception("flatten failed", user=interaction.user.id)
            is_broker = isinstance(error, BrokerError)
            key = "chat.flatten_unreadable" if is_broker else "chat.flatten_failed"
            await tell(interaction, phrases.say(key))
            return
        await tell(interaction, answer(made, host, phrases))


def answer(made: Flattened | Denied | ClickOutcome, host: ChatHost, phrases: Phrases) -> str:
    """Return what came of the wish to sell everything."""
    market = host.services.market
    if isinstance(made, ClickOutcome):
        return phrases.say(f"orders.click_{made.value}")
    if isinstance(made, Denied):
        reasons = clip(harmless(explain(made.violations, phrases, market)), REASONS_MAX)
        return phrases.say("chat.flatten_denied", reasons=reasons)
    key = "chat.flatten_offered" if made.is_new else "chat.flatten_waiting"
    text = phrases.say(key, ticket=made.ticket.ticket_id, count=len(made.ticket.legs))
    if made.left_out:
        reasons = clip(harmless(explain(made.left_out, phrases, market)), REASONS_MAX)
        text += "\n" + phrases.say("chat.flatten_left_out", reasons=reasons)
    return text
