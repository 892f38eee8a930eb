"""The confirmation of /halt. It carries the state it sets, so it works after a restart."""

from __future__ import annotations

import re

import discord
import structlog

from bot.chat.access import Right
from bot.chat.host import Interaction, host_of, refused, tell
from bot.chat.switch_words import state_sentence, stop_of_today
from bot.chat.text import clip, harmless
from core.domain.modes import TradingState
from core.errors import TradingError
from core.ports.phrases import Phrases

_LOG = structlog.get_logger(__name__)


class HaltButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=re.compile(r"h1:(HALTED|REDUCE_ONLY)"),
):
    """Confirms a halt."""

    def __init__(self, state: TradingState, text: str = "🛑") -> None:
        super().__init__(
            discord.ui.Button(
                style=discord.ButtonStyle.danger, label=text, custom_id=f"h1:{state.value}"
            )
        )
        self.state = state

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 - the signature is discord.py's
        item: discord.ui.Item[discord.ui.View],  # noqa: ARG003 - the signature is discord.py's
        match: re.Match[str],
        /,
    ) -> HaltButton:
        """Rebuild the button from its custom_id."""
        return cls(TradingState(match[1]))

    async def callback(self, interaction: Interaction) -> None:
        """Set the state, take the button away, and say it to everybody."""
        if await refused(interaction, Right.TRADE):
            return
        await interaction.response.defer()
        host = host_of(interaction)
        phrases = host.words(interaction)
        try:
            await host.services.switch.set_state(
                self.state,
                actor=str(interaction.user.id),
                reason=phrases.say("chat.halt_reason", who=interaction.user.display_name),
            )
            stopped = await stop_of_today(host.services)
        except TradingError:
            _LOG.exception("halt failed", user=interaction.user.id)
            await tell(interaction, phrases.say("chat.halt_failed"))
            return
        await interaction.edit_original_response(
            content=state_sentence(self.state, stopped, phrases), view=None
        )
        await interaction.followup.send(
            announcement(self.state, stopped, interaction, host.services.public)
        )


def announcement(
    state: TradingState, stopped: str | None, interaction: Interaction, phrases: Phrases
) -> str:
    """Return the public sentence about a changed trading state."""
    who = clip(harmless(interaction.user.display_name), 60)
    sentence = state_sentence(state, stopped, phrases)
    return phrases.say("chat.state_changed", sentence=sentence, who=who)
