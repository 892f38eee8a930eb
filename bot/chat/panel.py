"""The control panel: a message with a button for each daily command, good after a restart too."""

from __future__ import annotations

import re

import discord
import structlog

from bot.chat.access import Right
from bot.chat.budget import GREY, FittedEmbed
from bot.chat.command_groups import AnyCommand
from bot.chat.failures import failure_key
from bot.chat.host import ChatHost, Interaction, host_of, refused, tell
from bot.chat.rows import button_row
from core.errors import TradingError
from core.ports.phrases import Phrases

_LOG = structlog.get_logger(__name__)
# Buttons in the order of their rows; each does what the command of its name does.
PANEL = {
    "trade": "💬",
    "portfolio": "💼",
    "orders": "📋",
    "briefing": "☀️",
    "status": "🩺",
    "stopentry": "⛔",
    "halt": "🛑",
    "resume": "▶️",
}
_STYLES = {
    "trade": discord.ButtonStyle.primary,
    "stopentry": discord.ButtonStyle.danger,
    "halt": discord.ButtonStyle.danger,
}


class PanelButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=re.compile(r"p1:(?:" + "|".join(PANEL) + r")"),
):
    """One command as a button. What it may do, the command's own right says."""

    def __init__(self, name: str, text: str = "") -> None:
        super().__init__(
            discord.ui.Button(
                style=_STYLES.get(name, discord.ButtonStyle.secondary),
                label=text or name,
                emoji=PANEL[name],
                custom_id=f"p1:{name}",
            )
        )
        self.name = name

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 - the signature is discord.py's
        item: discord.ui.Item[discord.ui.View],  # noqa: ARG003 - the signature is discord.py's
        match: re.Match[str],
        /,
    ) -> PanelButton:
        """Rebuild the button from its custom_id."""
        return cls(match.string.removeprefix("p1:"))

    async def callback(self, interaction: Interaction) -> None:
        """Do what the command does, for whoever pressed, and answer only them."""
        host = host_of(interaction)
        command = _command(host, self.name)
        if await refused(interaction, command.extras.get("right", Right.TRADE)):
            return
        try:
            await command.callback(command.binding, interaction)  # type: ignore[arg-type]
        except (TradingError, discord.HTTPException) as error:
            _LOG.exception("a button of the panel failed", button=self.name)
            await tell(interaction, host.words(interaction).say(failure_key(error)))


def _command(host: ChatHost, name: str) -> AnyCommand:
    found = next((one for one in host.commands_in_order() if one.qualified_name == name), None)
    if found is None:
        raise LookupError(f"the panel has a button of no command: {name!r}")
    return found


def panel_message(phrases: Phrases) -> tuple[discord.Embed, discord.ui.View]:
    """Return the panel in the public language."""
    embed = FittedEmbed(
        phrases=phrases,
        title=phrases.say("system.panel_title"),
        description=phrases.say("system.panel"),
        colour=GREY,
    ).embed
    buttons = (PanelButton(name, phrases.say(f"system.panel_{name}")) for name in PANEL)
    return embed, button_row(*buttons)
